// Writes the pages and modules that are made from the source and the tests; with --check only compares, and fails when one
// is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { configurationPage } from './docs/configuration-page.ts'
import { conformancePage, readNumberedTests } from './docs/conformance-page.ts'
import { readCatalogue } from './docs/error-catalogue.ts'
import { errorPage } from './docs/error-page.ts'
import { faultPage, readTestFiles } from './docs/fault-page.ts'
import { growthPage, growthSvg, readGrowth } from './docs/growth-page.ts'
import { securityPage } from './docs/security-table.ts'
import { patternParser } from './patterns/parser.ts'

const root = process.cwd()
const tests = readNumberedTests(root)
const growth = readGrowth(root)
const pages = {
  'docs/errors.md': errorPage(readCatalogue(root)),
  'docs/conformance.md': conformancePage(tests),
  'docs/faults.md': faultPage(readTestFiles(root)),
  'SECURITY.md': securityPage(readFileSync(path.join(root, 'SECURITY.md'), 'utf8'), tests),
  'docs/growth.md': growthPage(growth),
  'docs/growth.svg': growthSvg(growth),
  'docs/serve-configuration.md': configurationPage(),
  'src/stix/patterns/parser.generated.ts': patternParser(root),
}

for (const [name, text] of Object.entries(pages)) {
  const page = path.join(root, name)
  if (!process.argv.includes('--check')) {
    writeFileSync(page, text)
  } else if (readFileSync(page, 'utf8') !== text) {
    console.error(`${name} is not what the source says: run npm run docs`)
    process.exitCode = 1
  }
}
