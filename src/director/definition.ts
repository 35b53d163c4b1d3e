import { parseDuration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { fillers } from './assumptions.ts'
import type { EnrichmentSource, IntervalUnit } from './enrichment-source.ts'

/**
 * The words of a definition as Director takes them (API guide, create; unit and version words are inferred, see the
 * reference's section 12). What Director cannot be told is refused here, before anything is sent.
 */

/**
 * What stands in the fields of a feature that is off and was never given: every field is mandatory, and the address is
 * that of the guide's sample.
 */
export const neutralProxy: EnrichmentSource['proxy'] = fillers.proxy

/**
 * How far back the first fetch goes: `20d` is 20 Days, `6h` 6 Hours, `2mo` 2 Months, `3w` 21 Days.
 * @throws DIRECTOR_DURATION_UNFIT (usage), also for minutes
 */
export function beginOf(text: string, flag = '--begin'): EnrichmentSource['begin'] {
  const duration = readDuration(text, flag, 'hours, days, weeks or months: 6h, 20d, 3w, 2mo')
  if (duration.unit === 'mo') return { count: duration.count, unit: 'Months' }
  return inHoursOrDays(duration)
}

/**
 * The pause between fetches, in hours or days: Director knows no other unit for it.
 * @throws DIRECTOR_DURATION_UNFIT (usage)
 */
export function fetchIntervalOf(text: string, flag = '--fetch-interval'): EnrichmentSource['fetchInterval'] {
  const duration = readDuration(text, flag, 'hours, days or weeks: 2h, 1d, 1w')
  if (duration.unit !== 'mo') return inHoursOrDays(duration)
  throw unfit(flag, text, 'Director takes hours, days or weeks: 2h, 30d, 4w')
}

/** What the plugin is told of the version, of the words that users have for it; undefined for none of them. */
export function stixVersionOf(word: string): '1' | '2' | undefined {
  if (['1', '1.0', '1.1', '1.2'].includes(word)) return '1'
  return ['2', '2.0', '2.1'].includes(word) ? '2' : undefined
}

/**
 * The version word of a definition: what was said for Director, else by the TAXII version.
 * @throws DIRECTOR_VERSION_UNKNOWN (usage) while neither is known.
 */
export function stixVersionWord(said: {
  readonly stixVersion?: string | undefined
  /** `auto` is not known. */
  readonly taxiiVersion?: string | undefined
}): '1' | '2' {
  const word = stixVersionOf(said.stixVersion ?? said.taxiiVersion ?? 'auto')
  if (word !== undefined) return word
  throw new StixTaxiiError(
    'DIRECTOR_VERSION_UNKNOWN',
    'It is not known which version of STIX the plugin is to expect',
    {
      kind: 'usage',
      hint: 'Say it: --stix-version 1 or 2, or --taxii-version 1.1 or 2.1. `configure taxii` finds it out by connecting.',
    },
  )
}

/**
 * The proxy that the plugin is to use, from its URL: http or https, host and port, no user.
 * @throws DIRECTOR_PROXY_UNFIT (usage)
 */
export function proxyAddressOf(url: URL): Omit<EnrichmentSource['proxy'], 'use'> {
  const protocol = url.protocol === 'https:' ? 'https' : 'http'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new StixTaxiiError('DIRECTOR_PROXY_UNFIT', `The plugin knows no ${url.protocol.slice(0, -1)} proxies`, {
      kind: 'usage',
      hint: 'Give it an http proxy: --proxy http://HOST:PORT',
      context: { proxy: url.href },
    })
  }
  const port = url.port === '' ? { http: 80, https: 443 }[protocol] : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, protocol }
}

interface Length {
  readonly count: number
  readonly unit: 'h' | 'd' | 'w' | 'mo'
}

function inHoursOrDays({ count, unit }: Length): { count: number; unit: IntervalUnit } {
  if (unit === 'h') return { count, unit: 'Hours' }
  return { count: unit === 'w' ? count * 7 : count, unit: 'Days' }
}

function readDuration(text: string, flag: string, takes: string): Length {
  const duration = parseDuration(text)
  if (duration && duration.count > 0) return duration
  throw unfit(flag, text, `Director takes ${takes}`)
}

function unfit(flag: string, text: string, takes: string): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_DURATION_UNFIT', `${flag} "${text}" cannot be told to Director`, {
    kind: 'usage',
    hint: `${takes}.`,
    context: { flag, value: text },
  })
}
