import { basename } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Terminal } from '../core/ports.ts'
import { Secret } from '../core/secret.ts'
import type { Logpoint } from '../director/client.ts'
import type { KnownFields } from '../director/compare-sources.ts'
import { completeEdit } from '../director/complete-edit.ts'
import type { SourceChanges } from '../director/complete-edit.ts'
import { beginOf, fetchIntervalOf, proxyAddressOf, stixVersionWord } from '../director/definition.ts'
import type { EnrichmentSource, ListedSource } from '../director/enrichment-source.ts'
import type { Credentials } from '../profile/profile.ts'
import { readProxyUrl, readSourceUrl } from '../profile/url.ts'
import type { SecretTrace, SourceRecord } from '../provision/source-record.ts'
import { fingerprintOf } from '../provision/state.ts'
import type { State } from '../provision/state.ts'
import type { SourceFlags } from './source-fields.ts'

/**
 * What flags want to be otherwise in a source that is in Director: files by their base names, as they were uploaded. Flags
 * that a plugin has no field for are not among them.
 * @throws DIRECTOR_DURATION_UNFIT, DIRECTOR_PROXY_UNFIT, PROFILE_URL_* (usage)
 */
export function changesOf(
  flags: Partial<SourceFlags> & { readonly stixVersionRaw?: string | undefined },
  secrets: { readonly password?: Secret | undefined; readonly keyPassphrase?: Secret | undefined },
): SourceChanges {
  const { stixVersion, taxiiVersion, stixVersionRaw } = flags
  const isVersioned = stixVersion !== undefined || (taxiiVersion !== undefined && taxiiVersion !== 'auto')
  const proxy = flags.proxy === undefined ? undefined : proxyAddressOf(new URL(readProxyUrl('--proxy', flags.proxy)))
  return {
    enabled: flags.disabled ? false : flags.enabled ? true : undefined,
    discoveryUrl: flags.url === undefined ? undefined : readSourceUrl('--url', flags.url).href,
    begin: flags.begin === undefined ? undefined : beginOf(flags.begin),
    fetchInterval: flags.fetchInterval === undefined ? undefined : fetchIntervalOf(flags.fetchInterval),
    stixVersion: stixVersionRaw ?? (isVersioned ? stixVersionWord({ stixVersion, taxiiVersion }) : undefined),
    basic: given({ use: flags.useBasic, username: flags.username, password: secrets.password }),
    certificate: given({
      use: flags.useCertificate,
      certificateFile: flags.certificate === undefined ? undefined : basename(flags.certificate),
      keyFile: flags.key === undefined ? undefined : basename(flags.key),
      keyPassphrase: secrets.keyPassphrase,
      location: flags.certificateLocation,
    }),
    proxy: given({ use: flags.useProxy, ...proxy }),
  }
}

/** Whether anything is to be otherwise. */
export function hasChanges(changes: SourceChanges): boolean {
  return Object.values(changes).some((value) => value !== undefined)
}

/** Only what was said; undefined when nothing was. */
function given<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } | undefined {
  const said = Object.entries(values).filter(([, value]) => value !== undefined)
  return said.length === 0 ? undefined : (Object.fromEntries(said) as { [Key in keyof T]?: Exclude<T[Key], undefined> })
}

/**
 * What is known of a listed source beyond its list: our last write of it, and its secrets where the state says where they
 * came from and they are still the ones that were written.
 */
export async function knownOfRecord(
  record: SourceRecord | undefined,
  state: State,
  credentials: Pick<Credentials, 'resolve'>,
): Promise<KnownFields> {
  if (!record) return {}
  const again = async (trace: SecretTrace | undefined, what: string): Promise<Secret | undefined> => {
    const none = new Secret('')
    if (trace?.fingerprint === fingerprintOf(state, none)) return none
    if (!trace?.reference) return undefined
    const secret = await credentials.resolve(trace.reference, { what }).catch(() => undefined)
    return secret && fingerprintOf(state, secret) === trace.fingerprint ? secret : undefined
  }
  const { begin, certificate } = record.written
  const password = await again(record.secrets.password, 'the password')
  const keyPassphrase = await again(record.secrets.keyPassphrase, "the key's passphrase")
  return { begin, certificate, password, keyPassphrase }
}

/**
 * The whole source that an edit has to send. What neither flags nor list nor state tell is asked for on a terminal.
 * @throws CLI_EDIT_INCOMPLETE (usage) naming the flags, where nobody can be asked
 */
export async function completed(
  listed: ListedSource,
  changes: SourceChanges,
  known: KnownFields,
  { terminal, logpoint }: { terminal: Terminal; logpoint: Logpoint },
): Promise<EnrichmentSource> {
  const first = completeEdit(listed, changes, known)
  if (first.state === 'complete') return first.source
  if (!terminal.canAsk) throw incomplete(first.missing, listed, logpoint)
  terminal.note(
    `Director's list does not show all of ${listed.id} on ${logpoint.name}, and an edit replaces all of it.`,
  )
  const answered = await askMissing(first.missing, changes, listed, terminal)
  const second = completeEdit(listed, answered, known)
  if (second.state === 'complete') return second.source
  throw incomplete(second.missing, listed, logpoint)
}

async function askMissing(
  missing: readonly string[],
  changes: SourceChanges,
  listed: ListedSource,
  terminal: Terminal,
): Promise<SourceChanges> {
  let answered = changes
  for (const field of missing) {
    switch (field) {
      case 'begin':
      case 'begin.unit': {
        const unit = await terminal.choose({
          message: `Begin is ${listed.begin.count}, of which unit?`,
          choices: (['Hours', 'Days', 'Months'] as const).map((value) => ({ value, name: value })),
        })
        answered = { ...answered, begin: { count: listed.begin.count, unit } }
        break
      }
      case 'basic.password': {
        const password = await terminal.askSecret({ message: 'Password (Director does not show it)', mayBeEmpty: true })
        answered = { ...answered, basic: { ...answered.basic, password } }
        break
      }
      case 'certificate.keyPassphrase': {
        const keyPassphrase = await terminal.askSecret({
          message: "Passphrase of the certificate's key (may be empty)",
          mayBeEmpty: true,
        })
        answered = { ...answered, certificate: { ...answered.certificate, keyPassphrase } }
        break
      }
      case 'certificate.location': {
        const location = await terminal.choose({
          message: 'Where are the certificate files?',
          choices: [
            { value: 'private', name: "In the pool's own storage" },
            { value: 'public', name: 'In the public storage' },
          ],
        })
        answered = { ...answered, certificate: { ...answered.certificate, location } }
        break
      }
    }
  }
  return answered
}

/** The flag that tells a field, by its path in `EnrichmentSource`. */
const flagOfField: Readonly<Record<string, string>> = {
  enabled: '--enabled or --disabled',
  discoveryUrl: '--url',
  begin: '--begin',
  'begin.unit': '--begin',
  'begin.count': '--begin',
  fetchInterval: '--fetch-interval',
  stixVersion: '--stix-version',
  'basic.use': '--use-basic or --no-use-basic',
  'basic.username': '--username',
  'basic.password': '--password-file',
  'certificate.use': '--use-certificate or --no-use-certificate',
  'certificate.certificateFile': '--certificate',
  'certificate.keyFile': '--key',
  'certificate.keyPassphrase': '--key-passphrase-file',
  'certificate.location': '--certificate-location',
  'proxy.use': '--use-proxy or --no-use-proxy',
}

function incomplete(missing: readonly string[], { id }: ListedSource, { name }: Logpoint): StixTaxiiError {
  const flags = [
    ...new Set(missing.map((field) => flagOfField[field] ?? (field.startsWith('proxy') ? '--proxy' : field))),
  ]
  return new StixTaxiiError(
    'CLI_EDIT_INCOMPLETE',
    `Director's list does not show all of ${id} on ${name}, and an edit replaces all of it`,
    {
      kind: 'usage',
      hint: `Say what it is to be: ${flags.join(', ')}`,
      context: { target: name, id, missing, flags },
    },
  )
}
