import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endpointNames, endpoints, type EndpointName } from '../../src/director/endpoints.ts'
import { callOf, checkFileName, checkPrefix, pathOf } from '../../src/director/paths.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'

const good = {
  pool: '0123456789abcdef0123456789abcdef',
  logpoint: 'fedcba9876543210fedcba9876543210',
  file: 'client.crt',
  id: '5d8b2a522be2374b84949c82',
}

/** Any call with any segments: the types of `pathOf` forbid most of what is tried here. */
const build = pathOf as (name: EndpointName, segments: Readonly<Record<string, unknown>>, apiPrefix?: string) => string

function faultOf(act: () => unknown): string {
  try {
    return `none, but ${String(act())}`
  } catch (error) {
    return error instanceof StixTaxiiError ? `${error.code} ${error.kind}` : String(error)
  }
}

const segmentsOf = (name: EndpointName): string[] =>
  [...endpoints[name].path.matchAll(/\{(\w+)\}/g)].map(([, segment = '']) => segment)

describe('section 10: dangerous neighbours', () => {
  const pairs = [
    ['sourceDelete', 'certificateTrash', 'logpoint'],
    ['certificateTrash', 'certificateTrashPublic', 'pool'],
    ['packageTrash', 'packageTrashPublic', 'pool'],
    ['packageList', 'packageListPublic', 'pool'],
    ['certificateList', 'certificateListPublic', 'pool'],
    ['packageUpload', 'packageUploadPublic', 'pool'],
    ['certificateUpload', 'certificateUploadPublic', 'pool'],
  ] as const

  test.each(pairs)('section 10 rows 1 to 4: %s never becomes %s by an empty %s', (intended, _neighbour, segment) => {
    for (const empty of ['', ' ', '.', '..', undefined]) {
      expect(faultOf(() => build(intended, { ...good, [segment]: empty }))).toMatch(/^DIRECTOR_IDENTIFIER usage$/)
    }
  })

  const odd = [
    ...['', '.', '..', 'a/b', '/', 'a\\b', 'a?b', 'a#b', 'a%2fb', '%2e%2e', ' a', 'a ', '\ta', 'a\n', 'a\rb', 'a\0b'],
    ...['a\u0085b', '\u00a0a', 'a\u2028', '\ud800', 'a\udc00b'],
  ]

  test.each(odd)('a file or an id cannot be %j', (text) => {
    for (const name of ['packageTrash', 'certificateTrashPublic', 'packageTrashPublic', 'certificateTrash'] as const) {
      expect(faultOf(() => build(name, { ...good, file: text }))).toBe('DIRECTOR_PATH_SEGMENT usage')
    }
    expect(faultOf(() => build('sourceDelete', { ...good, id: text }))).toBe('DIRECTOR_PATH_SEGMENT usage')
    expect(faultOf(() => build('sourceEdit', { ...good, pool: text }))).toBe('DIRECTOR_IDENTIFIER usage')
  })

  const words = ['list', 'upload', 'publicupload', 'PublicUpload', 'install', 'refreshlist', 'LIST', 'RefreshList']

  test.each([...words, 'Uploads', 'Plugins', 'Ti_general'])('a file or an id cannot be called %s', (word) => {
    for (const name of ['packageTrash', 'packageTrashPublic', 'certificateTrash', 'certificateTrashPublic'] as const) {
      expect(faultOf(() => build(name, { ...good, file: word }))).toBe('DIRECTOR_PATH_SEGMENT usage')
    }
    expect(faultOf(() => build('sourceDelete', { ...good, id: word }))).toBe('DIRECTOR_PATH_SEGMENT usage')
    expect(faultOf(() => checkFileName(word))).toBe('DIRECTOR_PATH_SEGMENT usage')
  })

  test.each(['short12', 'a'.repeat(65), 'abcdefg!', 'abcd efgh', 'äbcdefgh', 'abc.defgh'])(
    'an identifier is not %j',
    (identifier) => {
      for (const segment of ['pool', 'logpoint']) {
        expect(faultOf(() => build('sourceList', { ...good, [segment]: identifier }))).toBe('DIRECTOR_IDENTIFIER usage')
      }
    },
  )

  test.each(['abcdefgh', 'A_b-1234', 'a'.repeat(64)])('an identifier may be %s', (identifier) => {
    expect(build('sourceList', { pool: identifier, logpoint: identifier })).toBe(
      `/configapi/${identifier}/${identifier}/PluginConfiguration/Ti_stixtaxii`,
    )
  })

  test('what is left of a name is percent-encoded', () => {
    expect(pathOf('packageTrashPublic', { file: 'ä b&c+d.pak' })).toBe('/configapi/Uploads/%C3%A4%20b%26c%2Bd.pak')
  })

  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom(
      ...Object.values(good),
      ...words,
      ...odd,
      'PluginConfiguration',
      'StixTaxiiEnrichmentSource',
      'orders',
    ),
    fc
      .array(fc.constantFrom('..', '.', '/', '%2f', 'list', 'Uploads', 'a'), { maxLength: 5 })
      .map((all) => all.join('')),
  )

  test('no input makes the path of another call, or one that an address would change', () => {
    const segments = fc.record({ pool: anything, logpoint: anything, file: anything, id: anything })
    const likely = fc.record({
      pool: fc.oneof(fc.constant(good.pool), anything),
      logpoint: fc.oneof(fc.constant(good.logpoint), anything),
      file: anything,
      id: anything,
    })
    let built = 0
    fc.assert(
      fc.property(fc.constantFrom(...endpointNames), fc.oneof(segments, likely), (name, given) => {
        let path: string
        try {
          path = build(name, given)
        } catch (error) {
          return error instanceof StixTaxiiError && error.kind === 'usage'
        }
        built += 1
        const wanted = Object.fromEntries(segmentsOf(name).map((segment) => [segment, given[segment as 'pool']]))
        expect(callOf(endpoints[name].method, path)).toEqual({ name, segments: wanted })
        expect(new URL(path, 'https://director.example').href).toBe(`https://director.example${path}`)
        return true
      }),
      { numRuns: 5000 },
    )
    expect(built).toBeGreaterThan(500)
  })
})

describe('the prefix of the API', () => {
  test.each(['configapi', 'configapi/v1', 'api2.0'])('may be %s', (prefix) => {
    expect(pathOf('packageListPublic', {}, prefix)).toBe(`/${prefix}/Uploads/list`)
  })

  test.each(['', '/configapi', 'configapi/', 'a//b', '..', 'a/../b', 'a?b', 'a b', 'a%2fb'])(
    'may not be %j',
    (prefix) => {
      expect(faultOf(() => checkPrefix(prefix))).toBe('DIRECTOR_API_PREFIX config')
    },
  )

  test('does not go before orders', () => {
    const { pool, logpoint, id } = good
    expect(pathOf('orderRead', { pool, logpoint, id }, 'configapi/v1')).toBe(
      `/monitorapi/${pool}/${logpoint}/orders/${id}`,
    )
  })
})

describe('D8: names of files to upload', () => {
  const refused = [
    'a\r\nX-Evil: 1.pak',
    '../a.pak',
    'a"b.pak',
    'ä.pak',
    'a/b',
    'a\\b',
    ' a.pak',
    'a%0d.pak',
    '',
    '\u202ea',
  ]

  test.each(refused)('%j is refused', (name) => {
    expect(faultOf(() => checkFileName(name))).toMatch(/^DIRECTOR_(PATH_SEGMENT|FILE_NAME) usage$/)
  })

  test.each(['StixTaxii_6.1.0.pak', 'my cert (1).crt', "o'neil.key", 'a'])('%s is taken', (name) => {
    expect(() => checkFileName(name)).not.toThrow()
  })
})

describe('the call that a path stands for', () => {
  const { pool, logpoint } = good

  test.each([
    ['GET', `/configapi/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii`, 'sourceList', { pool, logpoint }],
    ['GET', `/v1/x/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii`, undefined, {}],
    ['DELETE', `/configapi/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii`, undefined, {}],
    ['GET', `/configapi//${logpoint}/PluginConfiguration/Ti_stixtaxii`, undefined, {}],
    ['GET', `/configapi/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii/more`, undefined, {}],
    ['GET', `/configapi/${pool}/${logpoint}/PluginConfiguration`, undefined, {}],
    ['GET', `configapi/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii`, undefined, {}],
    ['GET', `/monitorapi/${pool}/${logpoint}/PluginConfiguration/Ti_stixtaxii`, undefined, {}],
    ['GET', '/', undefined, {}],
    ['GET', '', undefined, {}],
  ])('%s %s is %s', (method, path, name, segments) => {
    expect(callOf(method, path)).toEqual(name === undefined ? undefined : { name, segments })
  })

  test('is found again from the path of each, under another prefix too, names decoded', () => {
    for (const name of endpointNames) {
      const wanted = Object.fromEntries(segmentsOf(name).map((segment) => [segment, good[segment as 'pool'] ?? 'a b']))
      const path = build(name, wanted, 'configapi/v1')
      expect(callOf(endpoints[name].method, path, 'configapi/v1')).toEqual({ name, segments: wanted })
    }
    const trash = build('packageTrashPublic', { file: 'ä b.pak' })
    expect(callOf(endpoints.packageTrashPublic.method, trash)?.segments).toEqual({ file: 'ä b.pak' })
  })

  test('is the one with more words of its own where two fit', () => {
    for (const name of endpointNames) {
      const path = build(name, good)
      const found = callOf(endpoints[name].method, path)
      expect(Object.keys(found?.segments ?? {}).length).toBeLessThanOrEqual(segmentsOf(name).length)
      expect(found?.name).toBe(name)
    }
  })
})

describe('what is refused of a path', () => {
  test.each(['v1', 'configapi/v1.2', 'a-b_c/d.e.f', 'A'])('a prefix may be %s', (prefix) => {
    expect(checkPrefix(prefix)).toBe(prefix)
  })

  test.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/..',
    'a..b',
    'a.',
    '.a',
    'a/.b',
    'a b',
    'a?b',
    'a%2fb',
    'a\nb',
    'ä',
  ])('a prefix may not be %j', (prefix) => {
    expect(() => checkPrefix(prefix)).toThrow(
      expect.objectContaining({ code: 'DIRECTOR_API_PREFIX', kind: 'config', context: expect.any(Object) }),
    )
  })

  test.each([['...', 'a..b', '.a', 'a.', 'a b', 'ä', 'list2', 'my.list', '😀']])(
    'a name may be like these',
    (...names) => {
      for (const file of names)
        expect(build('packageTrashPublic', { file })).toBe(`/configapi/Uploads/${encodeURIComponent(file)}`)
    },
  )

  test('is said by its name and value', () => {
    const refused = (act: () => unknown): unknown => {
      try {
        return act()
      } catch (error) {
        return error
      }
    }
    expect(refused(() => build('packageTrashPublic', { file: 'a/b' }))).toMatchObject({
      message: 'The file name "a/b" cannot stand in the address of a call',
      context: { file: 'a/b' },
    })
    expect(refused(() => build('packageTrashPublic', { file: 'LIST' }))).toMatchObject({
      message: 'The file name "LIST" is itself a word of the API',
    })
    expect(refused(() => build('packageTrashPublic', {}))).toMatchObject({ context: { file: '' } })
    expect(refused(() => build('sourceDelete', { ...good, id: ' ' }))).toMatchObject({
      message: 'The id " " cannot stand in the address of a call',
      context: { id: ' ' },
    })
    expect(refused(() => build('sourceList', { ...good, pool: 'x' }))).toMatchObject({
      message: 'The pool UUID "x" is no identifier',
      context: { pool: 'x' },
    })
    expect(refused(() => build('sourceList', { ...good, logpoint: 'x' }))).toMatchObject({
      message: 'The Logpoint identifier "x" is no identifier',
    })
    expect(refused(() => checkFileName('a"b'))).toMatchObject({ code: 'DIRECTOR_FILE_NAME', context: { file: 'a"b' } })
    expect(refused(() => checkFileName('..'))).toMatchObject({ code: 'DIRECTOR_PATH_SEGMENT', context: { file: '..' } })
    expect(refused(() => checkPrefix('/\u001b'))).toMatchObject({ context: { apiPrefix: '/\\u{1b}' } })
  })
})
