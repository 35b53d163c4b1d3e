import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import * as library from '../../src/index.ts'

const root = path.resolve(import.meta.dirname, '../..')

describe('the library', () => {
  it('offers what opens the rooms, and the error they throw', () => {
    expect(Object.keys(library)).toEqual(
      expect.arrayContaining(['StixTaxiiError', 'Secret', 'openHttp', 'connectTaxii', 'openStore', 'fetchSource']),
    )
  })

  it('is where package.json says', () => {
    const about = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, Record<string, string>>
    }
    const build = JSON.parse(readFileSync(path.join(root, 'tsconfig.build.json'), 'utf8')) as {
      compilerOptions: { outDir: string }
    }
    expect(about.exports['.']?.default).toBe(`./${build.compilerOptions.outDir}/index.js`)
    expect(about.exports['.']?.types).toBe(`./${build.compilerOptions.outDir}/index.d.ts`)
  })

  it('exports by name', () => {
    expect(readFileSync(path.join(root, 'src/index.ts'), 'utf8')).not.toMatch(/export \*/)
  })
})
