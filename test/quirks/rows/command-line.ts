import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { temporaryFolder, runCli } from '../../support/run-cli.ts'
import type { CliOptions, CliResult } from '../../support/run-cli.ts'
import { runProgram } from '../../support/run-program.ts'
import { startFeed } from '../feed.ts'
import type { Feed } from '../feed.ts'
import { all } from '../row.ts'
import type { Row } from '../row.ts'
import { serverTls, tlsFiles } from '../tls.ts'
import { expectSame } from '../trial.ts'

const canary = 'c4nary-S3cret-v4lue'

/** One user's folder with the files that hold their secrets. */
function aUser(): { folder: string; file: (name: string, content: string) => string } {
  const folder = temporaryFolder()
  return {
    folder,
    file(name, content) {
      const full = path.join(folder, name)
      writeFileSync(full, `${content}\n`, { mode: 0o600 })
      return full
    },
  }
}

async function succeed(line: readonly string[], options: CliOptions): Promise<CliResult> {
  const result = await runCli(line, options)
  if (result.exitCode !== 0) throw new Error(`${line.join(' ')}: exit ${result.exitCode}\n${result.stderr}`)
  return result
}

/** Configures without a terminal and fetches; the store must then hold exactly what the server has. */
async function configureAndFetch(feed: Feed, flags: readonly string[], folder: string): Promise<void> {
  const line = ['configure', 'taxii', 'acme', '--url', feed.url, '--begin', '60mo', '--collection', feed.collection]
  await succeed([...line, ...flags], { folder })
  const { stdout } = await succeed(['fetch', 'acme', '-o', 'json'], { folder })
  const { results } = JSON.parse(stdout) as { results: Record<string, unknown>[] }
  const count = feed.truth().length
  expect(results).toMatchObject([{ new: count, received: count, quarantined: 0, status: 'ok' }])
  const { stdout: lines } = await succeed(['poll', 'acme', '--collection', feed.collection, '--since', '60mo'], {
    folder,
  })
  const polled = lines.trim().split('\n')
  const own = feed.server2 ? polled : polled.map((line_) => (JSON.parse(line_) as { content: string }).content)
  expectSame(own, feed.truth())
}

function contentsBelow(folder: string): string {
  if (!existsSync(folder)) return ''
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

/** Every spelling in which a secret could show. */
function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  return [secret, base64, Buffer.from(`ann:${secret}`).toString('base64'), encodeURIComponent(secret)]
}

function expectNowhere(text: string): void {
  for (const spelling of spellings(canary))
    expect(text.includes(spelling), `a secret in: ${text.slice(0, 300)}`).toBe(false)
}

/** Section 5: what the command line has to do with it. */
export const commandLineRows: readonly Row[] = [
  {
    number: 54,
    title: 'takes a bearer token or a key, which clients do not offer',
    versions: all,
    async run(version) {
      const demands = [
        { demand: { scheme: 'bearer', token: canary }, flags: ['--auth', 'bearer', '--token-file'] },
        { demand: { scheme: 'token', token: canary }, flags: ['--auth', 'token', '--token-file'] },
        {
          demand: { scheme: 'query', name: 'apikey', value: canary },
          flags: ['--auth', 'query', '--query-key', 'apikey', '--query-key-file'],
        },
      ] as const
      for (const { demand, flags } of demands) {
        const user = aUser()
        await using feed = await startFeed(version, { authentication: demand, items: 5 })
        await configureAndFetch(feed, [...flags, user.file('secret.txt', canary)], user.folder)
      }
    },
  },
  {
    number: 55,
    title: 'asks nobody who they are',
    versions: all,
    async run(version) {
      const user = aUser()
      await using feed = await startFeed(version, { items: 5 })
      await configureAndFetch(feed, [], user.folder)
      expect(feed.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
    },
  },
  {
    number: 58,
    title: 'wants a certificate whose key has a passphrase, and nobody is there to type it',
    versions: ['1.1', '2.1'],
    async run(version) {
      const user = aUser()
      await using feed = await startFeed(version, {
        tls: serverTls({ clients: true }),
        authentication: { scheme: 'certificate' },
        items: 5,
      })
      const { authority, certificate, lockedKey, passphrase } = tlsFiles
      const flags = ['--ca', authority, '--certificate', certificate, '--key', lockedKey]
      const begun = performance.now()
      const line = ['configure', 'taxii', 'acme', '--url', feed.url, ...flags]
      const silent = await runCli(line, { folder: user.folder })
      expect([3, 4]).toContain(silent.exitCode)
      expect(silent.stderr).toMatch(/--key-passphrase-file/)
      expect(performance.now() - begun).toBeLessThan(10_000)
      const file = user.file('passphrase.txt', passphrase)
      await configureAndFetch(feed, [...flags, '--key-passphrase-file', file], user.folder)
    },
  },
  {
    number: 62,
    title: 'has a password that others could read in the process list',
    versions: ['2.1'],
    async run(version) {
      const user = aUser()
      const authentication = { scheme: 'basic', username: 'ann', password: canary } as const
      await using feed = await startFeed(version, { authentication, items: 5, thinkMs: 100 })
      const typed = await runCli(['poll', feed.url, '--username', 'ann', '--password', canary], { folder: user.folder })
      expect(typed.exitCode).toBe(2)
      expectNowhere(typed.stdout + typed.stderr)
      const file = user.file('pw.txt', canary)
      let seen = ''
      const line = ['poll', feed.url, '--username', 'ann', '--password-file', file, '--collection', feed.collection]
      const { exitCode, stdout, stderr } = await runProgram([...line, '--since', '60mo'], {
        folder: user.folder,
        onStart: ({ pid }) => {
          const look = setInterval(() => {
            const list = `/proc/${pid}`
            if (!existsSync(list)) return clearInterval(look)
            for (const name of ['cmdline', 'environ']) seen += readProcess(`${list}/${name}`)
          }, 20)
        },
      })
      expect(stderr).not.toMatch(/error/i)
      expect([exitCode, stdout.trim().split('\n').length]).toEqual([0, 5])
      expectNowhere(seen)
      if (existsSync('/proc/self/cmdline')) expect(seen).toContain('--password-file')
    },
  },
  {
    number: 63,
    title: 'has credentials that must not be shown in clear',
    versions: ['1.1', '2.1'],
    async run(version) {
      const user = aUser()
      const { folder } = user
      const authentication = [
        { scheme: 'basic', username: 'ann', password: canary },
        { scheme: 'query', name: 'apikey', value: canary },
      ] as const
      await using feed = await startFeed(version, { authentication: authentication[0], items: 5 })
      const trace = path.join(folder, 'trace.jsonl')
      const flags = ['--username', 'ann', '--password-file', user.file('pw.txt', canary)]
      const outputs = [
        await succeed(['configure', 'taxii', 'acme', '--url', feed.url, '--begin', '60mo', ...flags], { folder }),
        await succeed(['profile', 'list', '-o', 'json'], { folder }),
        await succeed(['profile', 'show', 'acme', '-o', 'json'], { folder }),
        await succeed(['profile', 'export', 'acme'], { folder }),
        await succeed(['fetch', 'acme', '-v', '--debug', '--trace-http', trace], { folder }),
        await succeed(['status', '-o', 'json'], { folder }),
        await succeed(['doctor', 'acme'], { folder }),
      ]
      feed.requests.forEach(({ url }) => expect(url.href).not.toContain(canary))
      user.file('pw.txt', `${canary}-wrong`)
      outputs.push(await runCli(['fetch', 'acme', '--debug', '-o', 'json'], { folder }))
      expect(outputs.at(-1)?.exitCode).toBe(4)
      for (const { stdout, stderr } of outputs) expectNowhere(stdout + stderr)
      expect(readFileSync(trace, 'utf8')).toContain('"status":200')
      expectNowhere(readFileSync(trace, 'utf8'))
      expectNowhere(contentsBelow(path.join(folder, 'config')) + contentsBelow(path.join(folder, 'data')))

      await using keyed = await startFeed(version, { authentication: authentication[1], items: 5 })
      const key = ['--auth', 'query', '--query-key', 'apikey', '--query-key-file', user.file('key.txt', canary)]
      const lines = ['configure', 'taxii', 'keyed', '--url', keyed.url, '--begin', '60mo', ...key]
      const more = [
        await succeed(lines, { folder }),
        await succeed(['fetch', 'keyed', '-v', '--trace-http', trace], { folder }),
        await succeed(['profile', 'show', 'keyed'], { folder }),
      ]
      for (const { stdout, stderr } of more) expectNowhere(stdout + stderr)
      expectNowhere(readFileSync(trace, 'utf8'))
    },
  },
]

// A process may be gone between the look and the read.
function readProcess(file: string): string {
  try {
    return readFileSync(file, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
