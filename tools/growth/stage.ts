import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startPageServer } from '../bench/fetch.ts'
import { measure, type Command, type Cost } from '../bench/measure.ts'

/** A folder of our own with a store that was filled by `fetch`: what the commands whose growth is measured work on. */
export interface Stage extends AsyncDisposable {
  readonly folder: string
  /** The store's file. */
  readonly store: string
  /** What filling it cost: one `fetch` of everything. */
  readonly filling: Cost
  /** Runs our program with the folder's profiles and store. @throws Error when its exit status is not 0 */
  run(words: readonly string[], options?: Pick<Command, 'input' | 'output' | 'countsLines'>): Promise<Cost>
}

const program = path.resolve('bin/stixtaxii.js')

/** Fills a store with so many indicators, pages of 1,000; their server is gone when this resolves. */
export async function openStage(objects: number): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-growth-'))
  const environment = {
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    XDG_DATA_HOME: path.join(folder, 'data'),
    XDG_STATE_HOME: path.join(folder, 'state'),
  }
  const run: Stage['run'] = async (words, options) => {
    const cost = await measure({ argv: [process.execPath, program, ...words], environment, ...options })
    if (cost.exitCode !== 0) throw new Error(`exit status ${cost.exitCode}: ${words.join(' ')}`)
    return cost
  }
  try {
    await using server = await startPageServer(objects, 1000, 0, 'plain', 'first')
    const place = ['--url', `${server.url}/root/`, '--taxii-version', '2.1', '--collection', server.collection]
    await run(['configure', 'taxii', 'growth', ...place, '--page-size', '1000', '--no-test', '--quiet'])
    const output = path.join(folder, 'counts.json')
    const filling = await run(['fetch', 'growth', '-o', 'json', '--quiet'], { output })
    const { totals } = JSON.parse(await readFile(output, 'utf8')) as { totals: Record<string, number> }
    if (totals['new'] !== objects) throw new Error(`${objects} objects should be new: ${JSON.stringify(totals)}`)
    return {
      folder,
      store: path.join(folder, 'data', 'stixtaxii', 'store.sqlite'),
      filling,
      run,
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}
