/**
 * Loaded before every test file by `npm run canary`: it notes each secret that is opened, hashed or made a key while the
 * file's tests run, and everything that goes out meanwhile (what the commands print, what the tests leave in their folders,
 * the arguments of each process). At the end of the file no secret may be in any of it, however it is spelled.
 */
import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { spellings } from './canary.ts'
import { isKeptOnPurpose } from './canary-places.ts'
import { watchOutput } from './witness.ts'

/** One thing that went out: what kind, from where, and its text. */
interface Outgoing {
  readonly kind: 'output' | 'file' | 'process'
  readonly from: string
  readonly text: string
  readonly test: string
}

// Shorter ones are found in the middle of words.
const shortest = 8
const largestFile = 4 * 1024 * 1024

const folder = process.env.STIXTAXII_CANARY ?? ''
const secrets = new Set<string>()
const outgoing: Outgoing[] = []

function note(value: unknown): void {
  const text = typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString('utf8') : ''
  if (text.length >= shortest && !text.includes('\uFFFD')) secrets.add(text)
}

function send(kind: Outgoing['kind'], from: string, text: string): void {
  if (text !== '') outgoing.push({ kind, from, text, test: expect.getState().currentTestName ?? '' })
}

watchOutput((from, text) => send('output', from, text))

const open = Secret.open
Secret.open = (secret) => {
  const text = open(secret)
  note(text)
  return text
}

replace(crypto, 'scrypt', note)
replace(crypto, 'scryptSync', note)
replace(crypto, 'createHmac', (_algorithm, key) => note(key))
for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'fork'] as const)
  replace(childProcess, name, (program, argv) => {
    if (Array.isArray(argv)) send('process', String(program), argv.join('\n'))
  })
// A test's folder is looked through just before it goes.
for (const name of ['rm', 'rmSync'] as const) replace(fs, name, lookThrough)
replace(fs.promises, 'rm', lookThrough)
syncBuiltinESMExports()

function replace<T extends object>(place: T, name: keyof T, before: (...args: readonly unknown[]) => void): void {
  const original = place[name] as (...args: unknown[]) => unknown
  function witnessed(this: unknown, ...args: unknown[]): unknown {
    before(...args)
    return original.apply(this, args)
  }
  // `util.promisify` looks for a form of its own.
  place[name] = Object.defineProperties(witnessed, Object.getOwnPropertyDescriptors(original)) as T[keyof T]
}

function lookThrough(target: unknown): void {
  if (typeof target !== 'string' || path.dirname(target) !== os.tmpdir() || !fs.existsSync(target)) return
  for (const entry of fs.readdirSync(target, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (!entry.isFile() || fs.statSync(file).size > largestFile) continue
    send('file', path.relative(os.tmpdir(), file), fs.readFileSync(file, 'latin1'))
  }
}

afterAll(() => {
  const found: string[] = []
  for (const secret of secrets) {
    // Files are read byte by byte, so that no byte of a database is lost.
    const ways = [...new Set(spellings(secret))].filter((way) => way.length >= shortest)
    const bytes = ways.map((way) => Buffer.from(way, 'utf8').toString('latin1'))
    for (const { kind, from, text, test } of outgoing) {
      const way = (kind === 'file' ? bytes : ways).find((each) => text.includes(each))
      if (way === undefined || isKeptOnPurpose(kind, from, text, secret)) continue
      const at = text.indexOf(way)
      const around = text.slice(Math.max(0, at - 60), at + way.length + 20)
      found.push(JSON.stringify({ file: expect.getState().testPath, test, kind, from, secret, around }))
    }
  }
  const count = (kind: Outgoing['kind']): number => outgoing.filter((each) => each.kind === kind).length
  const line = { secrets: secrets.size, output: count('output'), file: count('file'), process: count('process') }
  fs.appendFileSync(path.join(folder, 'counts.jsonl'), `${JSON.stringify(line)}\n`)
  if (found.length > 0) fs.appendFileSync(path.join(folder, 'findings.jsonl'), `${found.join('\n')}\n`, { mode: 0o600 })
})
