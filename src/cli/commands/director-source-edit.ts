import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { editOn } from '../director-edit-target.ts'
import type { WantedChanges } from '../director-edit-target.ts'
import { changesOf, hasChanges } from '../director-edit-source.ts'
import { defineCommand } from '../command.ts'
import {
  directorFields,
  onField,
  orderFields,
  parallelField,
  stixVersionRawField,
  verifyField,
} from '../director-fields.ts'
import { changeTargets } from '../director-rows.ts'
import { definitionFlags, namedDefinition, refuseLacks } from '../director-source-argument.ts'
import { secretsOfFlags } from '../director-source-secrets.ts'
import { readKnowledge, sourceStateNeeds } from '../director-sources.ts'
import { directorNeeds, wantedLogpoints, withDirector } from '../director-targets.ts'
import { pluginDefinitionOf } from '../../workflow/plugin-definition.ts'

// Not taken here: what the plugin has no field for, and flags that name the source itself.
const editFlags = {
  url: definitionFlags.url,
  enabled: definitionFlags.enabled,
  disabled: definitionFlags.disabled,
  begin: definitionFlags.begin,
  fetchInterval: definitionFlags.fetchInterval,
  stixVersion: definitionFlags.stixVersion,
  taxiiVersion: definitionFlags.taxiiVersion,
  username: definitionFlags.username,
  passwordFile: definitionFlags.passwordFile,
  secretEnv: definitionFlags.secretEnv,
  secretCommand: definitionFlags.secretCommand,
  secretStdin: definitionFlags.secretStdin,
  useBasic: definitionFlags.useBasic,
  certificate: definitionFlags.certificate,
  key: definitionFlags.key,
  keyPassphraseFile: definitionFlags.keyPassphraseFile,
  useCertificate: definitionFlags.useCertificate,
  certificateLocation: definitionFlags.certificateLocation,
  proxy: definitionFlags.proxy,
  useProxy: definitionFlags.useProxy,
}

export const directorSourceEdit = defineCommand({
  path: 'director source edit',
  summary: 'Change an enrichment source on one Logpoint or on several',
  details:
    'SOURCE is its id, the name of the profile it was made from, or its discovery URL. What no flag names stays as it is; ' +
    'with --from everything is taken from a saved profile.\n\n' +
    'Director replaces the whole source, and its list does not show all of it: the unit of begin, where the certificates are, ' +
    'and secrets that are masked. Those come from flags, from the state of our last write, or from what the list shows; what is ' +
    'still missing is asked for, and is an error in scripts. Nothing is guessed.',
  examples: [
    'stixtaxii director source edit 5d8b2a522be2374b84949c82 --begin 30d --on acme/lp1',
    'stixtaxii director source edit acme --disabled --on acme/*',
    'stixtaxii director source edit acme --from acme --on acme/* -o json',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().describe('id, profile or discovery URL').meta({ value: 'SOURCE' }),
    on: onField,
    from: z
      .string()
      .optional()
      .describe('take everything from this saved profile')
      .meta({ value: 'PROFILE', environment: false }),
    force: z.boolean().default(false).describe('send it although the plugin lacks something that the profile needs'),
    stixVersionRaw: stixVersionRawField,
    parallel: parallelField,
    ...orderFields,
    ...verifyField,
    ...editFlags,
    ...directorFields,
  }),
  needs: [...directorNeeds, ...sourceStateNeeds, 'credentials', 'stdin'],
  schema: 'director-targets',
  async run(input, parts) {
    const wanted = await wantedChanges(input, parts)
    await withDirector(input, parts, async ({ profile: director, client }) => {
      const logpoints = wantedLogpoints(director, input.on, 'one')
      const knowledge = await readKnowledge(parts)
      const request = { director, client, knowledge, word: input.source, wanted, flags: input }
      // Someone who is asked answers one question at a time.
      const parallel = parts.terminal.canAsk ? 1 : input.parallel
      await changeTargets(logpoints, { parallel, doing: 'Editing on' }, parts, editOn(request, parts))
    })
  },
})

type Input = Parameters<typeof directorSourceEdit.run>[0]
type Parts = Parameters<typeof directorSourceEdit.run>[1]

async function wantedChanges(input: Input, parts: Parts): Promise<WantedChanges> {
  const secrets = await secretsOfFlags(input, parts)
  const overlay = changesOf(input, secrets)
  if (input.from === undefined) {
    if (hasChanges(overlay)) return { changes: overlay, saved: undefined }
    throw new StixTaxiiError('CLI_EDIT_EMPTY', 'It is not said what is to be otherwise', {
      kind: 'usage',
      hint: 'Give flags, as --begin 30d, or take everything from a profile: --from PROFILE',
    })
  }
  if (hasChanges(overlay)) {
    throw new StixTaxiiError('CLI_FLAGS_CONFLICT', '--from takes everything from the profile; other flags change it', {
      kind: 'usage',
      hint: 'Change the profile first: stixtaxii configure taxii NAME',
    })
  }
  const { profile, saved } = await namedDefinition(input.from, {}, parts)
  const { stixVersionRaw } = input
  const { source, lacks } = await pluginDefinitionOf(profile, {
    credentials: await parts.credentials(),
    stixVersionRaw,
  })
  if (!input.force) refuseLacks(profile, lacks)
  return { changes: source, saved }
}
