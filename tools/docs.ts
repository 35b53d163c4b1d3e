// Writes the pages that are made from the source; with --check only compares, and fails when one is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readCatalogue } from './docs/error-catalogue.ts'
import { errorPage } from './docs/error-page.ts'

const root = process.cwd()
const page = path.join(root, 'docs', 'errors.md')
const text = errorPage(readCatalogue(root))

if (!process.argv.includes('--check')) {
  writeFileSync(page, text)
} else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/errors.md is not what the source says: run npm run docs')
  process.exitCode = 1
}
