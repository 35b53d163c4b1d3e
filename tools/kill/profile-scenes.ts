import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '../campaign/program.ts'
import { mustRun, type Scene } from './scene.ts'

const passphrase = ['--passphrase-file', 'phrase']

/**
 * L9: the file of profiles and that of secrets. `url` answers only who shows a password, so that a profile that works has
 * kept its secret, and one that is there without its secret is seen.
 */
export function profileScenes(url: string): readonly Scene[] {
  const configure = (name: string, file: string, store: string): readonly string[] => [
    ...['configure', 'taxii', name, '--url', url, '--username', 'ann', '--password-file', file],
    ...['--credential-store', store, ...passphrase, '--no-test', '--no-input', '-q', '-o', 'json'],
  ]
  const prepare = async (folder: string): Promise<void> => {
    for (const name of ['old', 'new', 'phrase']) await writeFile(path.join(folder, name), `${name}\n`, { mode: 0o600 })
    await mustRun(folder, configure('first', 'old', 'file'))
    await mustRun(folder, configure('sealed', 'old', 'sealed'))
  }
  const scene = (name: string, argv: readonly string[], after: readonly string[]): Scene => ({
    name,
    row: 'L9',
    prepare,
    argv,
    judge: (folder) => judgeProfiles(folder, argv, after),
  })
  const set = ['--file', 'new', ...passphrase, '-q', '-o', 'json', '--no-input']
  return [
    scene('configure', configure('second', 'new', 'file'), ['first', 'sealed', 'second']),
    scene('configure, sealed', configure('second', 'new', 'sealed'), ['first', 'sealed', 'second']),
    scene('credential set', ['credential', 'set', 'first', '--credential-store', 'file', ...set], ['first', 'sealed']),
    scene('profile rename', ['profile', 'rename', 'first', 'third', '-q', '-o', 'json'], ['sealed', 'third']),
  ]
}

async function judgeProfiles(folder: string, argv: readonly string[], after: readonly string[]): Promise<string[]> {
  const faults = await allWork(folder)
  const secret = await passwordOfFirst(folder)
  if (secret !== undefined && !['old', 'new'].includes(secret)) faults.push(`the first one's password is "${secret}"`)
  const ended = await runProgram({ folder, argv })
  const isDone = ended.status !== 0 && (await namesOf(folder)).join() === after.join()
  if (ended.status !== 0 && !isDone) return [...faults, `the same again failed: ${ended.told.trim()}`]
  const names = await namesOf(folder)
  if (names.join() !== after.join()) faults.push(`profiles afterwards: ${names.join(' ')}`)
  return [...faults, ...(await allWork(folder))]
}

/** Each profile that is listed reaches its server, with its secret. */
async function allWork(folder: string): Promise<string[]> {
  const names = await namesOf(folder)
  if (!names.includes('sealed') || names.length < 2) return [`profiles: ${names.join(' ')}`]
  const faults: string[] = []
  for (const name of names) {
    const { status, told } = await runProgram({
      folder,
      argv: ['collections', name, ...passphrase, '-q', '-o', 'name'],
    })
    if (status !== 0) faults.push(`${name} does not work: ${told.trim()}`)
  }
  return faults
}

async function namesOf(folder: string): Promise<readonly string[]> {
  const { status, stdout, told } = await runProgram({ folder, argv: ['profile', 'list', '-q', '-o', 'json'] })
  if (status !== 0) return [`none, since ${told.trim()}`]
  return (JSON.parse(stdout) as readonly { name: string }[]).map(({ name }) => name).sort()
}

async function passwordOfFirst(folder: string): Promise<string | undefined> {
  const text = await readFile(path.join(folder, 'config', 'credentials.json'), 'utf8')
  const { secrets } = JSON.parse(text) as { secrets: Readonly<Record<string, string>> }
  return Object.entries(secrets).find(([entry]) => entry.startsWith('first-'))?.[1]
}
