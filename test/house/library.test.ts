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

  it('offers what a server is made of: itself, its built-in parts, and what reads a configuration', () => {
    expect(Object.keys(library)).toEqual(
      expect.arrayContaining([
        'startServer',
        'defaultServeSettings',
        'openStorePersistence',
        'openStoreAuthentication',
        'readServeConfiguration',
        'openServeModules',
        'signalNames',
        'tlpLevels',
      ]),
    )
  })

  it('names every type of the persistences, the authentication and the signals, each once', () => {
    const index = readFileSync(path.join(root, 'src/index.ts'), 'utf8')
    for (const name of ['taxii1-persistence', 'taxii2-persistence', 'authentication', 'signals']) {
      const text = readFileSync(path.join(root, `src/serve/${name}.ts`), 'utf8')
      const declared = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, type]) => type)
      const exported = new RegExp(`export type \\{([^}]*)\\} from './serve/${name}.ts'`).exec(index)?.[1] ?? ''
      const named = exported.split(',').flatMap((part) => /\w+/.exec(part)?.[0] ?? [])
      // Who asks is found out above all parts.
      expect(declared.filter((type) => type !== 'Principal').toSorted()).toEqual(named.toSorted())
    }
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
    expect(about.exports['./contracts']).toEqual({
      types: `./${build.compilerOptions.outDir}/contracts.d.ts`,
      default: `./${build.compilerOptions.outDir}/contracts.js`,
    })
  })

  it('exports by name', () => {
    expect(readFileSync(path.join(root, 'src/index.ts'), 'utf8')).not.toMatch(/export \*/)
  })
})
