import { StixTaxiiError } from '../core/errors.ts'
import { isStixTaxiiPlugin } from '../director/assumptions.ts'
import type { Logpoint, Plugin } from '../director/client.ts'
import { samePair } from '../director/compare-sources.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { matchSources, type Matches } from './match-sources.ts'
import type { ObservedLogpoint } from './observe.ts'
import type { Adoption, InstallStep, PlannedTarget, Step, UninstallStep } from './plan.ts'
import { planCreate, planDelete, planEdit, type SourcePlanContext } from './plan-source.ts'
import type { DesiredLogpoint, DesiredPlugin, DesiredSource } from './resolve-desired.ts'
import { knownOf } from './source-record.ts'
import type { SaidSecret, SourceRecord } from './source-record.ts'
import type { Secret } from '../core/secret.ts'
import { findPlugin, sourcesAt, type Place, type PluginRecord, type State } from './state.ts'

/** What planning one Logpoint goes by. */
export interface LogpointPlanContext {
  readonly fleet: string
  /** Origin of the Director. */
  readonly director: string
  readonly state: State
  /** What becomes of things made from the file that it no longer names. */
  readonly removed: 'delete' | 'keep'
  readonly secretOf: (reference: SaidSecret) => Secret
  /** Certificate files that are in the storage or will be, by `location name`. */
  readonly certificates: (location: 'private' | 'public', pool: string) => ReadonlySet<string> | undefined
}

/** Plans one Logpoint; a fault of its own becomes its error, and nothing is planned there. */
export function planLogpoint(
  wanted: DesiredLogpoint,
  observed: ObservedLogpoint,
  context: LogpointPlanContext,
): PlannedTarget {
  const { logpoint } = wanted
  const place = { logpoint }
  try {
    const records = sourcesAt(context.state, placeIn(context.director, logpoint))
    const matches = matchSources(wanted.sources, observed.sources, { records, fleet: context.fleet })
    refuseAmbiguous(matches, logpoint)
    const planned = planSources(wanted, matches, { context, records })
    const plugin = planPlugin(wanted, observed, { context, left: planned.left })
    return {
      phase: 'logpoint',
      name: logpoint.name,
      place,
      steps: [...plugin.before, ...planned.steps, ...plugin.after],
      adoptions: planned.adoptions,
      notes: [...plugin.notes, ...planned.notes],
    }
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
    return { phase: 'logpoint', name: logpoint.name, place, steps: [], adoptions: [], notes: [], error }
  }
}

/** Identifiers of one Logpoint at one Director. */
export function placeIn(director: string, { id, pool }: Logpoint): Place {
  return { director, pool: pool.id, logpoint: id }
}

interface PlannedSources {
  readonly steps: readonly Step[]
  readonly adoptions: readonly Adoption[]
  readonly notes: readonly string[]
  /** How many sources the Logpoint has when all is done. */
  readonly left: number
}

function planSources(
  { logpoint, sources }: DesiredLogpoint,
  matches: Matches,
  { context, records }: { readonly context: LogpointPlanContext; readonly records: readonly SourceRecord[] },
): PlannedSources {
  const [steps, adoptions, notes]: [Step[], Adoption[], string[]] = [[], [], []]
  let left = matches.strangers.length
  for (const wanted of sources) {
    const listed = matches.found.get(wanted.key)
    if (wanted.ensure === 'absent') {
      if (listed) steps.push(planDelete(wanted.key, listed, logpoint))
      continue
    }
    left += 1
    checkCertificate(wanted, logpoint, context)
    const record = listed && records.find(({ id }) => id === listed.id)
    const { state, secretOf } = context
    const about: SourcePlanContext = { logpoint, state, record, secretOf }
    if (listed === undefined) {
      refuseTwin(wanted, matches, logpoint)
      steps.push(planCreate(wanted, about))
      continue
    }
    const { step, unknown } = planEdit(wanted, listed, about)
    if (step) steps.push(step)
    else if (unknown.length > 0) notes.push(`source ${wanted.key}: not comparable: ${unknown.join(', ')}`)
    const isOwn = record?.owner?.fleet === context.fleet && record.owner.key === wanted.key
    if (!step && !isOwn) adoptions.push({ key: wanted.key, sourceId: listed.id, known: knownOf(listed) })
  }
  for (const { key, listed } of matches.orphans) {
    if (context.removed === 'delete') steps.push(planDelete(key, listed, logpoint))
    else {
      left += 1
      notes.push(`source ${key} (${listed.id}) is no longer in the file; kept`)
    }
  }
  return { steps, adoptions, notes: [...notes, ...matches.strangers.map(strangerNote)], left }
}

function strangerNote({
  listed,
  owner,
}: {
  readonly listed: ListedSource
  readonly owner?: string | undefined
}): string {
  const whose = owner === undefined ? 'is not in this file' : `belongs to the desired state "${owner}"`
  return `source ${listed.id} (${listed.discoveryUrl}) ${whose}; left alone`
}

/** What belongs to another desired state is neither taken over nor made a second time. */
function refuseTwin({ key, defined }: DesiredSource, { strangers }: Matches, logpoint: Logpoint): void {
  const twin = strangers.find(({ listed }) => samePair(listed, defined.known))
  if (twin === undefined) return
  const whose = twin.owner === undefined ? 'is not of this file' : `belongs to the desired state "${twin.owner}"`
  throw new StixTaxiiError(
    'PROVISION_SOURCE_TAKEN',
    `${logpoint.name} has a source with the URL and user name of "${key}" already: ${twin.listed.id}, which ${whose}`,
    {
      kind: 'conflict',
      hint: 'Let one file alone name it: a second source would fetch the same feed twice.',
      context: { target: logpoint.name, source: key, id: twin.listed.id, owner: twin.owner },
    },
  )
}

function checkCertificate(
  { key, defined }: DesiredLogpoint['sources'][number],
  logpoint: Logpoint,
  context: LogpointPlanContext,
): void {
  const { use, certificateFile, keyFile, location = 'private' } = defined.known.certificate
  const there = context.certificates(location, logpoint.pool.id)
  if (!use || there === undefined) return
  const missing = [certificateFile, keyFile].find((name) => name !== '' && !there.has(name))
  if (missing === undefined) return
  throw new StixTaxiiError(
    'PROVISION_CERTIFICATE_MISSING',
    `Source ${key} on ${logpoint.name} uses "${missing}", which is neither in ${location} storage nor in the file`,
    {
      kind: 'config',
      hint: 'Name the file under certificates:, or upload it with: stixtaxii director certificate upload FILE',
      context: { target: logpoint.name, source: key, file: missing },
    },
  )
}

function refuseAmbiguous({ ambiguous }: Matches, logpoint: Logpoint): void {
  const [first] = ambiguous
  if (first === undefined) return
  const [key, ids] = first
  throw new StixTaxiiError(
    'PROVISION_SOURCE_AMBIGUOUS',
    `${logpoint.name} has ${ids.length} sources with the URL and user name of "${key}": ${ids.join(', ')}`,
    {
      kind: 'conflict',
      hint: `Delete those that are too many: stixtaxii director source delete ID --on ${logpoint.name}`,
      context: { target: logpoint.name, source: key, ids },
    },
  )
}

interface PlannedPlugin {
  readonly before: readonly InstallStep[]
  readonly after: readonly UninstallStep[]
  readonly notes: readonly string[]
}

function planPlugin(
  { logpoint, plugin }: DesiredLogpoint,
  { plugins }: ObservedLogpoint,
  { context, left }: { readonly context: LogpointPlanContext; readonly left: number },
): PlannedPlugin {
  const record = findPlugin(context.state, placeIn(context.director, logpoint))
  const installed = findInstalled(plugins, logpoint)
  if (plugin && plugin !== 'absent') return planInstall(plugin, { logpoint, plugins, installed, record })
  const none = { before: [], after: [], notes: [] }
  if (installed === undefined || (plugin !== 'absent' && record?.fleet !== context.fleet)) return none
  const kept = (why: string): PlannedPlugin => ({ ...none, notes: [`plugin ${installed.name} ${why}; kept`] })
  if (record && record.fleet !== context.fleet) return kept(`belongs to the desired state "${record.fleet}"`)
  if (context.removed === 'keep') return kept('is no longer in the file')
  if (left > 0) return kept(`is still used by ${left} source${left === 1 ? '' : 's'}`)
  return { ...none, after: [planUninstall(installed, logpoint)] }
}

export function planUninstall(plugin: Plugin, logpoint: Logpoint): UninstallStep {
  const fields = [{ field: 'version', from: plugin.version ?? 'unknown', to: '' }]
  return { kind: 'uninstall', sign: '-', thing: `plugin ${plugin.name}`, fields, logpoint, pluginId: plugin.id }
}

/**
 * The StixTaxii plugin among those listed; undefined for none.
 * @throws PROVISION_PLUGIN_AMBIGUOUS (conflict) for several
 */
export function findInstalled(plugins: readonly Plugin[] | undefined, logpoint: Logpoint): Plugin | undefined {
  const [plugin, ...more] = (plugins ?? []).filter(({ name }) => isStixTaxiiPlugin(name))
  if (more.length === 0) return plugin
  const ids = [plugin, ...more].map((each) => each?.id ?? '')
  throw new StixTaxiiError(
    'PROVISION_PLUGIN_AMBIGUOUS',
    `${logpoint.name} lists several StixTaxii plugins: ${ids.join(', ')}`,
    {
      kind: 'conflict',
      hint: `Uninstall those that are too many: stixtaxii director plugin uninstall --id ID --on ${logpoint.name}`,
      context: { target: logpoint.name, ids },
    },
  )
}

interface InstallContext {
  readonly logpoint: Logpoint
  readonly plugins: readonly Plugin[] | undefined
  readonly installed: Plugin | undefined
  /** What the state knows to be installed. */
  readonly record: PluginRecord | undefined
}

function planInstall(wanted: DesiredPlugin, { logpoint, plugins, installed, record }: InstallContext): PlannedPlugin {
  const step = (sign: '+' | '~', from: string): PlannedPlugin => {
    const fields = [{ field: 'version', from, to: wanted.version ?? wanted.fileName }]
    const install = { kind: 'install', sign, thing: `plugin ${wanted.fileName}`, fields, logpoint, ...wanted } as const
    return { before: [install], after: [], notes: [] }
  }
  const nothing = (...notes: string[]): PlannedPlugin => ({ before: [], after: [], notes })
  if (plugins !== undefined && installed === undefined) return step('+', '')
  // Where plugins cannot be listed, only our own record tells; without one, what the file asks for is done once.
  if (plugins === undefined && record === undefined) return step('+', 'unknown')
  if (record && record.sha256 !== wanted.sha256) return step('~', record.version ?? record.fileName)
  const [there, asked] = [installed?.version, wanted.version]
  if (there !== undefined && asked !== undefined && there !== asked) return step('~', there)
  return there === undefined && record === undefined ? nothing('plugin: its version cannot be compared') : nothing()
}
