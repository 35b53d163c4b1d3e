import { StixTaxiiError } from '../core/errors.ts'
import { readYaml, type Place, type YamlFile, type YamlKind } from '../core/yaml-document.ts'
import { desiredStateJsonSchema, desiredStateSchema, type DesiredStateText } from './desired-state-schema.ts'

export type { Way } from '../core/yaml-document.ts'

/** A desired state as it was written, with the places it was written at. */
export type DesiredDocument = YamlFile<DesiredStateText>

const kind: YamlKind<DesiredStateText> = {
  schema: desiredStateSchema,
  jsonSchema: desiredStateJsonSchema,
  fault: invalid,
  faultOf: (file, place, way, value) =>
    isSecretKey(way.at(-1)) && typeof value === 'string' ? clearSecret(file, place, way.join('.')) : undefined,
}

/**
 * Reads a desired state. Every fault names file, line and column, and a key that is not known the one that was meant.
 * @throws PROVISION_FILE_INVALID (config); PROVISION_SECRET_CLEAR (config) for a secret written in clear.
 */
export function readDesiredState(text: string, file: string): Promise<DesiredDocument> {
  return readYaml(text, file, kind)
}

function isSecretKey(key: string | number | undefined): boolean {
  return key === 'password' || key === 'keyPassphrase' || key === 'token'
}

function invalid(file: string, { line, column }: Place, what: string, hint?: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_FILE_INVALID', `${file}:${line}:${column}: ${what}`, {
    kind: 'config',
    hint: hint ?? 'Nothing was sent. `stixtaxii init` writes a file with every key explained.',
    context: { file, line, column },
  })
}

function clearSecret(file: string, { line, column }: Place, shown: string): StixTaxiiError {
  return new StixTaxiiError('PROVISION_SECRET_CLEAR', `${file}:${line}:${column}: ${shown} is written in clear`, {
    kind: 'config',
    hint: 'Write where it is: { file: PATH }, { env: NAME } or { store: keyring, entry: NAME }. Change the secret if others have seen this file.',
    context: { file, line, column },
  })
}
