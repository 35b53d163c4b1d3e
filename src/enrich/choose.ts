import type { IndexRecord } from './record.ts'

/** Which of two indicators a line is enriched with, as Logpoint decides: the highest severity, the newest, the first category. */
export function compareRecords(a: IndexRecord, b: IndexRecord): number {
  return (
    (b.severity ?? -1) - (a.severity ?? -1) ||
    compareText(b.lastSeen, a.lastSeen) ||
    compareText(a.category ?? '\uffff', b.category ?? '\uffff') ||
    compareText(a.kind, b.kind) ||
    compareText(a.value, b.value)
  )
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Whether an indicator counts at a moment. */
export function isValidAt({ validFrom, validUntil }: IndexRecord, nowMs: number): boolean {
  if (validFrom !== undefined && validFrom > nowMs) return false
  return validUntil === undefined || validUntil > nowMs
}
