import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { schemaProblems } from '../../support/json-schema.ts'
import { anObject } from '../../support/items.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'

it('lists damaged objects with their reason and conflicts with the content that lost', async () => {
  const folder = temporaryFolder()
  const first = anObject({ name: 'first' })
  const other = anObject({ id: first.id, name: 'other' })
  writeFileSync(path.join(folder, 'a.json'), `[${first.raw.toString()},{"type":"indicator"}]`)
  writeFileSync(path.join(folder, 'b.json'), `[${other.raw.toString()}]`)
  await runCli('import a.json b.json --collection c', { folder })
  const { exitCode, stdout, stderr } = await runCli('store quarantine -o json', { folder })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const records = JSON.parse(stdout) as Record<string, unknown>[]
  expect(schemaProblems('store-quarantine', records)).toEqual([])
  expect(records).toMatchObject([
    { kind: 'damaged', source: 'import', collection: 'c', reason: 'STIX_ID_MISSING', content: '{"type":"indicator"}' },
    { kind: 'conflict', id: first.id, version: first.version, content: other.raw.toString() },
  ])
  const elsewhere = await runCli('store quarantine --source nobody -o json', { folder })
  expect(elsewhere).toMatchObject({ exitCode: 0, stdout: '[]\n' })
})

it('says so when nothing was put aside', async () => {
  const { exitCode, stdout, stderr } = await runCli('store quarantine', { folder: temporaryFolder() })
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
  expect(stderr).toContain('Nothing was received damaged')
})
