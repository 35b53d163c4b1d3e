/**
 * What a person pasted, with the usual ways of making it harmless undone: `hxxp`, `[.]`, `(dot)`, `[:]`, `[://]`, `[@]`,
 * `[at]`, a backslash before a dot, quotes or angle brackets around it, zero-width characters in it.
 */
export function refang(text: string): string {
  const bare = text
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, '')
    .trim()
    .replace(/^(["'`<«“‘])([^]*)(["'`>»”’])$/, unquoted)
    .replace(/^h(?:xx|\*\*|__)p(s?)(?=\s?[:[({])/i, (_, s: string) => `http${s.toLowerCase()}`)
    .replace(/^(s?)fxp(s?)(?=\s?[:[({])/i, '$1ftp$2')
    .replace(/[[({]:\/\/[\])}]|[[({]:[\])}]\/\//g, '://')
    .replace(/[[({]:[\])}]/g, ':')
    .replace(/\s?[[({]\s?(?:\.|dot|d0t)\s?[\])}]\s?/gi, '.')
    .replace(/[[({]\.(?=\w)|(?<=\w)\.[\])}]/g, '.')
    .replace(/\s?[[({]\s?(?:@|at)\s?[\])}]\s?/gi, '@')
  // In a Windows path the backslashes are its own.
  return (/\\[^.]|\\$/.test(bare) ? bare : bare.replaceAll('\\.', '.')).trim()
}

const pairs: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '<': '>', '«': '»', '“': '”', '‘': '’' }

function unquoted(whole: string, open: string, inner: string, close: string): string {
  return pairs[open] === close ? inner.trim() : whole
}
