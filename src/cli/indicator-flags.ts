import path from 'node:path'
import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import { confidenceWords, type Rules } from '../indicators/judge.ts'
import { tlpLevels, valueKinds, type Tlp, type ValueKind } from '../stix/statement.ts'
import type { Runtime } from './runtime.ts'

/** Parts of the runtime that `indicatorRules` works with; name them all in `needs`. */
export const indicatorNeeds = ['clock', 'notices', 'workingDirectory'] as const
export type IndicatorParts = Pick<Runtime, (typeof indicatorNeeds)[number]>

/** Words for several kinds at once, besides the kinds themselves. */
export const kindGroups: Readonly<Record<string, readonly ValueKind[]>> = {
  ip: ['ipv4', 'ipv6'],
  hash: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-512', 'ssdeep', 'tlsh'],
  file: ['file-name', 'file-path'],
}

const confidence = z.string().superRefine((text, context) => {
  if (readConfidence(text) === undefined) {
    context.addIssue({ code: 'custom', message: 'It is none, low, medium, high, or a number from 0 to 100' })
  }
})

const age = z.string().superRefine((text, context) => {
  if (!parseDuration(text))
    context.addIssue({ code: 'custom', message: 'Write a number of hours, days, weeks or months: 12h, 90d, 2w, 60mo' })
})

/** The flags that say which indicators count, alike in every command that has them. */
export const indicatorFields = {
  kind: z
    .array(z.string())
    .default([])
    .describe('only these kinds: ip, domain, url, hash, sha256, ... (names of kinds, or groups of them)')
    .meta({ value: 'KIND', environment: false }),
  source: z
    .array(z.string())
    .default([])
    .transform((names) => names.flatMap((typed) => typed.split(',')).map((name) => name.trim()))
    .describe('only what these sources say: one, or several between commas')
    .meta({ value: 'NAME', environment: false }),
  collection: z
    .array(z.string())
    .default([])
    .describe('only what is in these collections')
    .meta({ value: 'C', environment: false }),
  minConfidence: confidence
    .optional()
    .describe('none, low, medium, high, or 0 to 100; above none, what states no confidence does not count')
    .meta({ value: 'WORD|N' }),
  tlp: z
    // As TLP 1 called it.
    .preprocess((word) => (word === 'white' ? 'clear' : word), z.enum(tlpLevels).optional())
    .describe('the strictest TLP that may go out (white is clear); what is not marked always may')
    .meta({ value: 'LEVEL' }),
  maxAge: age.optional().describe('only what was said or seen within this time: 90d, 6mo').meta({ value: 'D' }),
  allowList: z
    .string()
    .optional()
    .describe('file of values that never count, one a line; .example.com with all below it')
    .meta({ value: 'FILE' }),
  warningLists: z
    .union([z.string(), z.literal(false)])
    .optional()
    .describe(
      'folder of MISP warning lists (or their repository), besides the built-in ones; --no-warning-lists uses none at all',
    )
    .meta({ value: 'DIR', off: true }),
  observables: z.boolean().default(false).describe('bare observables too, which nobody calls indicators'),
  hints: z.boolean().default(false).describe('values too that are a match only together with more'),
  includeExpired: z.boolean().default(false).describe('also what is no longer valid'),
  includeRevoked: z.boolean().default(false).describe('also what its source has revoked'),
  includeVanished: z.boolean().default(false).describe('also what the last --full read of its collection missed'),
} as const

export type IndicatorFlags = z.infer<z.ZodObject<typeof indicatorFields>>

/**
 * The rules that the flags ask for, their lists read. Without `--tlp`, `tlp` is the ceiling (default: none).
 *
 * @throws CLI_KIND_UNKNOWN (usage) with the nearest kind; INDICATORS_ALLOW_LIST, INDICATORS_WARNING_LIST (config)
 */
export async function indicatorRules(
  flags: IndicatorFlags,
  { clock, notices, workingDirectory }: IndicatorParts,
  defaults: { readonly tlp?: Tlp | undefined } = {},
): Promise<Rules> {
  const { allowList, warningLists } = flags
  const kinds = flags.kind.length === 0 ? undefined : kindsOf(flags.kind)
  const loaded = await Promise.all([
    allowList === undefined ? undefined : loadAllowed(path.resolve(workingDirectory, allowList)),
    warningLists === false ? [] : loadWarnings(warningLists && path.resolve(workingDirectory, warningLists), notices),
  ])
  return {
    now: timestampOfDate(clock.now()),
    kinds,
    sources: flags.source.length === 0 ? undefined : flags.source,
    tlpCeiling: flags.tlp ?? defaults.tlp,
    minConfidence: flags.minConfidence === undefined ? undefined : readConfidence(flags.minConfidence),
    maxAge: flags.maxAge === undefined ? undefined : parseDuration(flags.maxAge),
    observables: flags.observables,
    hints: flags.hints,
    includeExpired: flags.includeExpired,
    includeRevoked: flags.includeRevoked,
    includeVanished: flags.includeVanished,
    allowList: loaded[0],
    warningLists: loaded[1],
  }
}

async function loadAllowed(file: string): Promise<Rules['allowList']> {
  const { loadAllowList } = await import('../indicators/allow-list.ts')
  return loadAllowList(file)
}

async function loadWarnings(folder: string | undefined, notices: Runtime['notices']): Promise<Rules['warningLists']> {
  const { builtInLists } = await import('../indicators/built-in-lists.ts')
  if (folder === undefined) return builtInLists
  const { loadWarningLists } = await import('../indicators/misp-warning-lists.ts')
  return [...builtInLists, ...(await loadWarningLists(folder, notices))]
}

/** 0 to 100 of a word or a number; undefined when it is neither. */
export function readConfidence(text: string): number | undefined {
  const word = text.trim().toLowerCase()
  if (Object.hasOwn(confidenceWords, word)) return confidenceWords[word as keyof typeof confidenceWords]
  return /^\d{1,3}$/.test(word) && Number(word) <= 100 ? Number(word) : undefined
}

/** @throws CLI_KIND_UNKNOWN (usage) */
export function kindsOf(words: readonly string[]): readonly ValueKind[] {
  const wanted = words.flatMap((typed) => typed.split(',')).map((word) => word.trim().toLowerCase())
  const kinds = wanted.flatMap((word) => {
    const group = Object.hasOwn(kindGroups, word) ? kindGroups[word] : valueKinds.filter((kind) => kind === word)
    if (group && group.length > 0) return group
    const known = [...Object.keys(kindGroups), ...valueKinds]
    const nearest = nearestName(word, known)
    throw new StixTaxiiError('CLI_KIND_UNKNOWN', `--kind "${word}" is no kind of value`, {
      kind: 'usage',
      hint:
        nearest === undefined
          ? `Use one of: ${known.join(', ')}`
          : `Did you mean ${nearest}? There are: ${known.join(', ')}`,
      context: { kind: word },
    })
  })
  return valueKinds.filter((kind) => kinds.includes(kind))
}
