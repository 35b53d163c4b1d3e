import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { schemaProblems } from '../support/json-schema.ts'
import { aDirectorWorld, anAcmeProfile, logpointId, poolId } from './a-director-world.ts'
import type { DirectorWorld, Results } from './a-director-world.ts'

interface FileRow {
  readonly name: string
  readonly location: string
  readonly pool: string | null
  readonly status: string
  readonly sha256: string | null
  readonly error: { readonly code: string } | null
}

const privateKey = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const pak = 'StixTaxii_6.1.0.pak'

const writes = (world: DirectorWorld) => world.sent().filter(({ method }) => method !== 'GET')
const publicWrites = (world: DirectorWorld) => writes(world).filter(({ path }) => !path.includes(poolId))

describe('director package', () => {
  it.each(['raw', 'multipart'])('uploads (%s), lists and trashes in the storage of the pool', async (encoding) => {
    await using world = await aDirectorWorld()
    const bytes = Buffer.alloc(300_000, 'package')
    await world.file(pak, bytes)
    await world.run(`configure director hq --package-upload ${encoding} --no-test`)
    const { exitCode, data } = await world.json<Results<FileRow>>(`director package upload ${pak} --pool acme`)
    expect(exitCode).toBe(0)
    expect(schemaProblems('director-file-changes', data)).toEqual([])
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(data.results).toMatchObject([{ name: pak, location: 'private', pool: 'acme', status: 'done', sha256 }])
    const [sent] = writes(world)
    expect(sent).toMatchObject({ path: `/configapi/Uploads/${poolId}/`, upload: { bytes: bytes.length, sha256 } })
    const listed = await world.json<unknown[]>('director package list --pool acme')
    expect(listed.data).toEqual([{ name: pak, location: 'private', pool: 'acme' }])
    expect(schemaProblems('director-files', listed.data)).toEqual([])
    const unsaid = await world.run(`director package trash ${pak} --pool acme`)
    expect([unsaid.exitCode, unsaid.stderr]).toEqual([2, expect.stringContaining('StixTaxii is installed on')])
    expect((await world.run(`director package trash ${pak} --pool acme --yes`)).exitCode).toBe(0)
    expect((await world.json<unknown[]>('director package list --pool acme')).data).toEqual([])
    expect(publicWrites(world)).toEqual([])
  })

  it('touches the public storage only with --public', async () => {
    await using world = await aDirectorWorld()
    await world.file(pak, 'x')
    expect((await world.run(`director package upload ${pak} --public`)).exitCode).toBe(0)
    expect(publicWrites(world).map(({ path }) => path)).toEqual(['/configapi/Uploads/PublicUpload'])
    expect((await world.run(`director package upload ${pak} --public --pool acme`)).exitCode).toBe(2)
    expect((await world.run(`director package upload ${pak}`)).stderr).toContain('Give one with --pool: acme, beta')
    expect((await world.run(`director package trash ${pak} --public --yes`)).exitCode).toBe(0)
  })

  it('does not send a name twice unless told so', async () => {
    await using world = await aDirectorWorld()
    await world.file(pak, 'x')
    await world.file('stixtaxii_6.1.0.pak', 'x')
    await world.run(`director package upload ${pak} --pool acme`)
    writes(world)
    expect((await world.run(`director package upload ${pak} --pool acme`)).exitCode).toBe(6)
    const kept = await world.json<Results<FileRow>>(`director package upload ${pak} --pool acme --if-absent`)
    expect([kept.exitCode, kept.data.totals['unchanged']]).toEqual([0, 1])
    const other = await world.run('director package upload stixtaxii_6.1.0.pak --pool acme --if-absent')
    expect([other.exitCode, other.stderr]).toEqual([6, expect.stringContaining('by case alone')])
    expect(writes(world)).toEqual([])
    expect((await world.run(`director package upload ${pak} --pool acme --replace`)).exitCode).toBe(0)
    expect(writes(world)).toHaveLength(1)
  })

  it.each([
    ['client.crt', 'content', 'does not end in .pak', 2],
    ['empty.pak', '', 'is empty', 2],
    ['missing.pak', undefined, 'cannot be read: no such file or folder (ENOENT)', 5],
  ])('D8 refuses %s before anything is sent', async (name, content, text, status) => {
    await using world = await aDirectorWorld()
    if (content !== undefined) await world.file(name, content)
    const { exitCode, stderr } = await world.run(`director package upload ${name} --pool acme`)
    expect([exitCode, stderr]).toEqual([status, expect.stringContaining(text)])
    expect(world.sent()).toEqual([])
  })
})

describe('director plugin', () => {
  it('installs a package on many, knows it the next time, and uninstalls it', async () => {
    await using world = await aDirectorWorld({ plugin: undefined })
    await world.file(pak, 'x')
    await world.run(`director package upload ${pak} --pool acme`)
    writes(world)
    const { exitCode, data } = await world.json<Results>(`director plugin install ${pak} --on acme/*`)
    expect([exitCode, data.totals['done']]).toEqual([0, 2])
    expect(schemaProblems('director-targets', data)).toEqual([])
    expect(writes(world)[0]?.json).toEqual({
      data: { application_type: 'Application', file_name: pak, file_location: 'private' },
    })
    const again = await world.json<Results>(`director plugin install ${pak} --on acme/*`)
    expect([again.exitCode, again.data.totals['unchanged']]).toEqual([0, 2])
    const listed = await world.json<readonly { id: string }[]>('director plugin list --on acme/*')
    expect(schemaProblems('director-plugin-list', listed.data)).toEqual([])
    expect(listed.data).toMatchObject([{ name: 'StixTaxii', version: '6.1.0' }, { target: 'acme/lp2' }])
    expect((await world.json<unknown[]>('director plugin list --all --on acme/lp1')).data).toHaveLength(2)
    expect((await world.run('director plugin uninstall --on acme/lp1')).exitCode).toBe(2)
    writes(world)
    expect((await world.run('director plugin uninstall --on acme/* --yes')).exitCode).toBe(0)
    expect(writes(world).map(({ path }) => path)).toEqual(
      [1, 2].map((number) => `/configapi/${poolId}/${logpointId(number)}/Plugins/${listed.data[number - 1]?.id ?? ''}`),
    )
    expect((await world.json<unknown[]>('director plugin list --on acme/*')).data).toEqual([])
  })

  it('is not called installed because an older one is there', async () => {
    await using world = await aDirectorWorld({ plugin: 'StixTaxii_6.0.0.pak' })
    await world.file(pak, 'x')
    await world.run(`director package upload ${pak} --pool acme`)
    world.director.setFaults({ orderPath: 'braces', order: { kind: 'never' } })
    const { exitCode, data } = await world.json<Results>(`director plugin install ${pak} --on acme/lp1`)
    expect([exitCode, data.results[0]?.status]).toEqual([8, 'unverified'])
  })

  it('section 9 row 11: a name that differs by case alone is no package', async () => {
    await using world = await aDirectorWorld()
    await world.file(pak, 'x')
    await world.run(`director package upload ${pak} --pool acme`)
    writes(world)
    const { exitCode, stderr } = await world.run('director plugin install stixtaxii_6.1.0.pak --on acme/lp1')
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(`There is "${pak}"`)])
    expect(writes(world)).toEqual([])
    expect((await world.run('director plugin install client.crt --on acme/lp1')).exitCode).toBe(2)
  })

  it('D10 is not uninstalled while it has sources, unless --force', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.run('director source create feed --on acme/lp1')
    writes(world)
    const { exitCode, stderr } = await world.run('director plugin uninstall --on acme/lp1 --yes')
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('director source delete')])
    expect(writes(world)).toEqual([])
    await world.run('director plugin uninstall --on acme/lp1 --yes --force')
    expect(writes(world)).toHaveLength(1)
  })

  it('names its prerequisites in its help', async () => {
    const { stdout } = await (await aDirectorWorld()).run('director plugin install --help')
    expect(stdout.replace(/\s+/g, ' ')).toContain('Director Fabric 1.4.0, Director Console 1.6.0, Logpoint 6.12.2')
  })

  it('shows the candidates when it cannot tell which plugin it is', async () => {
    await using world = await aDirectorWorld({ plugin: undefined })
    const { exitCode, stderr } = await world.run('director plugin uninstall --on acme/lp1 --yes')
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('ThreatIntelligence')])
  })
})

describe('director certificate', () => {
  it('uploads both halves as parts named file_name, lists and trashes them', async () => {
    await using world = await aDirectorWorld()
    await world.file('client.crt', certificate)
    await world.file('client.key', privateKey)
    const { exitCode, data } = await world.json<Results<FileRow>>(
      'director certificate upload client.crt client.key --pool acme',
    )
    expect([exitCode, data.totals['done']]).toEqual([0, 2])
    expect(writes(world).map(({ upload }) => [upload?.partName, upload?.fileName])).toEqual([
      ['file_name', 'client.crt'],
      ['file_name', 'client.key'],
    ])
    const listed = await world.json<readonly { name: string }[]>('director certificate list --pool acme')
    expect(listed.data.map(({ name }) => name)).toEqual(['client.crt', 'client.key'])
    expect((await world.run('director certificate trash client.crt --pool acme --yes')).exitCode).toBe(0)
    expect((await world.run('director certificate trash client.crt --pool acme --yes')).exitCode).toBe(5)
    expect(publicWrites(world)).toEqual([])
  })

  it.each([
    ['client.key', privateKey],
    ['looks-harmless.crt', `${certificate}${privateKey}`],
    ['behind-a-chain.pem', `${certificate.padEnd(20_000, '\n')}${privateKey}`],
  ])('S24 puts no private key (%s) into public storage without a second yes', async (name, content) => {
    await using world = await aDirectorWorld()
    await world.file(name, content)
    const refused = await world.run(`director certificate upload ${name} --public --yes`)
    expect([refused.exitCode, refused.stderr]).toEqual([13, expect.stringContaining('--yes-public-key')])
    expect(world.sent()).toEqual([])
    expect((await world.run(`director certificate upload ${name} --public --yes-public-key`)).exitCode).toBe(0)
    expect(publicWrites(world)).toHaveLength(1)
  })

  it('S24 sends nothing that is neither certificate nor key, as a token by mistake', async () => {
    await using world = await aDirectorWorld()
    await world.file('notes.txt', 'CANARY-a-token-of-somebody\n')
    const { exitCode, stderr } = await world.run('director certificate upload notes.txt --pool acme')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('notes.txt holds neither')])
    expect(stderr).not.toContain('CANARY')
    expect(world.sent()).toEqual([])
  })

  it('says which Logpoints use what is to be trashed', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.file('client.crt', certificate)
    await world.file('client.key', privateKey)
    await world.run('director certificate upload client.crt client.key --pool acme')
    const created = await world.run(
      'director source create feed --certificate client.crt --key client.key --on acme/lp1',
    )
    expect(created.exitCode).toBe(0)
    const { exitCode, stderr } = await world.run('director certificate trash client.key --pool acme')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('enrichment sources of acme/lp1 name client.key')])
  })

  it('a file that is missing keeps all of them from being sent', async () => {
    await using world = await aDirectorWorld()
    await world.file('client.crt', certificate)
    const { exitCode, stderr } = await world.run('director certificate upload client.crt client.key --pool acme')
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining('client.key cannot be read')])
    expect(world.sent()).toEqual([])
  })

  it('one that Director refuses leaves the others, and it ends as partial', async () => {
    await using world = await aDirectorWorld()
    await world.file('small.crt', certificate)
    await world.file('large.crt', `${certificate}${'#'.repeat(5000)}`)
    world.director.setFaults({ maxUploadBytes: 1000 })
    const { exitCode, data } = await world.json<Results<FileRow>>(
      'director certificate upload large.crt small.crt --pool acme',
    )
    expect([exitCode, data.results.map(({ status }) => status)]).toEqual([12, ['failed', 'done']])
  })
})
