import { StixTaxiiError } from '../core/errors.ts'
import { identifierPattern } from '../director/assumptions.ts'

/** Names in the directory: they are typed in `--on`, where commas, slashes, blanks and wildcards have a meaning. */
export const directoryNamePattern = /^[^\s/=,*?]+$/

/**
 * Reads `NAME=IDENTIFIER`, or `POOL/NAME=IDENTIFIER` for flags of Logpoints; an empty identifier removes the name (its value
 * is undefined).
 * @throws PROFILE_FLAG_INVALID (usage)
 */
export function readChanges(flag: string, texts: readonly string[]): Record<string, string | undefined> {
  const isPool = /pool$/i.test(flag) && !/logpoint$/i.test(flag)
  const segments = isPool ? 1 : 2
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      const [key, id] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
      const parts = key.split('/')
      const isNamed = at > 0 && parts.length === segments && parts.every((part) => directoryNamePattern.test(part))
      if (isNamed && (id === '' || identifierPattern.test(id))) return [key, id === '' ? undefined : id]
      throw new StixTaxiiError('PROFILE_FLAG_INVALID', `${flag} "${text}" is not valid`, {
        kind: 'usage',
        hint: isPool
          ? 'Write NAME=IDENTIFIER; the UUID is in the Search Master, Settings, Configuration, LogPoint Pool.'
          : 'Write POOL/NAME=IDENTIFIER; the identifier is in the details of the pool in the Search Master.',
        context: { flag, value: text },
      })
    }),
  )
}

/** As `readChanges`, of what is there only. */
export function readPairs(flag: string, texts: readonly string[] | undefined): Record<string, string> {
  const changes = Object.entries(readChanges(flag, texts ?? []))
  return Object.fromEntries(changes.flatMap(([name, id]) => (id === undefined ? [] : [[name, id]])))
}

/** A record with some names changed or, where undefined, removed. */
export function withChanges<T>(
  former: Readonly<Record<string, T>>,
  changes: Readonly<Record<string, T | undefined>>,
): Record<string, T> {
  const merged = Object.entries({ ...former, ...changes })
  return Object.fromEntries(merged.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/**
 * Reads `NAME=TARGET,TARGET...` of `--group`; nothing after the equals sign removes the group.
 * @throws PROFILE_FLAG_INVALID (usage)
 */
export function readGroups(texts: readonly string[]): Record<string, readonly string[] | undefined> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      const name = text.slice(0, at).trim()
      const members = text
        .slice(at + 1)
        .split(',')
        .map((member) => member.trim())
        .filter(Boolean)
      if (at > 0 && directoryNamePattern.test(name)) return [name, members.length === 0 ? undefined : members]
      throw new StixTaxiiError('PROFILE_FLAG_INVALID', `--group "${text}" is not valid`, {
        kind: 'usage',
        hint: 'Write NAME=acme/lp1,acme/lp2; members may be globs and other groups.',
        context: { flag: '--group', value: text },
      })
    }),
  )
}
