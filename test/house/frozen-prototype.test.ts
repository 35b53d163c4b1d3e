import { expect, it } from 'vitest'

it('S11 the whole test run has a frozen Object.prototype: pollution would fail, not pass unseen', () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>
  expect(Object.isFrozen(Object.prototype)).toBe(true)
  expect(() => (prototype['polluted'] = 1)).toThrow(TypeError)
  expect(() => (prototype['toString'] = 1)).toThrow(TypeError)
  const naive = (into: Record<string, unknown>, from: Readonly<Record<string, unknown>>): void => {
    for (const [key, value] of Object.entries(from)) {
      if (typeof value === 'object' && value !== null)
        naive((into[key] ??= {}) as Record<string, unknown>, value as never)
      else into[key] = value
    }
  }
  expect(() => naive({}, JSON.parse('{"__proto__":{"polluted":1}}') as Record<string, unknown>)).toThrow(TypeError)
  const own: Record<string, unknown> = { toString: 1 }
  own['valueOf'] = 2
  expect(Object.keys(own)).toEqual(['toString', 'valueOf'])
})
