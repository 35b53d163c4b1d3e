import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli } from '../../support/run-cli.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const folder = await temporaryFolder()
let made = 0

const data = `api_roots:
  - { id: soc, title: SOC, default: true }
collections:
  - { name: shared, api_root: soc, alias: shared, title: Shared, services: [poll, inbox] }
  - { name: drops, type: set, supported_content: ['urn:stix.mitre.org:xml:1.1.1'] }
services:
  - { id: poll, type: poll, max_result_size: 50 }
  - { id: inbox-2, type: inbox, destination_collection_required: true }
accounts:
  - { username: alice, password_file: alice.txt, read: [all], write: [shared], tlp: amber, details: { team: blue } }
  - { username: root, password_file: root.txt, admin: true }
`

async function aPlace(text = data) {
  const at = `${++made}`
  const [store, file] = [join(folder, `${at}.db`), join(folder, `${at}.yaml`)]
  await writeFile(file, text)
  for (const name of ['alice', 'root'])
    await writeFile(join(folder, `${name}.txt`), `${name}'s long password\n`, { mode: 0o600 })
  const run = (line: string) => runCli(`${line} --store ${store}`)
  const sync = async (more = '') => {
    const { exitCode, stdout, stderr } = await run(`server sync -f ${file} -o json ${more}`)
    const told =
      stdout === '' ? undefined : (JSON.parse(stdout) as { results: Result[]; totals: Record<string, number> })
    if (told) expect(schemaProblems('server-sync', told)).toEqual([])
    return { exitCode, stderr, results: told?.results ?? [], totals: told?.totals }
  }
  const list = async (what: string) =>
    JSON.parse((await run(`server ${what} list -o json`)).stdout) as Record<string, unknown>[]
  return { run, sync, list, rewrite: (changed: string) => writeFile(file, changed) }
}

interface Result {
  readonly kind: string
  readonly name: string
  readonly action: string
  readonly fields: readonly string[]
  readonly outcome: string
}

const said = (results: readonly Result[]) =>
  results.map(({ kind, name, action, outcome }) => `${kind} ${name} ${action} ${outcome}`)

describe('server sync', () => {
  it('makes what the file says, for both families, and a second run changes nothing', async () => {
    const { sync, list } = await aPlace()
    const first = await sync()
    expect([first.exitCode, first.stderr]).toEqual([0, ''])
    expect(said(first.results)).toEqual([
      'api-root soc create done',
      'collection shared create done',
      'collection drops create done',
      'service poll change done',
      'service inbox-2 create done',
      'account alice create done',
      'account root create done',
    ])
    const second = await sync()
    expect(second.totals).toEqual({ things: 7, done: 0, planned: 0, unchanged: 7, failed: 0 })
    expect((await list('collection')).map(({ name }) => name)).toEqual(['shared', 'drops'])
    const [alice] = await list('account')
    expect(alice).toMatchObject({ account: 'alice', read: ['all'], write: ['shared'], tlp: 'amber' })
    expect((await list('api-root')).map(({ id }) => id)).toEqual(expect.arrayContaining(['soc', 'default']))
  })

  it('shows what would be done, and does nothing, with --dry-run', async () => {
    const { sync, list } = await aPlace()
    const { results, totals } = await sync('--dry-run')
    expect(totals).toMatchObject({ planned: 7, done: 0 })
    expect(results).toHaveLength(7)
    expect(await list('collection')).toEqual([])
    expect(await list('account')).toEqual([])
  })

  it('changes what differs, names it, and leaves alone what the file does not say', async () => {
    const { run, sync, list, rewrite } = await aPlace()
    await sync()
    await run('server collection create Other')
    await rewrite(
      data
        .replace('title: Shared', 'title: Renamed')
        .replace('max_result_size: 50', 'max_result_size: 60')
        .replace('write: [shared], tlp: amber', 'tlp: none'),
    )
    await writeFile(join(folder, 'root.txt'), 'another long password\n', { mode: 0o600 })
    const { results } = await sync()
    expect(results.filter(({ action }) => action !== 'keep').map(({ name, fields }) => [name, fields])).toEqual([
      ['shared', ['title']],
      ['poll', ['max_result_size']],
      ['alice', ['tlp', 'rights']],
      ['root', ['password']],
    ])
    expect((await list('collection')).map(({ title }) => title).sort()).toEqual(['Other', 'Renamed', 'drops'])
    expect((await list('account'))[0]).toMatchObject({ write: [], tlp: null })
    expect((await sync()).totals).toMatchObject({ unchanged: 7 })
  })

  it('deletes what the file does not name only with --prune, and only when that is confirmed', async () => {
    const { run, sync, list, rewrite } = await aPlace()
    await sync()
    await run('server collection create Other')
    await rewrite(data.replace(/ {2}- \{ username: root.*\n/, ''))
    expect((await sync('--prune')).exitCode).toBe(2)
    expect(await list('collection')).toHaveLength(3)
    const { results } = await sync('--prune --yes')
    expect(said(results).filter((line) => !line.includes('keep'))).toEqual([
      'account root delete done',
      'collection Other delete done',
    ])
    expect(await list('account')).toHaveLength(1)
    expect((await list('api-root')).map(({ id }) => id)).toContain('default')
  })

  it('leaves sections alone that the file does not have, also with --prune', async () => {
    const { sync, list, rewrite } = await aPlace()
    await sync()
    await rewrite('accounts: []\n')
    expect(said((await sync('--prune --yes')).results)).toEqual([
      'account root delete done',
      'account alice delete done',
    ])
    expect(await list('collection')).toHaveLength(2)
  })

  it.each([
    ['collections:\n  - { name: a, colour: red }\n', ':2:', 'there is no "colour"'],
    ['collections:\n  - { name: a }\n  - { name: a }\n', ':3:', 'stands twice'],
    ['accounts:\n  - { username: a, password: clear }\n', ':2:', 'Did you mean "password_file"?'],
    ['accounts:\n  - { username: a }\n', ':2:', 'needs a password_file'],
    ['accounts:\n  - { username: a, password_file: alice.txt, read: [nowhere] }\n', ':2:', 'no collection "nowhere"'],
    ['collections:\n  - { name: a, api_root: nowhere }\n', ':2:', 'there is no API root "nowhere"'],
    ['collections:\n  - { name: a, from: { source: nowhere } }\n', ':2:', 'nothing is stored of that'],
  ])('names the line of what is wrong, and changes nothing: %j', async (text, line, what) => {
    const { run, sync, list } = await aPlace(`api_roots:\n  - { id: before, title: Before }\n${text}`)
    expect((await run('server collection create kept')).exitCode).toBe(0)
    const { exitCode, stderr } = await sync()
    expect(exitCode).toBe(3)
    expect(stderr).toContain(`.yaml${line.replace(/\d/, (digit) => String(Number(digit) + 2))}`)
    expect(stderr).toContain(JSON.stringify(what).slice(1, -1))
    expect(stderr).not.toContain('clear }')
    expect((await list('api-root')).map(({ id }) => id)).toEqual(['default'])
  })
})
