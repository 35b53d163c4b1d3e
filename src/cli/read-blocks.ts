import type { Readable } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import type { InboxBlock } from '../taxii/client.ts'
import { bytesOf } from './read-objects.ts'

/** What flags say about the content of a file. */
export interface BlockFlags {
  readonly binding?: string | undefined
  readonly subtype?: string | undefined
}

/**
 * The content blocks that a file or standard input (`-`) stands for: each line of what `poll` wrote of a 1.x source, else
 * the whole file as one. Without `--binding` that of a STIX 1 package is read off it.
 * @throws CLI_FILE_UNREADABLE (local); CLI_BINDING_UNKNOWN, CLI_FILE_NOT_TEXT (usage)
 */
export async function readBlocks(
  file: string,
  flags: BlockFlags,
  parts: { readonly stdin: Readable; readonly workingDirectory: string },
): Promise<readonly InboxBlock[]> {
  const content = textOf(file, await bytesOf(file, parts.stdin, parts.workingDirectory))
  const { subtype } = flags
  const lines = blockLines(content)
  if (lines) return lines.map((line) => ({ ...line, binding: flags.binding ?? line.binding, subtype }))
  const binding = flags.binding ?? stixBinding(content)
  if (binding !== undefined) return [{ binding, subtype, content }]
  throw new StixTaxiiError('CLI_BINDING_UNKNOWN', `What ${file} holds cannot be seen from its content`, {
    kind: 'usage',
    hint: 'Name its content binding with --binding, as urn:stix.mitre.org:xml:1.1.1.',
    context: { file },
  })
}

function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new StixTaxiiError('CLI_FILE_NOT_TEXT', `${file} is not text in UTF-8`, {
      kind: 'usage',
      hint: 'TAXII 1.x carries XML or text: convert the file first.',
      context: { file },
      cause,
    })
  }
}

/** The version that a STIX 1 package names itself, as its content binding. */
function stixBinding(content: string): string | undefined {
  const version = /<(?:[\w.-]+:)?STIX_Package\s[^>]*?\sversion\s*=\s*["'](?:stix-)?(1(?:\.\d){1,2})["']/.exec(
    content,
  )?.[1]
  return version === undefined ? undefined : `urn:stix.mitre.org:xml:${version === '1.2.1' ? '1.2' : version}`
}

function blockLines(content: string): readonly InboxBlock[] | undefined {
  if (!content.startsWith('{"type":"content-block"')) return undefined
  const lines = content.split('\n').filter((line) => line.trim() !== '')
  const blocks = lines.flatMap((line) => blockLine(line) ?? [])
  return blocks.length === lines.length ? blocks : undefined
}

function blockLine(line: string): InboxBlock | undefined {
  try {
    const value = JSON.parse(line) as Partial<Record<string, unknown>>
    const { type, binding, content } = value
    if (type !== 'content-block' || typeof binding !== 'string' || typeof content !== 'string') return undefined
    return { binding, content }
  } catch {
    return undefined
  }
}
