import { describe, expect, it } from 'vitest'
import {
  aDomain,
  aFile,
  anAddress,
  anIndicator,
  anObject,
  anObservable,
  aPackage,
  only,
  said,
  saidOf,
  valuesOf,
} from './a-package.ts'

const values = (...observables: readonly string[]) => valuesOf(saidOf(...observables))
const names = (text: string, attributes: string) => aFile(`<file:File_Name ${attributes}>${text}</file:File_Name>`)

describe('conditions and lists', () => {
  it('SX1-12: Equals, and no condition at all inside of an indicator, are equality', () => {
    expect(values(aDomain('bad.example', 'condition="Equals"'))).toEqual(['domain bad.example'])
    expect(values(aDomain('bad.example', 'condition="equals"'))).toEqual(['domain bad.example'])
    expect(values(aDomain('bad.example'))).toEqual(['domain bad.example'])
  })

  it.each(['Contains', 'StartsWith', 'EndsWith'])(
    'SX1-12, PAT-13: %s names no single value, as LIKE in a pattern',
    (condition) => {
      const statement = saidOf(names('bad', `condition="${condition}"`))
      expect(valuesOf(statement)).toEqual([])
      expect(statement.unused).toEqual([`File_Name: ${condition} names no single value`])
    },
  )

  it.each(['DoesNotEqual', 'DoesNotContain'])(
    'SX1-12, PAT-13: %s names no value at all, as != in a pattern',
    (condition) => {
      const statement = saidOf(names('good.exe', `condition="${condition}"`))
      expect(valuesOf(statement)).toEqual([])
      expect(statement.unused).toEqual(['File_Name: a negation names no value'])
    },
  )

  it.each(['FitsPattern', 'GreaterThan', 'BitwiseAnd', 'Nonsense'])(
    'SX1-12: %s gives no value and says so',
    (condition) => {
      const statement = saidOf(aDomain('bad.example', `condition="${condition}"`))
      expect(statement.values.filter(({ sound }) => sound)).toEqual([])
      if (condition !== 'GreaterThan') expect(statement.unused).not.toEqual([])
    },
  )

  it('SX1-12: something else that has to hold makes a value a hint, whatever its condition', () => {
    const sizes = '<file:Size_In_Bytes condition="InclusiveBetween">10##comma##20</file:Size_In_Bytes>'
    expect(values(aFile(`<file:File_Name>a.exe</file:File_Name>${sizes}`))).toEqual(['file-name a.exe ?'])
  })

  it('SX1-13: a list is separated by ##comma##, and blanks around values are none of theirs', () => {
    expect(values(anAddress(' 192.0.2.1 ##comma##\n 192.0.2.2##comma##', 'ipv4-addr', 'condition="Equals"'))).toEqual([
      'ipv4 192.0.2.1',
      'ipv4 192.0.2.2',
    ])
    expect(values(names('a,b.exe', 'condition="Equals"'))).toEqual(['file-name a,b.exe'])
  })

  it('SX1-13: the delimiter may be another one, or none', () => {
    expect(values(names('a;b', 'condition="Equals" delimiter=";"'))).toEqual(['file-name a', 'file-name b'])
    expect(values(names('a##comma##b', 'delimiter=";"'))).toEqual(['file-name a##comma##b'])
    expect(values(names('a##comma##b', 'delimiter=""'))).toEqual(['file-name a##comma##b'])
  })

  it('SX1-13: CybOX 2.0 has plain commas, and &comma; for one that is meant', () => {
    const indicator = `<s:Indicators>${anIndicator(anObservable(names('a&amp;comma;b,c', 'condition="Equals"'), '', 'i'))}</s:Indicators>`
    const read = (version: string) => valuesOf(only(said(aPackage(indicator, { version }))))
    expect(read('1.0')).toEqual(['file-name a,b', 'file-name c'])
    expect(read('1.0.1')).toEqual(['file-name a&comma;b,c'])
    expect(read('1.2')).toEqual(['file-name a&comma;b,c'])
    const observables = (attributes: string) =>
      said(aPackage(`<s:Observables ${attributes}>${anObservable(names('a,b', 'condition="Equals"'))}</s:Observables>`))
    expect(valuesOf(only(observables('cybox_major_version="2" cybox_minor_version="0"')))).toEqual([
      'file-name a',
      'file-name b',
    ])
    expect(
      valuesOf(only(observables('cybox_major_version="2" cybox_minor_version="0" cybox_update_version="1"'))),
    ).toEqual(['file-name a,b'])
  })

  it('SX1-14: ANY is the default; with ALL each is a hint; NONE names no value', () => {
    const read = (apply: string) => values(aDomain('a.example##comma##b.example', `condition="Equals" ${apply}`))
    expect(read('')).toEqual(['domain a.example', 'domain b.example'])
    expect(read('apply_condition="ANY"')).toEqual(['domain a.example', 'domain b.example'])
    expect(read('apply_condition="ALL"')).toEqual(['domain a.example ?', 'domain b.example ?'])
    expect(read('apply_condition="NONE"')).toEqual([])
  })

  it('SX1-15: values that were made harmless are restored', () => {
    const uri = (value: string) =>
      anObject('uri:URI', `<uri:Value is_defanged="true">${value}</uri:Value>`, 'type="URL"')
    expect(values(uri('hxxp://bad[.]example/x'))).toEqual(['url http://bad.example/x'])
    expect(values(aDomain('bad(dot)example'))).toEqual(['domain bad.example'])
    expect(values(anAddress('192.0.2[.]1'))).toEqual(['ipv4 192.0.2.1'])
    expect(saidOf(aDomain('bad[.]example')).values).toMatchObject([{ original: 'bad[.]example' }])
  })

  it('SX1-16: values may be CDATA, escaped text, or both after another', () => {
    expect(values(names('<![CDATA[a&b]]>.exe', ''))).toEqual(['file-name a&b.exe'])
    expect(values(names('a&amp;b&#46;exe', ''))).toEqual(['file-name a&b.exe'])
    expect(values(aDomain('\n\t<![CDATA[ bad.example ]]>\n'))).toEqual(['domain bad.example'])
  })

  it('a text that is no value of its kind is none, and is said', () => {
    const statement = saidOf(anObject('addr:Address', '<addr:Address_Value>nobody knows</addr:Address_Value>'))
    expect(statement.values).toEqual([])
    expect(statement.unused).toEqual(['Address_Value: "nobody knows" is no value that can be looked for'])
  })
})
