/** A STIX 2.1 object that is being written. Members that are undefined are left out. */
export interface StixRecord {
  readonly type: string
  readonly spec_version: '2.1'
  readonly id: string
  readonly [name: string]: unknown
}

/** Time of what has none of its own: always the same, so that the same input gives the same object. */
export const unknownTime = '1970-01-01T00:00:00.000Z'

/** A time with the milliseconds that STIX 2 wants at least. */
export function stixTime(time: string | undefined): string {
  if (time === undefined) return unknownTime
  const [whole = time, fraction = ''] = time.replace(/Z$/, '').split('.')
  return `${whole}.${fraction.padEnd(3, '0')}Z`
}

/** An object as its line of JSON. */
export function recordText(record: StixRecord): string {
  return JSON.stringify(record)
}
