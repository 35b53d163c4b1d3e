import { existsSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { someIndicators } from '../../test/support/indicators.ts'
import { runProgram } from '../campaign/program.ts'
import { mustRun, type Scene } from './scene.ts'
import { readStored, storeFileOf, type Stored } from './stored.ts'

const quiet = ['-q', '-o', 'json']
const bundleOf = (first: number, count: number): string =>
  JSON.stringify({
    type: 'bundle',
    id: 'bundle--00000000-0000-4000-8000-000000000001',
    objects: someIndicators(count, first),
  })

/** Fetching into nothing, and what came later into what is there. */
export function fetchScenes(url: string, truth: ReadonlySet<string>): readonly Scene[] {
  // The set is older than any default; going on must not need a flag.
  const env = { STIXTAXII_URL: url, STIXTAXII_BEGIN: '99999d' }
  const judge = (folder: string): Promise<readonly string[]> => judgeFetch(folder, truth, env)
  return [
    { name: 'fetch', row: 'L1', prepare: async () => undefined, argv: ['fetch', ...quiet], env, judge },
    {
      name: 'fetch more',
      row: 'L1',
      prepare: async (folder) => void (await mustRun(folder, ['fetch', ...quiet, '--limit', '200'], env)),
      argv: ['fetch', ...quiet],
      env,
      judge,
    },
  ]
}

/** What is stored is whole; going on completes the set; once more brings nothing. */
async function judgeFetch(
  folder: string,
  truth: ReadonlySet<string>,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const file = storeFileOf(folder)
  const at = await readStored(file)
  const faults = at === undefined ? [] : judgeStored(at, truth, false)
  const [on, again] = [
    await runProgram({ folder, argv: ['fetch', ...quiet], env }),
    await runProgram({ folder, argv: ['fetch', ...quiet], env }),
  ]
  for (const ended of [on, again]) if (ended.status !== 0) return [...faults, `going on failed: ${ended.told.trim()}`]
  const { totals } = JSON.parse(again.stdout) as { totals: { new: number; updated: number } }
  if (totals.new + totals.updated > 0) faults.push(`${totals.new + totals.updated} new when fetched once more`)
  const after = await readStored(file)
  return after === undefined ? ['there is no store'] : [...faults, ...judgeStored(after, truth, true)]
}

function judgeStored({ versions, problems, counted }: Stored, truth: ReadonlySet<string>, whole: boolean): string[] {
  const distinct = new Set(versions)
  const lost = [...truth].filter((thing) => !distinct.has(thing)).length
  const foreign = [...distinct].filter((thing) => !truth.has(thing)).length
  return [
    ...problems,
    ...(whole && lost > 0 ? [`${lost} lost`] : []),
    ...(distinct.size < versions.length ? [`${versions.length - distinct.size} doubled`] : []),
    ...(foreign > 0 ? [`${foreign} foreign`] : []),
    ...(whole && counted !== versions.length ? [`${counted} counted, ${versions.length} stored`] : []),
  ]
}

/** Commands that change a store that has something: after the kill it is whole, and the same again ends as it should. */
export const storeScenes: readonly Scene[] = [
  changing('import', ['import', 'second.json', '--source', 'files', '--collection', 'c', ...quiet]),
  changing('store prune', ['store', 'prune', '--yes', '--all', ...quiet]),
  changing('store reindex', ['store', 'reindex', ...quiet]),
]

function changing(name: string, argv: readonly string[]): Scene {
  return {
    name,
    row: 'L1',
    prepare: prepareStore,
    argv,
    async judge(folder, whole) {
      const at = await readStored(storeFileOf(folder))
      if (at === undefined) return ['the store is gone']
      const ended = await runProgram({ folder, argv })
      if (ended.status !== 0) return [...at.problems, `the same again failed: ${ended.told.trim()}`]
      const [after, wanted] = [await readStored(storeFileOf(folder)), await readStored(storeFileOf(whole))]
      const faults = [...at.problems, ...(after?.problems ?? [])]
      if (textOf(after) !== textOf(wanted)) faults.push('the same again ends otherwise than undisturbed')
      return faults
    },
  }
}

const textOf = (stored: Stored | undefined): string => [...(stored?.versions ?? [])].sort().join('\n')

async function prepareStore(folder: string): Promise<void> {
  await writeFile(path.join(folder, 'first.json'), bundleOf(0, 300))
  await writeFile(path.join(folder, 'second.json'), bundleOf(200, 300))
  await mustRun(folder, ['import', 'first.json', '--source', 'files', '--collection', 'c', ...quiet])
}

const oldText = 'what stood here before\n'

/** L13: the file that is written is the old one or the new one, whole. */
export const fileScenes: readonly Scene[] = [
  writing('export --out', 'out.ndjson', ['export', '--format', 'ndjson', '--out', 'out.ndjson', ...quiet.slice(0, 1)]),
  writing('convert --out', 'out.ndjson', ['convert', 'first.json', '--out', 'out.ndjson', '-q']),
  writing('store backup', 'copy.sqlite', ['store', 'backup', 'copy.sqlite', ...quiet], false),
]

function writing(name: string, target: string, argv: readonly string[], replaces = true): Scene {
  return {
    name,
    row: 'L13',
    async prepare(folder) {
      await prepareStore(folder)
      if (replaces) await writeFile(path.join(folder, target), oldText)
    },
    argv,
    async judge(folder, whole) {
      const file = path.join(folder, target)
      const faults = await judgeFile(file, path.join(whole, target), replaces)
      const at = await readStored(storeFileOf(folder))
      faults.push(...(at?.problems ?? ['the store is gone']))
      if (!replaces && existsSync(file)) return faults
      const ended = await runProgram({ folder, argv })
      if (ended.status !== 0) return [...faults, `the same again failed: ${ended.told.trim()}`]
      const left = (await readdir(folder)).filter((each) => each.includes(target) && each.endsWith('.part'))
      if (left.length > 1) faults.push(`left behind: ${left.join(' ')}`)
      return [...faults, ...(await judgeFile(file, path.join(whole, target), false))]
    },
  }
}

async function judgeFile(file: string, wanted: string, old: boolean): Promise<string[]> {
  if (!existsSync(file)) return old ? ['the old file is gone'] : []
  if (file.endsWith('.sqlite')) {
    const [copy, whole] = [await readStored(file), await readStored(wanted)]
    return copy?.problems.length === 0 && textOf(copy) === textOf(whole) ? [] : ['a part of a copy']
  }
  const [there, whole] = [await readFile(file, 'utf8'), await readFile(wanted, 'utf8')]
  return there === whole || (old && there === oldText)
    ? []
    : [`neither the old file nor the new one: ${there.length} bytes`]
}
