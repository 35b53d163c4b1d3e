import { describe, expect, it } from 'vitest'
import { allLogpoints, resolveLogpoints, resolvePool } from '../../src/director/directory.ts'
import type { Directory } from '../../src/director/directory.ts'

const directory: Directory = {
  pools: { acme: 'aaaaaaaa11111111aaaaaaaa11111111', beta: 'bbbbbbbb22222222bbbbbbbb22222222' },
  logpoints: {
    'acme/lp1': '11111111111111111111111111111111',
    'acme/lp2': '22222222222222222222222222222222',
    'beta/lp1': '33333333333333333333333333333333',
    'beta/search': '44444444444444444444444444444444',
  },
  groups: { europe: ['acme/lp2', 'beta/*'], world: ['europe', 'acme/lp1'], circle: ['circle2'], circle2: ['circle'] },
}

const names = (...words: string[]): string[] => resolveLogpoints(directory, words).map(({ name }) => name)

describe('--on', () => {
  it('takes no name that is a group and a Logpoint for one of the two', () => {
    const shadowed: Directory = { ...directory, groups: { search: ['acme/lp1'], all: ['search'] } }
    expect(() => resolveLogpoints(shadowed, ['search'])).toThrow('may be beta/search or the group search')
    expect(resolveLogpoints(shadowed, ['all']).map(({ name }) => name)).toEqual(['acme/lp1'])
    expect(resolveLogpoints(shadowed, ['beta/search']).map(({ name }) => name)).toEqual(['beta/search'])
  })

  it('takes names, comma lists, groups of groups and globs, each Logpoint once', () => {
    expect(names('acme/lp1')).toEqual(['acme/lp1'])
    expect(names('acme/lp2,acme/lp1', 'acme/lp2')).toEqual(['acme/lp2', 'acme/lp1'])
    expect(names('europe')).toEqual(['acme/lp2', 'beta/lp1', 'beta/search'])
    expect(names('world')).toEqual(['acme/lp2', 'beta/lp1', 'beta/search', 'acme/lp1'])
    expect(names('acme/*')).toEqual(['acme/lp1', 'acme/lp2'])
    expect(names('*/lp1')).toEqual(['acme/lp1', 'beta/lp1'])
    expect(names('acme/lp?')).toEqual(['acme/lp1', 'acme/lp2'])
    expect(names('*')).toHaveLength(4)
    expect(allLogpoints(directory)).toEqual(resolveLogpoints(directory, ['*']))
  })

  it('takes a Logpoint without its pool where only one pool has it', () => {
    expect(names('search')).toEqual(['beta/search'])
    expect(() => names('lp1')).toThrow('"lp1" may be acme/lp1 or beta/lp1')
  })

  it('takes identifiers, of what the directory knows and of what it does not', () => {
    const known = `${directory.pools['acme'] ?? ''}/${directory.logpoints['acme/lp2'] ?? ''}`
    expect(names(known)).toEqual(['acme/lp2'])
    const unknown = 'cccccccc33333333cccccccc33333333/dddddddd44444444dddddddd44444444'
    expect(resolveLogpoints(directory, [unknown])).toEqual([
      {
        name: unknown,
        id: 'dddddddd44444444dddddddd44444444',
        pool: { name: 'cccccccc33333333cccccccc33333333', id: 'cccccccc33333333cccccccc33333333' },
      },
    ])
    expect(resolveLogpoints(directory, ['acme/dddddddd44444444dddddddd44444444'])).toMatchObject([
      { name: 'acme/dddddddd44444444dddddddd44444444', pool: { id: directory.pools['acme'] } },
    ])
  })

  it.each([
    ['acme/lp3', 'Did you mean "acme/lp1"?'],
    ['acmee/lp1', 'Did you mean "acme/lp1"?'],
    ['erope', 'Did you mean "europe"?'],
    ['gamma/*', 'Known targets: acme/lp1'],
    ['searchmaster/logpoint', 'Known targets'],
    ['a/b/c/d', 'Known targets'],
    ['__proto__', 'Known targets'],
  ])('says of "%s" that it is unknown, and what is near', (word, hint) => {
    expect(() => names(word)).toThrow(
      expect.objectContaining({
        code: 'DIRECTOR_TARGET_UNKNOWN',
        kind: 'not-found',
        hint: expect.stringContaining(hint),
      }),
    )
  })

  it('says of a group within itself which way it goes', () => {
    expect(() => names('circle')).toThrow('circle > circle2 > circle')
  })
})

describe('--pool', () => {
  it('takes a name or a UUID, and need not be given where there is only one', () => {
    expect(resolvePool(directory, 'beta')).toEqual({ name: 'beta', id: directory.pools['beta'] })
    expect(resolvePool(directory, directory.pools['beta'])).toMatchObject({ name: 'beta' })
    expect(resolvePool(directory, 'cccccccc33333333')).toEqual({ name: 'cccccccc33333333', id: 'cccccccc33333333' })
    expect(resolvePool({ ...directory, pools: { acme: 'aaaaaaaa1' } }, undefined)).toMatchObject({ name: 'acme' })
    expect(() => resolvePool(directory, undefined)).toThrow(
      expect.objectContaining({ code: 'DIRECTOR_POOL_UNNAMED', hint: 'Give one with --pool: acme, beta' }),
    )
    expect(() => resolvePool(directory, 'acne')).toThrow(
      expect.objectContaining({ code: 'DIRECTOR_POOL_UNKNOWN', hint: 'Did you mean "acme"?' }),
    )
  })
})
