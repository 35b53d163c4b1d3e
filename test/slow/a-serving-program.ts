import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { ask, basic, type Answered, type Asked } from '../serve/a-running-server.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { programFile, runProgram } from '../support/run-program.ts'

/** The built program serving, with an administrator and a collection that can be written. */
export interface ServingProgram {
  readonly url: string
  readonly child: ChildProcess
  readonly folder: string
  /** Of the writable collection: `.../collections/ID/`. */
  readonly collection: string
  /** With the administrator's login, as TAXII 2.1. */
  ask(path: string, asked?: Asked): Promise<Answered>
  /** Resident memory in MiB. */
  memory(): number
  /** Resolves to the exit status, or the signal's name. */
  readonly ended: Promise<number | string>
}

const collectionId = '00000000-0000-4000-8000-0000000000aa'
export const taxii21 = 'application/taxii+json;version=2.1'
export const login = basic('admin', 'correct horse battery')

/** A folder with a store that has both; what is named goes to every command. */
export async function aServedFolder(folder = temporaryFolder(), flags: readonly string[] = []): Promise<string> {
  writeFileSync(path.join(folder, 'password'), 'correct horse battery\n', { mode: 0o600 })
  const lines = [
    ['server', 'account', 'create', 'admin', '--admin', '--password-file', path.join(folder, 'password')],
    ['server', 'collection', 'create', 'Writable', '--id', collectionId],
  ]
  for (const line of lines) {
    const { exitCode, stderr } = await runProgram([...line, ...flags], { folder })
    if (exitCode !== 0) throw new Error(stderr)
  }
  return folder
}

export async function startServing(folder: string, flags: readonly string[] = []): Promise<ServingProgram> {
  const argv = [programFile, 'serve', '--port', '0', '-o', 'ndjson', '--log-level', 'error', ...flags]
  const child = spawn(process.execPath, argv, {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
      STIXTAXII_DATA_DIR: path.join(folder, 'data'),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (status, signal) => resolve(signal ?? status ?? -1))
  })
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  if (first.done) throw new Error(`it did not start: ${await ended}`)
  const { url } = JSON.parse(first.value) as { url: string }
  return {
    url,
    child,
    folder,
    collection: `/default/collections/${collectionId}/`,
    ask: (where, asked = {}) =>
      ask(`${url}${where}`, { ...asked, headers: { accept: taxii21, authorization: login, ...asked.headers } }),
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    ended,
  }
}
