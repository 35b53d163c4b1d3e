import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { settle } from '../director-changes.ts'
import { confirmByName, namesOf } from '../director-confirm.ts'
import { directorFields, onField, orderFields, parallelField, verifyField } from '../director-fields.ts'
import { installedPlugin, refuseConfigured } from '../director-plugins.ts'
import { changeTargets } from '../director-rows.ts'
import { directorNeeds, wantedLogpoints, withDirector } from '../director-targets.ts'

export const directorPluginUninstall = defineCommand({
  path: 'director plugin uninstall',
  summary: 'Uninstall StixTaxii from one Logpoint or from several',
  details:
    "Its id comes from the Logpoint's list of plugins: the only one whose name has StixTaxii in it, or the one that --id names. " +
    'Refused while it has enrichment sources, unless --force. Asks for the name, or takes --yes.',
  examples: [
    'stixtaxii director plugin uninstall --on acme/lp1',
    'stixtaxii director plugin uninstall --on acme/* --yes -o json',
  ],
  input: z.object({
    on: onField,
    id: z
      .string()
      .optional()
      .describe('id of the plugin, as `director plugin list` shows it')
      .meta({ value: 'ID', environment: false }),
    force: z.boolean().default(false).describe('uninstall it although it has enrichment sources'),
    parallel: parallelField,
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-targets',
  async run({ on, id: given, force, parallel, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const logpoints = wantedLogpoints(profile, on, 'one')
      const { signal } = parts
      const what = `Uninstall ${given ?? 'StixTaxii'} from ${namesOf(logpoints)}?`
      await confirmByName(parts, { what, name: given ?? 'StixTaxii' })
      await changeTargets(
        logpoints,
        { parallel, doing: 'Uninstalling from' },
        parts,
        async (logpoint, say, ordered) => {
          if (!force) await refuseConfigured(client, logpoint, signal)
          const id = given ?? (await installedPlugin(client, logpoint, signal)).id
          const accepted = await client.plugins.uninstall(logpoint, id, { signal })
          const seen = async (): Promise<boolean> =>
            !(await client.plugins.list(logpoint, { signal })).some((plugin) => plugin.id === id)
          return { ...(await settle(accepted, { client, flags, parts, say, ordered, slow: true, seen })), id }
        },
      )
    })
  },
})
