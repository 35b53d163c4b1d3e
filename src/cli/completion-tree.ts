import type { RootCommand } from '@bomb.sh/tab'
import type { Command, CommandRow } from './command.ts'
import { globalFlags } from './global-flags.ts'
import { inputFields, type InputField } from './input-fields.ts'
import { commandGroups } from './registry.ts'
import { outputFormats } from '../output/writer.ts'
import type { Profile } from '../profile/profile.ts'

/** Names that are completed because they are there now. */
export interface LiveNames {
  readonly profiles: readonly string[]
  /** Names of TAXII profiles. */
  readonly sources: readonly string[]
  readonly pools: readonly string[]
  /** What `--on` takes: Logpoints, groups, and all of a pool. */
  readonly targets: readonly string[]
}

/** The names in some profiles, each once, in the order of the profiles. */
export function liveNames(profiles: readonly Profile[]): LiveNames {
  const directors = profiles.filter((profile) => profile.kind === 'director')
  const pools = directors.flatMap((director) => Object.keys(director.pools))
  const named = directors.flatMap(({ logpoints, groups }) => [...Object.keys(logpoints), ...Object.keys(groups)])
  return {
    profiles: profiles.map(({ name }) => name),
    sources: profiles.filter(({ kind }) => kind === 'taxii').map(({ name }) => name),
    pools: [...new Set(pools)],
    targets: [...new Set([...named, ...pools.map((pool) => `${pool}/*`)])],
  }
}

/** Fields whose value is such a name in every command. */
const liveFields: Readonly<Record<string, keyof LiveNames>> = {
  profile: 'profiles',
  profiles: 'profiles',
  source: 'sources',
  sources: 'sources',
  on: 'targets',
}
/** Commands whose argument `name` is that of a profile there is. */
const ofProfiles = /^(profile (show|use|rename|remove|export)|credential \w+|doctor)$/

/** The row that the words name, the longest path first; undefined while no command is complete. */
export function namedRow(words: readonly string[], rows: readonly CommandRow[]): CommandRow | undefined {
  const named = words.filter((word) => !word.startsWith('-')).join(' ')
  return [...rows]
    .sort((a, b) => b.path.length - a.path.length)
    .find((row) => named === row.path || named.startsWith(`${row.path} `))
}

/** Fills the completion package's tree: all names, and the flags of the one command that was loaded. */
export function fillTree(
  tree: RootCommand,
  rows: readonly CommandRow[],
  named: { readonly command: Command | undefined; readonly live: LiveNames },
): void {
  const { command, live } = named
  // The package finds `director source create` only by way of `director` and `director source`.
  for (const [group, about] of Object.entries(commandGroups)) tree.command(group, about)
  for (const row of rows) {
    const node = tree.command(row.path, row.summary)
    if (command?.path !== row.path) continue
    for (const field of inputFields(command)) addField(node, field, valuesOf(field, command.path, live))
    for (const { flags, about } of globalFlags) addGlobalFlag(node, flags, about, live)
  }
}

type Node = ReturnType<RootCommand['command']>

function addField(node: Node, field: InputField, values: readonly string[]): void {
  const offer = (complete: (value: string, about: string) => void): void => {
    for (const value of values) complete(value, field.description)
  }
  if (field.positional) {
    node.argument(field.key, offer, field.repeatable)
  } else if (field.type !== 'boolean') {
    node.option(field.flag, field.description, offer, field.short)
  } else {
    if (field.default !== true) node.option(field.flag, field.description)
    if (field.default !== false) node.option(`no-${field.flag}`, field.description)
  }
}

function addGlobalFlag(node: Node, flags: string, about: string, live: LiveNames): void {
  const [, short, name, value] = /^(?:-(\w), )?--([a-z-]+)( <\w+>)?$/.exec(flags) ?? []
  if (name === undefined) return
  if (value === undefined) {
    if (short) node.option(name, about, short)
    else node.option(name, about)
    return
  }
  const values = { output: outputFormats, profile: live.profiles, color: ['auto', 'always', 'never'] }[name] ?? []
  node.option(name, about, (complete) => values.forEach((each) => complete(each, about)), short)
}

function valuesOf(field: InputField, path: string, live: LiveNames): readonly string[] {
  if (field.choices) return field.choices
  if (field.key === 'name' && ofProfiles.test(path)) return live.profiles
  if (path.startsWith('director ')) {
    if (field.key === 'pool') return live.pools
    if (field.key === 'from' && path === 'director source edit') return live.sources
  }
  const names = Object.hasOwn(liveFields, field.key) ? liveFields[field.key] : undefined
  return names === undefined ? [] : live[names]
}
