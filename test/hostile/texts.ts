/** Texts of a server that means harm: to a terminal, a log, a spreadsheet, a path, a page, or whoever reads them (S8, S9, S10). */
export const hostileTexts: Readonly<Record<string, string>> = {
  'clipboard (OSC 52)': '\u001b]52;c;Y2FuYXJ5\u0007',
  'link (OSC 8)': '\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\',
  'window title': '\u001b]0;owned\u0007',
  'cleared screen': '\u001b[2J\u001b[H',
  'colours that stay': '\u001b[31;1mred',
  'alternate screen': '\u001b[?1049h',
  'C1 control sequence': '\u009b31mred',
  'C1 operating system command': '\u009d52;c;Y2FuYXJ5\u009c',
  'device control string': '\u001bP1$r\u001b\\',
  'bidirectional override': 'abc\u202etxt.exe\u202c',
  'bidirectional isolate': '\u2066abc\u2069',
  'zero width': 'pay\u200bpal\u200d\ufeff',
  'line and paragraph separators': 'a\u2028b\u2029c\u0085d',
  'half of a character': 'a\ud800b\udc00',
  NUL: 'a\u0000b',
  'carriage return': 'good\rbad',
  backspace: 'good\b\b\b\bbad',
  DEL: 'a\u007f\u007fb',
  'invisible tags': 'a\u{e0041}\u{e0042}b',
  'marks without end': `a${'\u0301'.repeat(400)}\u034f`,
  'very long': 'long '.repeat(6000),
  'formula (=)': '=HYPERLINK("http://evil.example","x")',
  'formula behind a tab': '\t=1+1',
  'formula behind a line end': 'x\n@SUM(1)\r+1\n-1',
  'record of a log': 'x"}\n{"level":"info","event":"login","name":"admin"}\n',
  'key of every object': '__proto__',
  'way up': '../../../etc/passwd',
  'name of a device': 'CON',
  'alternate stream': 'a:b|c*?. ',
  'script and markup': '"><script>alert(1)</script><img src=x onerror=alert(1)>\'',
  'end of CDATA': ']]><x>&xxe;</x><!--',
  'several at once': '=1+1\u001b]52;c;x\u0007\u202e\u009b2J\r\b\u200b\u2028\ud800__proto__/../\u0000',
}

/** What no terminal, log or page may get: C0 but for line feed and tab, DEL, C1, what turns text round or does not show. */
const raw =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]|\u034f|[\u{e0000}-\u{e0fff}]/u

/** Where a text has such a character, with what is around it; undefined where it has none. */
export function rawIn(text: string): string | undefined {
  const at = text.search(raw)
  return at < 0 ? undefined : JSON.stringify(text.slice(Math.max(0, at - 60), at + 40))
}

/** Cells of a table in CSV that a spreadsheet would run. The reader is strict: a quote that is not doubled ends the cell. */
export function formulasIn(csv: string): string[] {
  const cells = [...csv.matchAll(/(?:^|[,\r\n])(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?=[,\r\n]|$)/g)]
  return cells
    .map(([, quoted, plain]) => (quoted ?? plain ?? '').replaceAll('""', '"'))
    .filter(
      (cell) =>
        /(?:^|[\r\n])[\s\u00a0]*[=+@\t\r]/.test(cell) || /(?:^|[\r\n])[\s\u00a0]*-(?!\d+(?:\.\d+)?$)./.test(cell),
    )
}
