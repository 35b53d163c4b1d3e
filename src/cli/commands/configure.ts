import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { defineCommand } from '../command.ts'
import { configureDirector } from '../configure-director.ts'
import { configureSource } from '../configure-source.ts'
import { createConfigured, refuseTargets, targetsOfConfigure } from '../director-configured.ts'
import { onField } from '../director-fields.ts'
import { directorDefinitionFields, refuseDirectorSettings, splitDirectorSettings } from '../director-settings.ts'
import { configuredRecord, configuredShape } from '../save-source.ts'
import { accessFields, definitionFields } from '../source-fields.ts'

export const configure = defineCommand({
  path: 'configure',
  summary: 'Make or change a profile; asks on a terminal, takes flags anywhere',
  details:
    'The connection is tried before anything is saved. A failed try saves nothing and ends with the status of its fault. ' +
    'Secrets are never given as arguments: a flag names a file, a variable or a program, or they come from standard input. ' +
    'Without --credential-store the profile remembers where that file is; with it, the secret is copied there. ' +
    'Changing a profile: what no flag names stays; an empty value removes.\n\n' +
    'configure taxii with --on goes on to create the enrichment source on those Logpoints, as `director source create` does. ' +
    'For a Director the test is one reading of the fetch status of its first Logpoint.',
  examples: [
    'stixtaxii configure',
    'stixtaxii configure taxii acme --url https://taxii.example/taxii2/ --username ann --password-file pw.txt --collection c1 --begin 20d --fetch-interval 2d',
    'pass show acme | stixtaxii configure taxii acme --url https://taxii.example/taxii2/ --auth bearer --secret-stdin --credential-store keyring',
    'stixtaxii configure taxii acme --url https://taxii.example/taxii2/ --username ann --password-file pw.txt --on acme/lp1,acme/lp2',
    'stixtaxii configure director hq --url https://director.example --token-file token.txt --pool acme=0123456789abcdef0123456789abcdef --logpoint acme/lp1=fedcba9876543210fedcba9876543210',
  ],
  positional: ['kind', 'name'],
  input: z.object({
    kind: z.string().optional().describe('taxii (the default) or director'),
    name: z.string().optional().describe('name of the profile'),
    ...definitionFields,
    ...accessFields,
    on: onField,
    ...directorDefinitionFields,
    test: z.boolean().default(true).describe('save without connecting'),
  }),
  needs: [
    'options',
    'terminal',
    'environment',
    'workingDirectory',
    'stdin',
    'signal',
    'profiles',
    'credentials',
    'connect',
    'output',
    'connectDirector',
    'clock',
    'random',
    'notices',
    'progress',
    'folders',
  ],
  schema: 'configure',
  async run({ test, on, ...input }, parts) {
    const { kind, name, flags: all } = splitKind(input)
    const { settings, flags } = splitDirectorSettings(all)
    if (kind === 'director') {
      refuseTargets(on)
      const configured = await configureDirector({ name, flags, settings, test }, parts)
      return parts.output.one(configuredRecord(configured), configuredShape)
    }
    refuseDirectorSettings(settings)
    // Before anything is asked or saved: a misspelt Logpoint is known by then.
    const targets = on && (await targetsOfConfigure(on, parts))
    const configured = await configureSource({ name, flags, test }, parts)
    if (!targets) return parts.output.one(configuredRecord(configured), configuredShape)
    const created = await createConfigured(configured.profile, targets, parts)
    await parts.output.one({ ...configuredRecord(configured), targets: created.records }, configuredShape)
    if (created.failure) throw created.failure
  },
})

/** `configure acme` means the TAXII profile of that name: neither kind is a possible name. */
function splitKind<T extends { kind?: string | undefined; name?: string | undefined }>(
  input: T,
): { kind: 'taxii' | 'director'; name: string | undefined; flags: Omit<T, 'kind' | 'name'> } {
  const { kind = 'taxii', name, ...flags } = input
  if (kind === 'taxii' || kind === 'director') return { kind, name, flags }
  if (name === undefined) return { kind: 'taxii', name: kind, flags }
  throw new StixTaxiiError('PROFILE_FLAG_INVALID', `"${kind}" is no kind of profile`, {
    kind: 'usage',
    hint: 'Write: stixtaxii configure taxii NAME, or: stixtaxii configure director NAME',
  })
}
