import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A PostgreSQL of our own: on a free port of loopback, in a temporary folder, with the role `fetcher`. */
export interface APostgres extends AsyncDisposable {
  readonly port: number
  /** Of an empty database that no other test has. */
  freshUrl(): Promise<string>
  /** Runs SQL as the administrator; returns the first column's lines. */
  sql(text: string, database?: string): Promise<readonly string[]>
  /** Folder of the server's data. */
  readonly folder: string
  /** Ends it at once, as a crash does, or properly; and starts it again. */
  stop(how: 'immediate' | 'fast'): Promise<void>
  start(): Promise<void>
  /** Whether it ended, by itself too. */
  hasEnded(): boolean
}

export interface PostgresOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: readonly string[] | undefined
  /** How passwords are asked for; default `trust`. */
  readonly authentication?: 'trust' | 'scram-sha-256' | 'md5' | undefined
  /** Password of the role `fetcher`. */
  readonly password?: string | undefined
  /** An empty folder for the data, as on a small file system; default: a temporary one. */
  readonly folder?: string | undefined
}

const run = promisify(execFile)

/** The folder of `initdb` and its kind; undefined where Debian's package `postgresql` is not installed. */
export async function postgresPrograms(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1)
  return newest === undefined ? undefined : join(root, newest, 'bin')
}

/** Starts one. As the user `postgres` where we are root, since the server refuses to run as root. */
export async function aPostgres(options: PostgresOptions = {}): Promise<APostgres> {
  const programs = await postgresPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  const home = await mkdtemp(join(tmpdir(), 'stixtaxii-postgres-'))
  const folder = options.folder ?? join(home, 'data')
  const isRoot = process.getuid?.() === 0
  if (isRoot) await chown(home, await postgresId('-u'), await postgresId('-g'))
  await chmod(home, 0o755)
  const [command, before] = isRoot ? ['runuser', ['-u', 'postgres', '--']] : ['env', []]
  const call = (program: string, values: readonly string[]) =>
    run(command, [...before, join(programs, program), ...values], { cwd: home })
  const { authentication = 'trust', settings = [] } = options
  await call('initdb', ['-D', folder, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--no-sync', '--locale=C'])
  const port = await freePort()
  const lines = ["listen_addresses = '127.0.0.1'", `port = ${port}`, `unix_socket_directories = '${home}'`, ...settings]
  await writeFile(join(folder, 'postgresql.auto.conf'), `${lines.join('\n')}\n`)
  await writeFile(
    join(folder, 'pg_hba.conf'),
    `local all postgres trust\nlocal all all ${authentication}\nhost all all 127.0.0.1/32 ${authentication}\n`,
  )
  let server: ChildProcess | undefined
  let databases = 0

  const sql = async (text: string, database = 'postgres') => {
    const { stdout } = await run(join(programs, 'psql'), [
      ...['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-h', home, '-p', String(port), '-U', 'postgres'],
      ...['-d', database, '-c', text],
    ])
    return stdout.split('\n').filter((line) => line !== '')
  }
  const start = async () => {
    server = spawn(command, [...before, join(programs, 'postgres'), '-D', folder], { cwd: home, stdio: 'ignore' })
    for (let tries = 0; ; tries++) {
      const answer = await sql('SELECT 1').catch((error: Error) => error)
      if (!(answer instanceof Error)) return
      if (tries > 200) throw answer
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const stop = async (how: 'immediate' | 'fast') => {
    const ended = new Promise((resolve) => server?.once('exit', resolve))
    await call('pg_ctl', ['stop', '-D', folder, '-m', how, '-w'])
    await ended
  }

  await start()
  const secret = options.password === undefined ? '' : `PASSWORD '${options.password}'`
  await sql(`CREATE ROLE fetcher LOGIN ${secret}`)
  return {
    port,
    folder,
    sql,
    start,
    stop,
    hasEnded: () => server?.exitCode !== null || server.signalCode !== null,
    async freshUrl() {
      const name = `store_${++databases}`
      await sql(`CREATE DATABASE ${name} OWNER fetcher`)
      return `postgres://fetcher@127.0.0.1:${port}/${name}`
    },
    async [Symbol.asyncDispose]() {
      if (server?.exitCode === null) await stop('immediate').catch(() => server?.kill('SIGKILL'))
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function postgresId(which: '-u' | '-g'): Promise<number> {
  return Number((await run('id', [which, 'postgres'])).stdout)
}

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}
