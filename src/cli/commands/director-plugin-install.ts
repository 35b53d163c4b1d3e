import { z } from 'zod'
import { isStixTaxiiPlugin } from '../../director/assumptions.ts'
import type { Storage } from '../../director/client.ts'
import { defineCommand } from '../command.ts'
import { settle } from '../director-changes.ts'
import { directorFields, onField, orderFields, parallelField, verifyField } from '../director-fields.ts'
import { checkPackageName, packageVersion } from '../director-package.ts'
import { installedRow, prerequisites } from '../director-plugins.ts'
import { changeTargets, targetRow } from '../director-rows.ts'
import { directorNeeds, wantedLogpoints, withDirector } from '../director-targets.ts'
import { listedName } from '../director-uploads.ts'

export const directorPluginInstall = defineCommand({
  path: 'director plugin install',
  summary: 'Install an uploaded package on one Logpoint or on many',
  details: prerequisites,
  examples: [
    'stixtaxii director plugin install StixTaxii_6.1.0.pak --on acme/lp1',
    'stixtaxii director plugin install StixTaxii_6.1.0.pak --public --on acme/*,beta/* -o json',
  ],
  positional: ['package'],
  input: z.object({
    package: z.string().describe('its name, as `director package list` shows it').meta({ value: 'PACKAGE' }),
    on: onField,
    public: z
      .boolean()
      .default(false)
      .describe('from the storage that every pool sees, instead of that of the pool')
      .meta({ environment: false }),
    force: z.boolean().default(false).describe('install it although that version is installed'),
    parallel: parallelField,
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-targets',
  async run({ package: word, on, parallel, force, ...flags }, parts) {
    const wanted = checkPackageName(word)
    await withDirector(flags, parts, async ({ profile, client }) => {
      const logpoints = wantedLogpoints(profile, on, 'one')
      const { signal } = parts
      const listings = new Map<string, Promise<readonly string[]>>()
      const list = (storage: Storage): Promise<readonly string[]> => {
        const key = storage.location === 'public' ? '' : storage.pool.id
        const listing = listings.get(key) ?? client.packages.list(storage, { signal })
        listings.set(key, listing)
        return listing
      }
      await changeTargets(logpoints, { parallel, doing: 'Installing on' }, parts, async (logpoint, say, ordered) => {
        const storage: Storage = flags.public ? { location: 'public' } : { location: 'private', pool: logpoint.pool }
        const fileName = listedName(wanted, await list(storage), storage, 'stixtaxii director package upload')
        const installed = force ? undefined : await installedRow(client, logpoint, packageVersion(fileName), signal)
        if (installed) return installed
        const { location } = storage
        const accepted = await client.plugins.install(logpoint, { fileName, location }, { signal })
        // Another version may have been there before.
        const version = packageVersion(fileName)
        const seen = async (): Promise<boolean> =>
          (await client.plugins.list(logpoint, { signal })).some(
            (plugin) => isStixTaxiiPlugin(plugin.name) && version !== undefined && plugin.version === version,
          )
        const row = await settle(accepted, { client, flags, parts, say, ordered, slow: true, seen })
        if (row.status !== 'done' || !flags.verify) return row
        const plugins = await client.plugins.list(logpoint, { signal }).catch(() => undefined)
        const id = plugins?.find(({ name }) => isStixTaxiiPlugin(name))?.id ?? null
        return targetRow('done', { ...row, id })
      })
    })
  },
})
