import { describe, expect, it } from 'vitest'
import { schemaProblems } from '../support/json-schema.ts'
import { anObject } from '../support/items.ts'
import { runCli, temporaryFolder, type CliResult } from '../support/run-cli.ts'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

interface Row {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly alias: string | null
  readonly apiRoot: string
  readonly title: string
  readonly writable: boolean
  readonly public: boolean
  readonly from: string | null
}

async function aStore() {
  const folder = temporaryFolder()
  const run = (line: string | readonly string[]): Promise<CliResult> => runCli(line, { folder })
  const bundle = path.join(folder, 'feed.json')
  await writeFile(bundle, JSON.stringify({ type: 'bundle', objects: [JSON.parse(anObject().raw.toString())] }))
  await run(['import', bundle, '--source', 'acme', '--collection', 'indicators'])
  const json = async <T>(line: string | readonly string[]): Promise<T> => {
    const result = await run([...(typeof line === 'string' ? line.split(' ') : line), '-o', 'json'])
    expect(result, result.stderr).toMatchObject({ exitCode: 0 })
    return JSON.parse(result.stdout) as T
  }
  return { run, json }
}

describe('server collection', () => {
  it('lists what was fetched, without anything having been made', async () => {
    const { json } = await aStore()
    const rows = await json<Row[]>('server collection list')
    expect(schemaProblems('server-collection-list', rows)).toEqual([])
    expect(rows).toMatchObject([{ name: 'acme.indicators', kind: 'fetched', writable: false, apiRoot: 'default' }])
  })

  it('makes storage of its own, changes it by any of its names, and deletes it when its name is confirmed', async () => {
    const { run, json } = await aStore()
    const made = await json<Row>(['server', 'collection', 'create', 'Drops of partners', '--alias', 'drops'])
    expect(schemaProblems('server-collection', made)).toEqual([])
    expect(made).toMatchObject({ kind: 'own', writable: true, public: false, name: 'drops' })
    for (const word of [made.id, 'drops']) {
      const changed = await json<Row>(['server', 'collection', 'edit', word, '--public', '--title', `By ${word}`])
      expect(changed).toMatchObject({ id: made.id, public: true, title: `By ${word}` })
    }
    expect(await run('server collection delete drops')).toMatchObject({ exitCode: 2 })
    expect(await json<Row[]>('server collection list')).toHaveLength(2)
    await json('server collection delete drops --yes')
    expect(await json<Row[]>('server collection list')).toHaveLength(1)
  })

  it('takes a title that can stand in a URL as the alias, once', async () => {
    const { json } = await aStore()
    expect(await json<Row>('server collection create reports')).toMatchObject({ alias: 'reports', name: 'reports' })
    expect(await json<Row>('server collection create reports')).toMatchObject({ alias: null, title: 'reports' })
  })

  it('shows something fetched as a view, which goes without what it shows', async () => {
    const { run, json } = await aStore()
    const view = await json<Row>('server collection create Shown --from acme --alias shown --public')
    expect(view).toMatchObject({ kind: 'view', writable: false, public: true })
    expect(await run('server collection create X --from acme --public-write')).toMatchObject({ exitCode: 2 })
    await json('server collection delete shown --yes')
    expect(await json('store info')).toMatchObject({ results: [{ versions: 1 }] })
  })

  it('gives what was fetched another name and alias; it cannot be deleted', async () => {
    const { run, json } = await aStore()
    const [before] = await json<Row[]>('server collection list')
    const after = await json<Row>('server collection edit acme.indicators --alias acme --name other')
    expect(after).toMatchObject({ id: before?.id, alias: 'acme', name: 'other' })
    expect(await run('server collection delete acme --yes')).toMatchObject({ exitCode: 13 })
  })

  it.each([
    ['server collection create X --alias drops', 6],
    ['server collection create X --api-root nowhere', 5],
    ['server collection create X --from nobody', 5],
    ['server collection create X --from acme --from-collection nothing', 5],
    ['server collection create X --from-collection c', 2],
    ['server collection create X --id no-uuid', 2],
    ['server collection edit nothing --public', 5],
  ])('%s ends with %i and leaves everything as it was', async (line, exitCode) => {
    const { run, json } = await aStore()
    await json('server collection create Drops --alias drops')
    const before = await json<Row[]>('server collection list')
    const result = await run(line)
    expect(result, result.stderr).toMatchObject({ exitCode, stdout: '' })
    expect(await json<Row[]>('server collection list')).toEqual(before)
  })
})

describe('server api-root', () => {
  it('has one that is there without being made, until another is the default', async () => {
    const { run, json } = await aStore()
    const roots = await json('server api-root list')
    expect(schemaProblems('server-api-root-list', roots)).toEqual([])
    expect(roots).toMatchObject([{ id: 'default', default: true }])
    const made = await json('server api-root create partners --title Partners --default')
    expect(schemaProblems('server-api-root', made)).toEqual([])
    expect(await json('server api-root list')).toMatchObject([
      { id: 'default', default: false },
      { id: 'partners', default: true },
    ])
    expect(await json('server api-root edit partners --public')).toMatchObject({ title: 'Partners', public: true })
    expect(await run('server api-root delete default --yes')).toMatchObject({ exitCode: 13 })
  })

  it('goes with its collections', async () => {
    const { json } = await aStore()
    await json('server api-root create partners')
    await json('server collection create Drops --api-root partners')
    expect(await json('server collection list --api-root partners')).toHaveLength(1)
    await json('server api-root delete partners --yes')
    expect(await json('server collection list')).toHaveLength(1)
  })

  it.each([
    ['server api-root create services', 2],
    ['server api-root create a/b', 2],
    ['server api-root create default', 6],
    ['server api-root edit nowhere --public', 5],
    ['server api-root delete nowhere --yes', 5],
  ])('%s ends with %i', async (line, exitCode) => {
    const { run } = await aStore()
    const result = await run(line)
    expect(result, result.stderr).toMatchObject({ exitCode, stdout: '' })
    expect(result.stderr).toContain('hint:')
  })
})
