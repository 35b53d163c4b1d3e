import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anIndicatorSaying, loadSaid } from '../../support/said.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let files = 0

describe.each(bindings.map((binding) => [binding.name, binding] as const))('the index over %s', (name, binding) => {
  it('keeps once what many statements of a page say alike, and by itself what one of them says alone', async () => {
    const file = path.join(folder, `${name.replace(':', '-')}-${++files}.db`)
    const labelled = (label: string, count: number) =>
      Array.from({ length: count }, (_, n) =>
        anIndicatorSaying({ about: [{ kind: 'domain', value: `${label}${n}.example` }], labels: [label] }),
      )
    {
      await using store = await openSqliteStore(file, {
        clock: fakeClock(),
        identity: { pid: 1, host: 'host.example' },
        binding,
        loadReader: loadSaid,
      })
      await keep(store, [...labelled('malware', 4), ...labelled('rare', 1), ...labelled('phishing', 2)])
    }
    const connection = connect(binding, file)
    const traits = connection.all('SELECT body FROM trait ORDER BY number').map(({ body }) => String(body))
    expect(traits.map((body) => /malware|rare|phishing/.exec(body)?.[0])).toEqual(['malware', 'phishing'])
    const saying = (label: string) =>
      connection.get('SELECT count(*) AS n FROM statement WHERE instr(body, CAST(? AS BLOB)) > 0', [label])?.['n']
    // The first of each came when nobody knew that others would say the same.
    expect(['malware', 'rare', 'phishing'].map(saying)).toEqual([1, 1, 1])
    connection.close()
  })
})
