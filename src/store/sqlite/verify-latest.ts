import { latestOf } from '../superseded.ts'
import type { Connection } from './binding.ts'
import { idsWithSeveral, isLaterKey, standingOfAll } from './latest.ts'

const noted = 'SELECT latest FROM sibling WHERE collection = ? AND added = ?'

const different = `SELECT count(*) AS segments FROM (
  SELECT * FROM (${standingOfAll} EXCEPT SELECT collection, first, items FROM standing)
  UNION ALL SELECT * FROM (SELECT collection, first, items FROM standing EXCEPT ${standingOfAll}))`

/**
 * Whether what is noted of superseded versions is what the versions say, and what is counted of the segments is what is noted.
 * Of a version of which nothing is noted nothing is said.
 */
export function latestProblems(reader: Connection): readonly string[] {
  let wrong = 0
  for (const { collection, versions } of idsWithSeveral(reader)) {
    for (const [place, latest] of latestOf(versions, isLaterKey).entries()) {
      const found = reader.get(noted, [collection, versions[place]?.added ?? null])?.['latest'] ?? null
      if (found !== null && found !== latest) wrong++
    }
  }
  const segments = reader.get(different)?.['segments'] as number
  return [
    ...(wrong > 0 ? [`of ${wrong} versions it is noted wrongly whether a later one is here`] : []),
    ...(segments > 0 ? [`${segments} counts of versions in a segment that are not superseded are wrong`] : []),
  ]
}
