import { printable } from '../../src/core/printable.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { forgetSecrets } from '../../src/core/known-secrets.ts'
import { Broken, secret } from './target.ts'
import type { Input, OpenTarget, Random } from './target.ts'

/** Longest message that is meant to be read; a server's words in it are cut. */
const longestMessage = 5_000

/** Gives one input to a target; what does not hold, or undefined. */
export async function faultOf(target: OpenTarget, input: Input, random: Random): Promise<string | undefined> {
  // A secret that an earlier input showed to a server would be taken out of what is said of this one.
  forgetSecrets()
  try {
    const judged = target.judge(input, random)
    if (judged !== undefined) await judged
    return undefined
  } catch (error) {
    if (error instanceof Broken) return error.message
    if (error instanceof StixTaxiiError) return faultOfAnswer(error)
    if (target.isAnswer?.(error)) return undefined
    return `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

/** What is wrong with an error that the product means: it has to be readable, of a kind, and without a secret. */
export function faultOfAnswer(error: StixTaxiiError): string | undefined {
  const said = [error.message, error.hint ?? '']
  if (error.kind === 'internal') return `internal: ${error.code} ${error.message}`
  if (!/^[A-Z0-9]+(_[A-Z0-9]+)+$/.test(error.code)) return `no code: ${error.code}`
  const unsafe = said.find((text) => printable(text, { lines: true }) !== text)
  if (unsafe !== undefined)
    return `${error.code} shows what a terminal acts upon: ${JSON.stringify(unsafe.slice(0, 300))}`
  const long = said.find((text) => text.length > longestMessage)
  if (long !== undefined) return `${error.code} says ${long.length} characters: ${JSON.stringify(long.slice(0, 100))}`
  const all = `${said.join(' ')} ${JSON.stringify(error.context ?? {})}`
  if (all.includes(secret)) return `${error.code} names a secret: ${all.slice(0, 300)}`
  if (/\bundefined\b|\[object /.test(said.join(' ').replace(/"[^"]*"/g, '')))
    return `${error.code} says nothing: ${said.join(' | ').slice(0, 300)}`
  return undefined
}
