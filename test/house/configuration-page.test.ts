import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { configurationPage } from '../../tools/docs/configuration-page.ts'

const page = path.resolve(import.meta.dirname, '../../docs/serve-configuration.md')

it('docs/serve-configuration.md has every key there is: npm run docs', () => {
  expect(readFileSync(page, 'utf8')).toBe(configurationPage())
})

it('tells OpenTAXII’s keys and ours, of both files', () => {
  const keys = [
    'domain',
    'auth_api.class',
    'taxii1.save_raw_inbox_messages',
    'taxii2.public_discovery',
    'limits.max_connections',
  ]
  for (const key of [...keys, 'collections[].alias', 'accounts[].tlp']) {
    expect(configurationPage()).toContain(`| \`${key}\` |`)
  }
})
