import path from 'node:path'

/** A call by which a program changed what is below a folder; names are relative to it, and '' is the folder. */
export type DiskCall =
  | { readonly kind: 'open'; readonly fd: number; readonly name: string; readonly flags: ReadonlySet<string> }
  | { readonly kind: 'write'; readonly fd: number; readonly data: Buffer; readonly at: number | undefined }
  | { readonly kind: 'resize'; readonly fd: number; readonly size: number }
  | { readonly kind: 'sync'; readonly fd: number }
  | { readonly kind: 'folder'; readonly name: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename' | 'link'; readonly from: string; readonly to: string }

/** One call of a trace that ended well, its parts joined. */
interface Said {
  readonly call: string
  readonly args: string
  readonly result: number
  /** What stands in quotes. */
  readonly texts: readonly Buffer[]
}

/**
 * Reads the calls below `folder` from a trace whose texts are hexadecimal (`strace -y -xx`), in the order in which they
 * ended. Throws an Error that names a call which changes a file in a way that is not known here.
 */
export function diskCallsOf(lines: readonly string[], folder: string): readonly DiskCall[] {
  const calls: DiskCall[] = []
  const hexFolder = hexOf(folder)
  for (const said of saidIn(lines)) {
    const call = callOf(said, folder, hexFolder)
    if (call !== undefined) calls.push(call)
  }
  return calls
}

const hexOf = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

function* saidIn(lines: readonly string[]): Iterable<Said> {
  const begun = new Map<string, string>()
  for (const line of lines) {
    const [, thread = '', resumed, rest = ''] = /^(\d+) +(<\.\.\. \w+ resumed>)?(.*)$/.exec(line) ?? []
    const text = resumed === undefined ? rest : (begun.get(thread) ?? '') + rest
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, text.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const [open, end] = [text.indexOf('('), text.lastIndexOf(' = ')]
    if (open < 0 || end < open) continue
    const args = text.slice(open + 1, end)
    const result = parseInt(text.slice(end + 3), 10)
    if (!(result >= 0)) continue
    yield { call: text.slice(0, open), args, result, texts: textsOf(args) }
  }
}

const textsOf = (args: string): Buffer[] =>
  [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => Buffer.from(hex.replaceAll('\\x', ''), 'hex'))

function callOf(said: Said, folder: string, hexFolder: string): DiskCall | undefined {
  const { call, args, result, texts } = said
  const names = texts.map((text) => path.relative(folder, path.resolve(folder, text.toString())))
  const isBelow = (name: string | undefined): name is string => name !== undefined && !name.startsWith('..')
  const [name, to] = names
  if (/^(open|openat|creat)$/.test(call)) {
    if (!isBelow(name)) return undefined
    const flags = new Set([...(args.match(/O_[A-Z]+/g) ?? []), ...(call === 'creat' ? ['O_CREAT', 'O_TRUNC'] : [])])
    return { kind: 'open', fd: result, name, flags }
  }
  if (/^(rename|link)/.test(call)) {
    if (!isBelow(name) || !isBelow(to)) return undefined
    return { kind: call.startsWith('link') ? 'link' : 'rename', from: name, to }
  }
  if (/^(unlink|rmdir)/.test(call)) return isBelow(name) ? { kind: 'remove', name } : undefined
  if (call.startsWith('mkdir')) return isBelow(name) ? { kind: 'folder', name } : undefined
  // What a power cut leaves of permissions is not looked at.
  if (/^f?chmod/.test(call)) return undefined
  return ofDescriptor(said, hexFolder)
}

function ofDescriptor({ call, args, result, texts }: Said, hexFolder: string): DiskCall | undefined {
  const [, number, place = ''] = /^(\d+)<([^>]*)>/.exec(args) ?? []
  if (number === undefined || !args.includes(`<${hexFolder}`)) return undefined
  if (!place.startsWith(hexFolder) && !/^(copy_file_range|sendfile)$/.test(call)) return undefined
  const fd = Number(number)
  const last = Number(/(\d+)\)\s*$/.exec(args)?.[1])
  if (/^f(data)?sync$/.test(call)) return { kind: 'sync', fd }
  if (call === 'ftruncate') return { kind: 'resize', fd, size: last }
  if (/^p?writev?(64)?$/.test(call)) {
    const data = Buffer.concat(texts)
    if (data.length < result) throw new Error(`the trace is cut short: ${call}, ${data.length} of ${result} bytes`)
    return { kind: 'write', fd, data: data.subarray(0, result), at: call.startsWith('p') ? last : undefined }
  }
  throw new Error(`what ${call} leaves is not known`)
}
