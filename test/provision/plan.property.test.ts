import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aFleet, aWorld, sourcesOn, type FleetText } from './a-fleet.ts'

const duration = (units: readonly string[]) =>
  fc.tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom(...units)).map(([count, unit]) => `${count}${unit}`)

/** Any source; its URL is made different from others' by its key. */
const source = fc.record(
  {
    enabled: fc.boolean(),
    begin: duration(['h', 'd', 'w', 'mo']),
    fetchInterval: duration(['h', 'd', 'w']),
    taxiiVersion: fc.constantFrom('1.0', '1.1', '2.0', '2.1'),
    username: fc.constantFrom('ann', 'bob', 'ü "quoted"'),
    password: fc.constantFrom({ file: 'pw.txt' }, { file: 'passphrase.txt' }, 'none'),
    useBasic: fc.boolean(),
    pair: fc.boolean(),
    useCertificate: fc.boolean(),
    keyPassphrase: fc.constantFrom({ file: 'passphrase.txt' }, 'none'),
    proxy: fc.constantFrom('http://proxy.example:3128', 'https://192.0.2.7:8443'),
    ensure: fc.constantFrom('present', 'present', 'absent'),
  },
  { requiredKeys: ['begin', 'fetchInterval', 'taxiiVersion', 'ensure', 'pair', 'enabled'] },
)

const sources = fc.array(source, { maxLength: 4 }).map((all) =>
  Object.fromEntries(
    all.map(({ pair, useBasic, useCertificate, keyPassphrase, ...rest }, index) => {
      // One user's password is never another's: who names a user says where its password is, or that there is none.
      const named = rest.username === undefined ? {} : { useBasic: useBasic ?? true, password: rest.password ?? 'none' }
      const files = pair ? { certificate: 'client.crt', key: 'client.key', keyPassphrase: keyPassphrase ?? 'none' } : {}
      const text = { url: `https://feed${index}.example/taxii2/`, ...rest, ...named, ...files }
      return [`s${index}`, defined({ ...text, ...(pair ? { useCertificate } : {}) })]
    }),
  ),
)

function defined(text: FleetText): FleetText {
  return Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined))
}

describe('a plan', () => {
  it.each(['clear', 'masked', 'empty'] as const)(
    'is empty once it has been applied, whatever was wanted before (lists with %s secrets)',
    async (shown) => {
      await fc.assert(
        fc.asyncProperty(fc.array(sources, { minLength: 1, maxLength: 3 }), async (wanted) => {
          await using world = await aWorld({ faults: { lists: { secrets: shown }, staleLists: true } })
          for (const each of wanted) {
            world.write(aFleet(world.director, 1, { sources: each }))
            const applied = await world.run('apply -f fleet.yaml --yes -o json')
            expect(applied.exitCode, applied.stderr).toBe(0)
            const again = await world.run('plan -f fleet.yaml --exit-code -o json')
            expect(again.exitCode, again.stdout).toBe(0)
            const present = Object.values(each).filter(({ ensure }) => ensure === 'present')
            expect(sourcesOn(world.director)).toHaveLength(present.length)
          }
        }),
        { numRuns: 8 },
      )
    },
  )
})
