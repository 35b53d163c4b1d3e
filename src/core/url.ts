/**
 * A text as an address; undefined when it is none. Not by `URL.canParse`: in Node 20 and 22 that says yes to texts beyond
 * ASCII that `new URL` refuses, once it has been called often enough to be optimised.
 */
export function readUrl(text: string, base?: URL | string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

/**
 * The address of an absolute path (with its query) at an origin. Not `new URL(path, origin)`: a path that begins with two
 * slashes would name another host there, and such a path may come from a server.
 */
export function urlAt(origin: string, path: string): URL {
  return new URL(`${origin}${path.startsWith('/') ? '' : '/'}${path}`)
}
