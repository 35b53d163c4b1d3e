import { readFile } from 'node:fs/promises'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import type { Value } from '../stix/statement.ts'
import { normaliseDomain } from '../stix/values/domains.ts'
import { recognise } from '../stix/values/recognise.ts'
import { hostOf, newHosts, newRanges, type ValueList } from './value-list.ts'

/**
 * Reads a user's own list of what must never be exported or matched: one value a line, blank lines and what follows a `#`
 * at the begin or after a blank are skipped.
 *
 * A domain stands for itself and for URLs and e-mail addresses at it, with a dot or `*.` before it also for all below it;
 * an address or network for everything that has an address in common with it, URLs there included; anything else for the
 * very value, in any spelling that `lookup` understands.
 *
 * @throws INDICATORS_ALLOW_LIST (config) with the line that is nothing of this, or when the file cannot be read.
 */
export async function loadAllowList(file: string): Promise<ValueList> {
  try {
    return parseAllowList(file, await readFile(file, 'utf8'))
  } catch (cause) {
    if (cause instanceof StixTaxiiError) throw cause
    throw new StixTaxiiError(
      'INDICATORS_ALLOW_LIST',
      `The allow list ${file} cannot be read: ${(cause as Error).message}`,
      {
        kind: 'config',
        hint: 'Check the path and that this user may read it.',
        context: { file },
        cause,
      },
    )
  }
}

/** `loadAllowList` without the file. */
export function parseAllowList(file: string, text: string): ValueList {
  const hosts = newHosts()
  const ranges = newRanges()
  const values = new Map<string, string>()
  for (const [number, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const entry = line.replace(/(^|\s)#.*$/, '').trim()
    if (entry !== '' && !add(entry)) throw unreadable(file, number + 1, entry)
  }

  function add(entry: string): boolean {
    const below = /^\*?\.(?=[^.])/.exec(entry)?.[0]
    const domain = normaliseDomain(entry.slice(below?.length ?? 0))
    if (below !== undefined || domain?.includes('.')) {
      if (domain !== undefined) hosts.add(domain, entry, below !== undefined)
      // A dotted name may be that of a file too; both are meant.
      if (below !== undefined) return domain !== undefined
    }
    const recognised = recognise(entry)
    for (const value of recognised) {
      ranges.add(value, entry)
      values.set(nameOf(value), entry)
    }
    return recognised.length > 0
  }

  return {
    name: file,
    find(value) {
      const exact = values.get(nameOf(value))
      if (exact !== undefined) return exact
      const host = hostOf(value)
      if (!host) return undefined
      return host.kind === 'domain' ? hosts.find(host.value) : ranges.find(host)
    },
  }
}

function nameOf({ kind, value }: Value): string {
  return `${kind} ${value}`
}

function unreadable(file: string, line: number, entry: string): StixTaxiiError {
  return new StixTaxiiError(
    'INDICATORS_ALLOW_LIST',
    `${file}, line ${line}: "${printable(entry, { maxLength: 100 })}" is no value`,
    {
      kind: 'config',
      hint: 'Write one value a line: an address, a network, a domain (.example.com with all below it), a URL, a hash.',
      context: { file, line },
    },
  )
}
