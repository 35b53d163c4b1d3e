import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { identifierPattern } from './assumptions.ts'
import type { Logpoint, Pool } from './client.ts'

/**
 * Which pools and Logpoints there are, by names of the user's own: Director lists neither (API guide, "Pools"). A Director
 * profile is one, and so is the directory of a desired state.
 */
export interface Directory {
  /** Pool name -> pool UUID. */
  readonly pools: Readonly<Record<string, string>>
  /** `pool/logpoint` -> Logpoint identifier. */
  readonly logpoints: Readonly<Record<string, string>>
  /** Group name -> names, globs, identifiers or further groups. */
  readonly groups: Readonly<Record<string, readonly string[]>>
}

/** Every Logpoint of the directory, in order of name. */
export function allLogpoints(directory: Directory): readonly Logpoint[] {
  return Object.keys(directory.logpoints)
    .sort()
    .map((name) => namedLogpoint(directory, name))
}

/**
 * The Logpoints that words of `--on` mean, in the order first meant, none twice. A word is a name (`acme/lp1`; `lp1` where
 * only one pool has it), a group, a glob over names (`acme/*`), an identifier pair (`POOLID/LOGPOINTID`, which need not be
 * in the directory), or several of those with commas between.
 * @throws DIRECTOR_TARGET_UNKNOWN (not-found) with the nearest name; DIRECTOR_TARGET_AMBIGUOUS (usage).
 */
export function resolveLogpoints(directory: Directory, words: readonly string[]): readonly Logpoint[] {
  const found = new Map<string, Logpoint>()
  const visit = (word: string, within: readonly string[]): void => {
    const members = Object.hasOwn(directory.groups, word) ? directory.groups[word] : undefined
    if (members) {
      const [namesake] = Object.keys(directory.logpoints).filter((name) => name.endsWith(`/${word}`))
      // Who says lp1 and means the Logpoint must not reach a group instead; within a group the group is meant.
      if (namesake !== undefined && within.length === 0) throw ambiguous(word, [namesake, `the group ${word}`])
      if (within.includes(word)) throw circular(word, within)
      for (const member of splitWords(members)) visit(member, [...within, word])
      return
    }
    for (const logpoint of logpointsOf(directory, word)) {
      const key = `${logpoint.pool.id}/${logpoint.id}`
      if (!found.has(key)) found.set(key, logpoint)
    }
  }
  for (const word of splitWords(words)) visit(word, [])
  return [...found.values()]
}

/**
 * The pool of that name or identifier; without a name, the only one there is.
 * @throws DIRECTOR_POOL_UNKNOWN (not-found), DIRECTOR_POOL_UNNAMED (usage)
 */
export function resolvePool(directory: Directory, name: string | undefined): Pool {
  const names = Object.keys(directory.pools).sort()
  if (name === undefined) {
    const [only] = names
    if (only !== undefined && names.length === 1) return { name: only, id: directory.pools[only] ?? '' }
    const message = only === undefined ? 'No pool is known' : 'It is not said which pool is meant'
    throw new StixTaxiiError('DIRECTOR_POOL_UNNAMED', message, {
      kind: 'usage',
      hint: only === undefined ? `Give its UUID: --pool ${sampleId}` : `Give one with --pool: ${names.join(', ')}`,
    })
  }
  const known = Object.hasOwn(directory.pools, name) ? name : names.find((each) => directory.pools[each] === name)
  if (known !== undefined) return { name: known, id: directory.pools[known] ?? '' }
  if (looksLikeIdentifier(name)) return { name, id: name }
  const near = nearestName(name, names)
  throw new StixTaxiiError('DIRECTOR_POOL_UNKNOWN', `There is no pool "${name}"`, {
    kind: 'not-found',
    hint: near === undefined ? knownHint('pools', names) : `Did you mean "${near}"?`,
    context: { pool: name, nearest: near },
  })
}

const sampleId = '0123456789abcdef0123456789abcdef'

function splitWords(words: readonly string[]): string[] {
  return words
    .flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function logpointsOf(directory: Directory, word: string): readonly Logpoint[] {
  if (Object.hasOwn(directory.logpoints, word)) return [namedLogpoint(directory, word)]
  const names = Object.keys(directory.logpoints).sort()
  if (/[*?]/.test(word)) {
    const fits = globOf(word)
    const matching = names.filter((name) => fits.test(name))
    if (matching.length > 0) return matching.map((name) => namedLogpoint(directory, name))
    throw unknown(word, directory)
  }
  if (word.includes('/')) return [byIdentifiers(directory, word) ?? throwUnknown(word, directory)]
  const withThatEnd = names.filter((name) => name.endsWith(`/${word}`))
  if (withThatEnd.length > 1) throw ambiguous(word, withThatEnd)
  const [only] = withThatEnd
  return [only === undefined ? throwUnknown(word, directory) : namedLogpoint(directory, only)]
}

function namedLogpoint({ pools, logpoints }: Directory, name: string): Logpoint {
  const [pool = ''] = name.split('/')
  return { name, id: logpoints[name] ?? '', pool: { name: pool, id: pools[pool] ?? '' } }
}

/** `POOL/LOGPOINT` of which either part may be an identifier; undefined when that is not what it can be. */
function byIdentifiers(directory: Directory, word: string): Logpoint | undefined {
  const [poolPart = '', logpointPart = '', ...more] = word.split('/')
  if (more.length > 0) return undefined
  const isName = Object.hasOwn(directory.pools, poolPart)
  const poolName = isName ? poolPart : Object.keys(directory.pools).find((name) => directory.pools[name] === poolPart)
  if (poolName === undefined && !looksLikeIdentifier(poolPart)) return undefined
  const pool = { name: poolName ?? poolPart, id: poolName === undefined ? poolPart : (directory.pools[poolName] ?? '') }
  const known = Object.keys(directory.logpoints).find(
    (name) =>
      name.startsWith(`${pool.name}/`) &&
      (directory.logpoints[name] === logpointPart || name === `${pool.name}/${logpointPart}`),
  )
  if (known !== undefined) return namedLogpoint(directory, known)
  return looksLikeIdentifier(logpointPart)
    ? { name: `${pool.name}/${logpointPart}`, id: logpointPart, pool }
    : undefined
}

/** Whether someone may have copied it from the Search Master: a name without any digit in it is taken for a misspelt name. */
function looksLikeIdentifier(text: string): boolean {
  return identifierPattern.test(text) && /\d/.test(text)
}

function globOf(word: string): RegExp {
  const escaped = word.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`)
}

function throwUnknown(word: string, directory: Directory): never {
  throw unknown(word, directory)
}

function unknown(word: string, { logpoints, groups }: Directory): StixTaxiiError {
  const names = [...Object.keys(logpoints).sort(), ...Object.keys(groups).sort()]
  const near = nearestName(word, names)
  return new StixTaxiiError('DIRECTOR_TARGET_UNKNOWN', `There is no Logpoint and no group "${word}"`, {
    kind: 'not-found',
    hint:
      near === undefined
        ? `${knownHint('targets', names)} Identifiers are written POOLID/LOGPOINTID.`
        : `Did you mean "${near}"? All of them: stixtaxii director directory list`,
    context: { target: word, nearest: near },
  })
}

function knownHint(what: string, names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ')
  return names.length === 0
    ? `No ${what} are known. Add them with: stixtaxii configure director NAME --pool acme=${sampleId} --logpoint acme/lp1=${sampleId}`
    : `Known ${what}: ${shown}${names.length > 10 ? ' ...' : ''}.`
}

function ambiguous(word: string, names: readonly string[]): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_TARGET_AMBIGUOUS', `"${word}" may be ${names.join(' or ')}`, {
    kind: 'usage',
    hint: 'Write the pool too.',
    context: { target: word, candidates: names },
  })
}

function circular(word: string, within: readonly string[]): StixTaxiiError {
  return new StixTaxiiError(
    'DIRECTOR_GROUP_CIRCULAR',
    `Group "${word}" contains itself: ${[...within, word].join(' > ')}`,
    {
      kind: 'config',
      hint: 'Change it with: stixtaxii configure director NAME --group NAME=acme/lp1,acme/lp2',
      context: { group: word },
    },
  )
}
