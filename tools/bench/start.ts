import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { interleave, type Cost } from './measure.ts'
import { median, type Bench, type BenchRow } from './rows.ts'

const run = promisify(execFile)
const program = path.resolve('bin/stixtaxii.js')
const wall = (costs: readonly Cost[] | undefined) => median((costs ?? []).map((cost) => cost.wallMs))
const times = (costs: readonly Cost[] | undefined) => {
  const cpu = median((costs ?? []).map((cost) => cost.cpuMs))
  return `${Math.round(wall(costs))} ms (cpu ${Math.round(cpu)})`
}

/** C1: how long the program takes to say its version or its help, beside the same Node doing nothing. */
export const benchStart: Bench = async ({ quick }) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-bench-'))
  const [empty, withUndici] = [path.join(folder, 'empty.mjs'), path.resolve('dist', 'tools', 'only-undici.mjs')]
  await writeFile(empty, '')
  await writeFile(withUndici, `import 'undici'\n`)
  const node = process.execPath
  const repetitions = quick ? 3 : 21
  const [bare, version, help, undici] = await interleave(
    [
      { argv: [node, empty] },
      { argv: [node, program, '--version'] },
      { argv: [node, program, '--help'] },
      { argv: [node, withUndici] },
    ],
    repetitions,
  )
  await rm(folder, { recursive: true, force: true })
  await rm(withUndici, { force: true })
  const onTwenty = process.versions.node.startsWith('20.')
  const rows: BenchRow[] = []
  for (const [what, costs] of [
    ['--version', version],
    ['--help', help],
  ] as const) {
    const ratio = wall(costs) / wall(bare)
    const over = wall(costs) - wall(bare)
    rows.push({
      goal: 'C1',
      what: `${what} beside an empty program`,
      ours: times(costs),
      beside: `node ${times(bare)}`,
      ratio: ratio.toFixed(2),
      wanted: onTwenty ? '<= 1.3 x node' : '<= node + 25 ms',
      held: onTwenty ? ratio <= 1.3 : over <= 25,
    })
  }
  rows.push({
    goal: 'C1',
    what: 'node that only imports undici',
    ours: '',
    beside: times(undici),
    ratio: '',
    wanted: 'for comparison',
  })
  return rows
}

/** C2: what an installation from the tarball without scripts weighs. */
export const benchInstall: Bench = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-install-'))
  try {
    const packed = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder])
    const tarball = path.join(folder, packed.stdout.trim().split('\n').at(-1) ?? '')
    await run('npm', ['install', '--silent', '--ignore-scripts', '--prefix', folder, tarball])
    const installed = path.join(folder, 'node_modules', 'stixtaxii', 'bin', 'stixtaxii.js')
    const { stdout } = await run(process.execPath, [installed, '--version'])
    const listed = await run('npm', ['ls', '--all', '--parseable', '--prefix', folder])
    const packages = new Set(listed.stdout.trim().split('\n').slice(1)).size
    const bytes = await sizeOf(path.join(folder, 'node_modules'))
    const mib = bytes / 2 ** 20
    return [
      {
        goal: 'C2',
        what: `install without scripts, version ${stdout.trim()} answers`,
        ours: `${packages} packages, ${mib.toFixed(0)} MB`,
        beside: '110 packages, 60 MB',
        ratio: (mib / 60).toFixed(2),
        wanted: 'at most these',
        held: packages <= 110 && mib <= 60,
      },
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) bytes += await sizeOf(full)
    else if (entry.isFile()) bytes += (await stat(full)).size
  }
  return bytes
}
