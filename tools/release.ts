/**
 * `npm run release -- [FOLDER]`: the tarball as users install it, its bill of materials (CycloneDX, from the lock file,
 * without development packages) and the SHA-256 sums of both. Two runs on the same commit with the same npm give the same
 * bytes, so that whoever has the source can check what is published.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

interface Bill {
  serialNumber: string
  metadata: { timestamp: string; component: { name: string; 'bom-ref': string } }
  components: { readonly name: string; readonly version: string; readonly 'bom-ref': string }[]
  dependencies: { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Lock {
  readonly name: string
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly dev?: true; readonly devOptional?: true }>
  >
}

const run = (program: string, ...argv: readonly string[]): string => execFileSync(program, argv, { encoding: 'utf8' })
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const folder = path.resolve(process.argv[2] ?? 'release')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const tarball = run('npm', 'pack', '--silent', '--pack-destination', folder).trim().split('\n').at(-1) ?? ''
const bill = tarball.replace(/\.tgz$/, '.cdx.json')
const tarballSum = sha256(readFileSync(path.join(folder, tarball)))
writeFileSync(path.join(folder, bill), `${JSON.stringify(billOfMaterials(tarballSum), null, 2)}\n`)

const lines = [tarball, bill].map((name) => `${sha256(readFileSync(path.join(folder, name)))}  ${name}\n`)
writeFileSync(path.join(folder, 'SHA256SUMS'), lines.join(''))
console.log(`${lines.join('')}in ${path.relative(process.cwd(), folder) || '.'}`)

/**
 * What npm says of the lock file, of the packages that users get. (Its own `--omit dev` also leaves out what a development
 * package needs besides.) Its random number and the time of day become those of the tarball and the commit.
 */
function billOfMaterials(sum: string): Bill {
  const form = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application']
  const made = JSON.parse(run('npm', 'sbom', '--silent', '--package-lock-only', ...form)) as Bill
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
  const users = Object.entries(lock.packages).filter(([, { dev, devOptional }]) => !dev && !devOptional)
  const kept = new Set(users.map(([place, { version }]) => `${place.split('node_modules/').at(-1)}@${version}`))
  made.components = made.components.filter(({ name, version }) => kept.has(`${name}@${version}`))
  const refs = new Set([made.metadata.component['bom-ref'], ...made.components.map((each) => each['bom-ref'])])
  made.dependencies = made.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => refs.has(ref)) }))
  made.metadata.timestamp = new Date(run('git', 'log', '-1', '--format=%cI').trim()).toISOString()
  made.metadata.component.name = lock.name
  made.serialNumber = `urn:uuid:${sum.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5')}`
  return made
}
