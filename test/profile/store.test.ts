import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ProfileStore } from '../../src/profile/profile.ts'
import { openProfileStore } from '../../src/profile/store.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { aDirectorProfile, aTaxiiProfile } from './a-profile.ts'
import { bundleChild, startChild } from './child-program.ts'
import { realClock, realProcesses } from './processes.ts'

async function aStore(): Promise<{ directory: string; store: ProfileStore }> {
  const directory = join(await temporaryFolder(), 'config', 'stixtaxii')
  const store = await openProfileStore({ directory, clock: realClock, processes: realProcesses })
  return { directory, store }
}

describe('profile store', () => {
  it('gives back every profile as it was saved, in order of name', async () => {
    const { store } = await aStore()
    const acme = aTaxiiProfile({
      version: '2.1',
      stixVersion: '2',
      preset: 'limo',
      apiRoot: '/api1/',
      collections: ['c1', 'Ünï code'],
      authentication: { scheme: 'basic', username: '', password: null },
      headers: [{ name: 'X-Key', value: { from: 'env', name: 'KEY' } }],
      discoveryAuthentication: { scheme: 'bearer', token: { from: 'command', command: ['pass', 'show', 'x y'] } },
      certificate: { certificate: '/c.pem', key: '/k.pem', use: false, location: 'public' },
      tls: { ca: ['/ca.pem'], pin: 'ab'.repeat(32), insecure: true },
      proxy: { url: 'socks5://proxy.example:1080', username: 'u', use: true },
      pageSize: 500,
      maxWindow: '24h',
      allowOrigins: ['https://other.example'],
      allowHttp: true,
      enabled: false,
    })
    await store.save(aDirectorProfile())
    await store.save(acme)
    expect(await store.list()).toEqual([acme, aDirectorProfile()])
    expect(await store.get('acme')).toEqual(acme)
  })

  it('keeps names with dots and names that are also names of methods apart from its own structure', async () => {
    const { store } = await aStore()
    for (const name of ['acme.eu', 'acme', 'constructor', 'toString', 'hasOwnProperty']) {
      await store.save(aTaxiiProfile({ name }))
    }
    const names = (await store.list()).map((profile) => profile.name)
    expect(names).toEqual(['acme', 'acme.eu', 'constructor', 'hasOwnProperty', 'toString'])
  })

  it('makes its file 0600 in a 0700 folder, and its backup too', async () => {
    const { directory, store } = await aStore()
    await store.save(aTaxiiProfile())
    await store.save(aTaxiiProfile({ name: 'second' }))
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, 'profiles.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'profiles.json.bak'))).mode & 0o777).toBe(0o600)
    expect((await readdir(directory)).sort()).toEqual(['profiles.json', 'profiles.json.bak'])
  })

  it('keeps the version before in the backup', async () => {
    const { directory, store } = await aStore()
    await store.save(aTaxiiProfile())
    const before = await readFile(join(directory, 'profiles.json'), 'utf8')
    await store.save(aTaxiiProfile({ name: 'second' }))
    expect(await readFile(join(directory, 'profiles.json.bak'), 'utf8')).toBe(before)
  })

  it('touches nothing when it only reads', async () => {
    const { directory, store } = await aStore()
    expect(await store.list()).toEqual([])
    expect(await store.find('acme')).toBeUndefined()
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('refuses a name that another profile of either kind has, whatever its case', async () => {
    const { store } = await aStore()
    await store.save(aTaxiiProfile({ name: 'acme' }))
    const other = aDirectorProfile({ name: 'ACME', id: '11111111-1111-4111-8111-111111111111' })
    await expect(store.save(other)).rejects.toMatchObject({ code: 'PROFILE_NAME_TAKEN', kind: 'conflict' })
  })

  it.each([
    '',
    '-o',
    '.hidden',
    'a/b',
    'a b',
    'https:',
    'CON',
    'nul.txt',
    'taxii',
    'environment',
    'dot.',
    'a'.repeat(65),
    'ä',
  ])('refuses "%s" as a name', async (name) => {
    const { store } = await aStore()
    await expect(store.save(aTaxiiProfile({ name }))).rejects.toMatchObject({
      code: 'PROFILE_NAME_INVALID',
      kind: 'usage',
    })
  })

  it('names the nearest profile when one is unknown', async () => {
    const { store } = await aStore()
    await store.save(aTaxiiProfile({ name: 'recorded-future' }))
    await expect(store.get('recordedfuture')).rejects.toMatchObject({
      code: 'PROFILE_UNKNOWN',
      kind: 'not-found',
      hint: expect.stringContaining('recorded-future') as string,
    })
    await expect(store.get('taxii.example/api')).rejects.toMatchObject({
      hint: expect.stringContaining('https://taxii.example/api') as string,
    })
  })

  it('keeps the id and the default through a renaming', async () => {
    const { store } = await aStore()
    await store.save(aTaxiiProfile({ name: 'acme' }))
    await store.setDefault('taxii', 'acme')
    await store.rename('acme', 'apex')
    expect(await store.get('apex')).toEqual(aTaxiiProfile({ name: 'apex', id: aTaxiiProfile().id }))
    expect(await store.defaultName('taxii')).toBe('apex')
    expect(await store.find('acme')).toBeUndefined()
  })

  it('has one default for each kind and forgets it with its profile', async () => {
    const { store } = await aStore()
    await store.save(aTaxiiProfile())
    await store.save(aDirectorProfile())
    await store.setDefault('taxii', 'acme')
    await store.setDefault('director', 'hq')
    await expect(store.setDefault('taxii', 'hq')).rejects.toMatchObject({ code: 'PROFILE_KIND_WRONG' })
    await store.remove('acme')
    expect([await store.defaultName('taxii'), await store.defaultName('director')]).toEqual([undefined, 'hq'])
  })
})

describe('several processes', () => {
  let program: string
  beforeAll(async () => {
    program = await bundleChild('test/profile/writer.child.ts')
  })

  it('lose no write: four of them with a hundred each leave four hundred profiles', { timeout: 60_000 }, async () => {
    const { directory, store } = await aStore()
    const runs = ['a', 'b', 'c', 'd'].map((label) => startChild(program, ['profiles', directory, label, '100']).ended)
    expect(await Promise.all(runs)).toEqual(['0', '0', '0', '0'])
    expect(await store.list()).toHaveLength(400)
    expect((await readdir(directory)).sort()).toEqual(['profiles.json', 'profiles.json.bak'])
  })

  it('L7 do not wait for one that was killed while it wrote', { timeout: 60_000 }, async () => {
    const { directory, store } = await aStore()
    for (let round = 0; round < 8; round++) {
      const { child, ended } = startChild(program, ['profiles', directory, `r${round}-`, '1000'])
      await new Promise((resolve) => setTimeout(resolve, 300 + round * 37))
      child.kill('SIGKILL')
      expect(await ended).toBe('SIGKILL')
      const start = performance.now()
      await store.save(aTaxiiProfile({ name: `after-${round}` }))
      expect(performance.now() - start).toBeLessThan(2000)
    }
    const kept = (await store.list()).filter((profile) => profile.name.startsWith('after-'))
    expect(kept).toHaveLength(8)
    const left = (await readdir(directory)).filter((file) => file.startsWith('profiles.'))
    expect(left.sort()).toEqual(['profiles.json', 'profiles.json.bak'])
  })

  it('lose no secret in the plain file either', { timeout: 60_000 }, async () => {
    const { directory } = await aStore()
    const runs = ['a', 'b', 'c', 'd'].map((label) => startChild(program, ['secrets', directory, label, '25']).ended)
    expect(await Promise.all(runs)).toEqual(['0', '0', '0', '0'])
    const kept = JSON.parse(await readFile(join(directory, 'credentials.json'), 'utf8')) as { secrets: object }
    expect(Object.keys(kept.secrets)).toHaveLength(100)
  })
})
