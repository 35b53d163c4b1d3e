import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createSlicer } from '../../../src/scan/slicer.ts'
import { describeObject, isDamaged } from '../../../src/stix/describe.ts'
import { readStatements } from '../../../src/stix/read-statements.ts'
import type { Reading } from '../../../src/stix/statement.ts'
import { recognise } from '../../../src/stix/values/recognise.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'

function readingsOf(feed: string): readonly Reading[] {
  const readings: Reading[] = []
  const slicer = createSlicer({
    onMember(raw) {
      const item = describeObject(raw)
      if (!isDamaged(item)) readings.push(readStatements(item))
    },
    onDamaged: (detail) => {
      throw new Error(detail)
    },
  })
  slicer.push(readFileSync(sharedData(feed)))
  slicer.end()
  return readings
}

/** What stands in quotes in a pattern: found without our parser. */
function quotedIn(feed: string): readonly string[] {
  const { objects } = JSON.parse(readFileSync(sharedData(feed), 'utf8')) as {
    objects: { type: string; pattern: string }[]
  }
  const patterns = objects.filter(({ type }) => type === 'indicator').map(({ pattern }) => pattern)
  return patterns.map((pattern) => /= ?'([^']*)'\s*\]$/.exec(pattern)?.[1] ?? '')
}

describe.skipIf(!hasSharedData)('real feeds', () => {
  it.each([
    ['stix2/talos-darkgate-stix20.json', 737],
    ['stix2/amnesty-pegasus.stix2.json', 1549],
  ])('PAT-13: all indicators of %s are sound: %i', (feed, count) => {
    const indicators = readingsOf(feed).flatMap(({ statements }) =>
      statements.filter(({ role }) => role === 'indicator'),
    )
    expect(indicators).toHaveLength(count)
    expect(indicators.filter(({ values }) => values.length === 1 && values[0]?.sound)).toHaveLength(count)
    expect(indicators.flatMap(({ unused }) => unused)).toEqual([])
  })

  it.each(['stix2/talos-darkgate-stix20.json', 'stix2/amnesty-pegasus.stix2.json'])(
    'every value of %s is found when it is asked for as it is written',
    (feed) => {
      const known = new Set(
        readingsOf(feed).flatMap(({ statements }) =>
          statements.flatMap(({ role, values }) =>
            role === 'indicator' ? values.map(({ kind, value }) => `${kind} ${value}`) : [],
          ),
        ),
      )
      const missed = quotedIn(feed).filter(
        (text) => !recognise(text).some(({ kind, value }) => known.has(`${kind} ${value}`)),
      )
      expect(missed).toEqual([])
    },
  )

  it('relationships of a feed lead from its indicators to its malware', () => {
    const readings = readingsOf('stix2/amnesty-pegasus.stix2.json')
    expect(readings.flatMap(({ relations }) => relations)).toHaveLength(1549)
    expect(readings.flatMap(({ named }) => named)).toMatchObject([{ type: 'malware', name: 'Pegasus' }])
  })

  it('a feed without indicators states nothing', () => {
    expect(readingsOf('stix2/attack-ics.json').flatMap(({ statements }) => statements)).toEqual([])
  })
})
