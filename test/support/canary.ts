import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A secret raw, in base64 (also within a Basic pair), in a URL, in a form, in JSON. */
export function spellings(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  const pairs = ['ann:', ':'].map((user) => Buffer.from(`${user}${secret}`).toString('base64').replace(/=+$/, ''))
  const form = new URLSearchParams({ v: secret }).toString().slice(2)
  return [
    secret,
    base64.slice(0, -1),
    ...pairs.map((pair) => pair.slice(-16, -1)),
    encodeURIComponent(secret),
    form,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('\t', '\\u{9}'),
  ]
}

/** The names of those secrets that a text gives away. */
export function leaksIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => spellings(secret).some((spelling) => text.includes(spelling)))
    .map(([name]) => name)
}

/** Every file below a folder but those that hold secrets on purpose: name and bytes as text. */
export function filesBelow(folder: string, except: readonly string[]): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !except.includes(entry.name))
    .map((entry) => [entry.name, readFileSync(path.join(entry.parentPath, entry.name), 'utf8')])
}
