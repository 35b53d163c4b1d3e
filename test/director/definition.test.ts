import { describe, expect, it } from 'vitest'
import { beginOf, fetchIntervalOf, proxyAddressOf, stixVersionWord } from '../../src/director/definition.ts'

describe('a definition in the words of Director', () => {
  it.each([
    ['20d', 20, 'Days'],
    ['6h', 6, 'Hours'],
    ['2mo', 2, 'Months'],
    ['3w', 21, 'Days'],
  ])('begin %s is %i %s', (text, count, unit) => {
    expect(beginOf(text)).toEqual({ count, unit })
  })

  it.each([
    ['2d', 2, 'Days'],
    ['2h', 2, 'Hours'],
    ['1w', 7, 'Days'],
  ])('fetch interval %s is %i %s', (text, count, unit) => {
    expect(fetchIntervalOf(text)).toEqual({ count, unit })
  })

  it.each(['30m', '90s', '0d', '2 fortnights', ''])('refuses "%s", and says what Director takes', (text) => {
    for (const read of [beginOf, fetchIntervalOf]) {
      expect(() => read(text)).toThrow(
        expect.objectContaining({
          code: 'DIRECTOR_DURATION_UNFIT',
          kind: 'usage',
          hint: expect.stringContaining('hours'),
        }),
      )
    }
  })

  it('knows no months between fetches', () => {
    expect(() => fetchIntervalOf('1mo')).toThrow('--fetch-interval "1mo" cannot be told to Director')
  })

  it.each([
    [{ stixVersion: '2', taxiiVersion: '1.1' }, '2'],
    [{ taxiiVersion: '1.0' }, '1'],
    [{ taxiiVersion: '1.1' }, '1'],
    [{ taxiiVersion: '2.0' }, '2'],
    [{ taxiiVersion: '2.1' }, '2'],
    [{ stixVersion: '1.2' }, '1'],
  ])('section 9 row 18: the version word of %o is "%s"', (said, word) => {
    expect(stixVersionWord(said)).toBe(word)
  })

  it('does not guess the version', () => {
    expect(() => stixVersionWord({ taxiiVersion: 'auto' })).toThrow(
      expect.objectContaining({ code: 'DIRECTOR_VERSION_UNKNOWN', kind: 'usage' }),
    )
  })

  it('takes http and https proxies apart, and no others', () => {
    expect(proxyAddressOf(new URL('http://127.0.0.1:22'))).toEqual({ host: '127.0.0.1', port: 22, protocol: 'http' })
    expect(proxyAddressOf(new URL('http://proxy.example'))).toMatchObject({ port: 80 })
    expect(proxyAddressOf(new URL('https://[2001:db8::1]'))).toEqual({
      host: '2001:db8::1',
      port: 443,
      protocol: 'https',
    })
    expect(() => proxyAddressOf(new URL('socks5://127.0.0.1:1080'))).toThrow('no socks5 proxies')
  })
})
