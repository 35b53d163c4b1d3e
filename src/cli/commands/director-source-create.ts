import { z } from 'zod'
import { pluginDefinitionOf } from '../../workflow/plugin-definition.ts'
import { defineCommand } from '../command.ts'
import { createOn } from '../director-create-source.ts'
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
import { holdKnowledge, sourceStateNeeds } from '../director-sources.ts'
import { directorNeeds, wantedLogpoints, withDirector } from '../director-targets.ts'

export const directorSourceCreate = defineCommand({
  path: 'director source create',
  summary: 'Create an enrichment source on one Logpoint or on many',
  details:
    'SOURCE is a saved TAXII profile; its flags change it for this time, and with --url they are enough alone. Values of a ' +
    'feature that is switched off are sent too, as Director keeps them.\n\n' +
    'After the order the list is refreshed and read back, and what differs from what was asked for is shown. A second source ' +
    'of the same address and user name on one Logpoint is refused; with --if-absent that is no fault, and nothing is sent. ' +
    'Meanwhile no other process changes what the same state knows: it waits, as --lock-timeout says.\n\n' +
    'Certificates are uploaded before, with: stixtaxii director certificate upload',
  examples: [
    'stixtaxii director source create acme --on acme/lp1',
    'stixtaxii director source create acme --on acme/*,beta/lp1 --if-absent -o json',
    'stixtaxii director source create --url https://taxii.example/taxii2/ --taxii-version 2.1 --begin 20d --fetch-interval 2d --username ann --password-file pw.txt --on acme/lp1',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().optional().describe('name of a TAXII profile, or a URL').meta({ value: 'SOURCE|URL' }),
    on: onField,
    ifAbsent: z.boolean().default(false).describe('a source that is there already is no fault'),
    force: z
      .boolean()
      .default(false)
      .describe(
        'create it although the plugin lacks something that it needs, or an earlier create of it may still be running',
      ),
    stixVersionRaw: stixVersionRawField,
    parallel: parallelField,
    ...orderFields,
    ...verifyField,
    ...definitionFlags,
    ...directorFields,
  }),
  needs: [...directorNeeds, ...sourceStateNeeds, 'credentials', 'stdin'],
  schema: 'director-targets',
  async run(input, parts) {
    const { profile, saved } = await namedDefinition(input.source, input, parts)
    const credentials = await parts.credentials()
    const { stixVersionRaw } = input
    const { source, lacks } = await pluginDefinitionOf(profile, { credentials, stixVersionRaw })
    if (!input.force) refuseLacks(profile, lacks)
    for (const { message } of lacks) parts.notices({ code: 'CLI_PLUGIN_LACKS', message: `${profile.name}: ${message}` })
    await withDirector(input, parts, async ({ profile: director, client }) => {
      const logpoints = wantedLogpoints(director, input.on, 'one')
      await holdKnowledge(parts, async (knowledge) => {
        const { ifAbsent, force, parallel } = input
        const request = { director, client, knowledge, source, saved, ifAbsent, force, flags: input }
        await changeTargets(logpoints, { parallel, doing: 'Creating on' }, parts, createOn(request, parts))
      })
    })
  },
})
