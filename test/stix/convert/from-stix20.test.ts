import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { convertPattern } from '../../../src/stix/convert/pattern-20.ts'
import { convertStix20 } from '../../../src/stix/convert/from-stix20.ts'
import { countLosses } from '../../../src/stix/convert/losses.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'
import { problemsOf, readBack } from './a-conversion.ts'

const dates = { created: '2018-01-01T00:00:00.000Z', modified: '2018-01-02T00:00:00.000Z' }

function converted(object: Record<string, unknown>) {
  const losses = countLosses()
  return { objects: convertStix20(object, losses), losses: losses.list() }
}

describe('STIX 2.0 as 2.1', () => {
  it('STX-3: an indicator gets its types from its labels, and says what its pattern is', () => {
    const indicator = {
      type: 'indicator',
      id: 'indicator--00000000-0000-4000-8000-000000000001',
      ...dates,
      labels: ['malicious-activity'],
      pattern: "[url:value = 'http://bad.example/START ''']",
      valid_from: dates.created,
      x_custom: { kept: 9007199254740991 },
    }
    const { objects } = converted({ ...indicator, pattern: "[url:value = 'http://bad.example/']" })
    expect(objects).toEqual([
      {
        type: 'indicator',
        spec_version: '2.1',
        id: indicator.id,
        ...dates,
        indicator_types: ['malicious-activity'],
        pattern: "[url:value = 'http://bad.example/']",
        pattern_type: 'stix',
        pattern_version: '2.1',
        valid_from: dates.created,
        x_custom: { kept: 9007199254740991 },
      },
    ])
  })

  it('PAT-9: times of START and STOP become times; texts stay as they are', () => {
    expect(convertPattern("[a:b = 'START '] START '2018-01-01T00:00:00Z' STOP '2018-02-01T00:00:00Z'")).toBe(
      "[a:b = 'START '] START t'2018-01-01T00:00:00Z' STOP t'2018-02-01T00:00:00Z'",
    )
    expect(convertPattern("[a:b = 'it\\'s STOP ' AND a:c = 'x']")).toBe("[a:b = 'it\\'s STOP ' AND a:c = 'x']")
    expect(convertPattern("[a:b = 1] START t'2018-01-01T00:00:00Z' STOP t'2018-02-01T00:00:00Z'")).toBe(
      "[a:b = 1] START t'2018-01-01T00:00:00Z' STOP t'2018-02-01T00:00:00Z'",
    )
  })

  it('STX-7: embedded objects of observed data become objects of their own, referred to by id', () => {
    const { objects, losses } = converted({
      type: 'observed-data',
      id: 'observed-data--00000000-0000-4000-8000-000000000001',
      ...dates,
      first_observed: dates.created,
      last_observed: dates.created,
      number_observed: 1,
      objects: {
        '0': { type: 'ipv4-addr', value: '198.51.100.3' },
        '1': { type: 'file', name: 'a.exe', created: dates.created, is_encrypted: false },
        '2': { type: 'network-traffic', dst_ref: '0', protocols: ['tcp'] },
        '3': { type: 'process', pid: 7, name: 'x', binary_ref: '1', created: dates.created },
        '4': {
          type: 'email-message',
          is_multipart: true,
          body_multipart: [{ body_raw_ref: '1', content_type: 'a/b' }],
        },
      },
    })
    expect(problemsOf(objects)).toEqual([])
    const traffic = objects.find(({ type }) => type === 'network-traffic')
    expect(traffic?.['dst_ref']).toBe('ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4')
    expect(objects.find(({ type }) => type === 'file')).toMatchObject({ name: 'a.exe', ctime: dates.created })
    expect(objects.find(({ type }) => type === 'process')).toMatchObject({ pid: 7, created_time: dates.created })
    expect(JSON.stringify(objects.find(({ type }) => type === 'email-message'))).toContain('"body_raw_ref":"file--')
    expect(objects.at(-1)?.['object_refs']).toHaveLength(5)
    expect(objects.at(-1)).not.toHaveProperty('objects')
    expect(losses.map(({ loss }) => loss)).toEqual([
      'file: is_encrypted, which 2.1 does not have',
      'process: name, which 2.1 does not have',
    ])
  })

  it('references in a circle, to nothing and of strange names end', () => {
    const { objects, losses } = converted({
      type: 'observed-data',
      id: 'observed-data--00000000-0000-4000-8000-000000000001',
      ...dates,
      objects: {
        '0': { type: 'directory', path: '/a', contains_refs: ['1', '7', '__proto__'] },
        '1': { type: 'file', name: 'a', parent_directory_ref: '0' },
      },
    })
    expect(objects.map(({ type }) => type).sort()).toEqual(['directory', 'file', 'observed-data'])
    expect(losses[0]).toMatchObject({
      loss: 'A reference inside observed data that leads nowhere, or in a circle',
      count: 3,
    })
  })

  it('labels of malware, tools and the like become their types; markings stay', () => {
    const { objects } = converted({
      type: 'malware',
      id: 'malware--00000000-0000-4000-8000-000000000001',
      ...dates,
      name: 'Bad',
      labels: ['trojan'],
      object_marking_refs: ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'],
    })
    expect(objects).toMatchObject([
      { malware_types: ['trojan'], is_family: true, object_marking_refs: [expect.stringContaining('34098fce')] },
    ])
    expect(objects[0]).not.toHaveProperty('labels')
  })

  it.skipIf(!hasSharedData)('talos-darkgate: all 737 indicators are found by the same value, sound', () => {
    const bundle = JSON.parse(readFileSync(sharedData('stix2/talos-darkgate-stix20.json'), 'utf8')) as {
      objects: Record<string, unknown>[]
    }
    const objects = bundle.objects.flatMap((object) => converted(object).objects)
    const indicators = objects.filter(({ type }) => type === 'indicator')
    expect(indicators).toHaveLength(737)
    expect(indicators.filter((indicator) => !readBack(indicator).values.some(({ sound }) => sound))).toEqual([])
  })
})
