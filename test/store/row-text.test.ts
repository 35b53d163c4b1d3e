import { expect, it } from 'vitest'
import { textReaders } from '../../src/store/row-text.ts'

const { textIn, jsonIn } = textReaders((message) => new RangeError(message))

it('reads text as it was written, with whatever stands before it', () => {
  expect(textIn({ name: Buffer.from('\ufeffé') }, 'name')).toBe('\ufeffé')
  expect(jsonIn({ body: Buffer.from('{"a":["é"]}') }, 'body')).toEqual({ a: ['é'] })
})

it('takes for damaged what is no UTF-8, no bytes or no JSON', () => {
  expect(() => textIn({ name: Buffer.from([0x61, 0xff]) }, 'name')).toThrow(new RangeError('"name" is not text'))
  expect(() => textIn({ name: null }, 'name')).toThrow(new RangeError('"name" is not text'))
  expect(() => jsonIn({ body: Buffer.from([0xff]) }, 'body')).toThrow(new RangeError('"body" is not text'))
  expect(() => jsonIn({ body: Buffer.from('{') }, 'body')).toThrow(new RangeError('"body" is not JSON'))
})
