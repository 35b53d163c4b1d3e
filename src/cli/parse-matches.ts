import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import type { Match } from '../taxii/client.ts'

/**
 * Reads `--match FIELD=VALUE[,VALUE...]`: values of one field, also of several flags, are ORed; fields are ANDed.
 * @throws CLI_MATCH_INVALID (usage)
 */
export function parseMatches(flags: readonly string[]): readonly Match[] {
  const byField = new Map<string, string[]>()
  for (const flag of flags) {
    const [, field, list] = /^([a-z_]+)=(.+)$/.exec(flag) ?? []
    const values = list?.split(',').map((value) => value.trim())
    if (field === undefined || !values || values.includes('')) throw unreadable(flag)
    refuseMistyped(field, flag)
    byField.set(field, [...new Set([...(byField.get(field) ?? []), ...values])])
  }
  return [...byField].map(([field, values]) => ({ field, values }))
}

const standardFields = ['id', 'type', 'version', 'spec_version']

/** Servers may know fields of their own; one that is nearly a standard one is a slip, and would be ignored by most. */
function refuseMistyped(field: string, flag: string): void {
  const near = standardFields.includes(field) ? undefined : nearestName(field, standardFields)
  if (near === undefined) return
  throw new StixTaxiiError('CLI_MATCH_INVALID', `--match "${flag}" names no field of TAXII`, {
    kind: 'usage',
    hint: `Did you mean ${near}?`,
    context: { match: flag },
  })
}

function unreadable(flag: string): StixTaxiiError {
  return new StixTaxiiError('CLI_MATCH_INVALID', `--match "${flag}" is not a field and its values`, {
    kind: 'usage',
    hint: 'Write it as type=indicator, type=indicator,malware, id=..., version=all or spec_version=2.1.',
    context: { match: flag },
  })
}
