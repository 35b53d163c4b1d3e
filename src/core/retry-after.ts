import type { HttpHeaders } from './ports.ts'

/**
 * An HTTP date in milliseconds since 1970; undefined for anything else. Only texts that name a day and a time of it: `Date.parse`
 * takes "-5" and "2" for years. All are GMT, also the one form that does not say so, which `Date.parse` takes for the time of
 * this machine; none is later than the year 9999.
 * @see RFC 9110, 5.6.7
 */
export function httpDateMs(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? ''
  if (!/^[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(trimmed)) return undefined
  const ms = Date.parse(namesZone.test(trimmed) ? trimmed : `${trimmed} GMT`)
  return ms <= lastMs ? ms : undefined
}

const namesZone = /[A-Za-z]$|[+-]\d{4}$/
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * What a Retry-After header asks for, in milliseconds from `now`: seconds or an HTTP date, never negative; undefined when
 * there is none or it is neither.
 * @see RFC 9110, 10.2.3
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1000)
  const at = httpDateMs(text)
  return at === undefined ? undefined : Math.max(0, at - now.getTime())
}

/** The time by which a date in `Retry-After` is meant: the server's own where it tells it. */
export function serverNow(headers: HttpHeaders, here: Date): Date {
  const stated = httpDateMs(headers.get('date'))
  return stated === undefined ? here : new Date(stated)
}
