import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { isStixTaxiiPlugin } from '../director/assumptions.ts'
import type { DirectorClient, Logpoint, Plugin } from '../director/client.ts'
import { pluginPrerequisites } from '../workflow/doctor-director.ts'
import { targetRow } from './director-rows.ts'
import type { TargetRow } from './director-rows.ts'

/** For help: what has to be there before. */
export const prerequisites = `${pluginPrerequisites}. The package is uploaded before: stixtaxii director package upload StixTaxii_6.1.0.pak`

/** The row of a Logpoint that has this version already; undefined where that is not known to be so. */
export async function installedRow(
  client: DirectorClient,
  logpoint: Logpoint,
  version: string | undefined,
  signal: AbortSignal,
): Promise<TargetRow | undefined> {
  if (version === undefined) return undefined
  // The Plugins list is inferred from its neighbours; that it cannot be read is no reason not to install.
  const plugins = await client.plugins.list(logpoint, { signal }).catch((error: unknown) => {
    if (error instanceof StixTaxiiError && error.kind !== 'auth' && error.kind !== 'cancelled') return []
    throw error
  })
  const there = plugins.find((plugin) => isStixTaxiiPlugin(plugin.name) && plugin.version === version)
  return there && targetRow('unchanged', { id: there.id, message: `${version} is installed already` })
}

/**
 * The one plugin of a Logpoint that is StixTaxii, by its name without case and punctuation.
 * @throws DIRECTOR_PLUGIN_UNKNOWN (not-found), DIRECTOR_PLUGIN_AMBIGUOUS (usage), each naming what is there
 */
export async function installedPlugin(
  client: DirectorClient,
  logpoint: Logpoint,
  signal: AbortSignal,
): Promise<Plugin> {
  const plugins = await client.plugins.list(logpoint, { signal })
  const found = plugins.filter(({ name }) => isStixTaxiiPlugin(name))
  const [only] = found
  if (only && found.length === 1) return only
  const shown = (only ? found : plugins).map(({ name, id }) => `${printable(name)} (${printable(id)})`).join(', ')
  const { name: target } = logpoint
  if (only) {
    throw new StixTaxiiError('DIRECTOR_PLUGIN_AMBIGUOUS', `${found.length} plugins of ${target} may be StixTaxii`, {
      kind: 'usage',
      hint: `Name one with --id: ${shown}`,
      context: { target },
    })
  }
  throw new StixTaxiiError('DIRECTOR_PLUGIN_UNKNOWN', `StixTaxii is not among the plugins of ${target}`, {
    kind: 'not-found',
    hint: shown === '' ? 'None is listed there.' : `Installed: ${shown}. If it is one of them, name it with --id.`,
    context: { target },
  })
}

/**
 * Refuses to take a plugin away from its sources: they have to be removed first (API guide, uninstall).
 * @throws DIRECTOR_PLUGIN_CONFIGURED (conflict)
 */
export async function refuseConfigured(client: DirectorClient, logpoint: Logpoint, signal: AbortSignal): Promise<void> {
  const sources = await client.sources.list(logpoint, { signal })
  if (sources.length === 0) return
  const { name } = logpoint
  const ids = sources.map(({ id }) => printable(id))
  const what = sources.length === 1 ? 'an enrichment source' : `${sources.length} enrichment sources`
  throw new StixTaxiiError('DIRECTOR_PLUGIN_CONFIGURED', `${name} has ${what} of the plugin: ${ids.join(', ')}`, {
    kind: 'conflict',
    hint: `Delete them first: stixtaxii director source delete ${ids[0] ?? ''} --on ${name}. To uninstall all the same: --force`,
    context: { target: name, sources: ids },
  })
}
