import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createServerLog, type LogLevel } from '../../src/serve/server-log.ts'
import { fakeClock } from '../support/fake-clock.ts'

function aLog(level?: LogLevel) {
  const lines: string[] = []
  const audit: string[] = []
  const log = createServerLog({
    clock: fakeClock({ start: '2026-01-02T03:04:05Z' }),
    level,
    write: (line) => lines.push(line),
    writeAudit: (line) => audit.push(line),
  })
  return { log, lines, audit }
}

describe('the log of the server', () => {
  it('is one JSON object a line, with time, level and event first', () => {
    const { log, lines } = aLog()
    log.info('request', { status: 200, path: '/taxii2/', left: undefined })
    expect(lines).toEqual([
      '{"time":"2026-01-02T03:04:05.000Z","level":"info","event":"request","status":200,"path":"/taxii2/"}\n',
    ])
  })

  it('leaves out what is below its level, never an audit', () => {
    const { log, lines, audit } = aLog('error')
    log.info('a')
    log.warn('b')
    log.error('c')
    log.audit('d', { account: 'alice' })
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['c', 'd'])
    expect(audit).toEqual([lines[1]])
  })

  it('keeps the audit where it tells nothing else', () => {
    const { log, lines, audit } = aLog('none')
    log.error('c')
    log.audit('d', {})
    expect(lines).toEqual([])
    expect(audit).toHaveLength(1)
  })

  it('lets no field take the place of time, level or event (S21)', () => {
    const { log, lines } = aLog()
    log.warn('login', { level: 'info', event: 'other', time: 'never' })
    expect(JSON.parse(lines[0] ?? '')).toEqual({ time: '2026-01-02T03:04:05.000Z', level: 'warn', event: 'login' })
  })

  it('is one printable line whatever is in the fields (S21)', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\n{"level":"audit"}',
        '\r\n',
        '\u2028\u2029',
        '\u001b[2J',
        '\u009b31m',
        '\u202eabc',
        '\0',
        '\ud800',
      ),
    )
    fc.assert(
      fc.property(hostile, fc.dictionary(hostile, hostile, { maxKeys: 3 }), (event, fields) => {
        const { log, lines } = aLog()
        log.info(event, fields)
        expect(lines).toHaveLength(1)
        expect(lines[0]).toMatch(/^\{[^\u0000-\u001f\u007f-\u009f\u2028-\u202e]*\}\n$/)
        expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info' })
      }),
      { numRuns: 2000 },
    )
  })

  it('cuts what is endless', () => {
    const { log, lines } = aLog()
    log.info('request', { path: 'x'.repeat(1_000_000) })
    expect(lines[0]?.length).toBeLessThan(2_200)
  })
})
