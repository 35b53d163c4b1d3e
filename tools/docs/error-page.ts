import { exitStatusOfKind, type ErrorKind } from '../../src/core/errors.ts'
import { explainExitCodes } from '../../src/cli/help-topics.ts'
import type { Catalogue, CodeSite, ErrorSite } from './error-catalogue.ts'

/** docs/errors.md. */
export function errorPage(catalogue: Catalogue): string {
  return [
    '# Errors',
    '',
    'Made from the source by `npm run docs`; `npm test` compares it.',
    '',
    'A failure has a code, which stays, and a kind, which decides the exit status. With `-o json` it is one line on standard',
    'error: `{"error": {"code", "kind", "message", "hint", "context"}}`, described by `schemas/error.json`.',
    '`…` stands for what varies.',
    '',
    '```',
    explainExitCodes(),
    '```',
    '',
    ...rooms(catalogue.errors).flatMap(([room, sites]) => ['', `## ${room}`, '', ...errorRows(sites)]),
    '',
    '## Warnings',
    '',
    'Nothing is lost by what these tell; with `-o json` they are lines `{"warning": {"code", "message"}}` on standard error.',
    '',
    ...codeRows(catalogue.warnings, 'message'),
    '',
    '## Reasons for quarantine',
    '',
    'Something received that cannot be kept as it is: it is kept aside, counted, and stops nothing.',
    '',
    ...codeRows(catalogue.reasons, 'detail'),
    '',
  ].join('\n')
}

function rooms(errors: readonly ErrorSite[]): [string, ErrorSite[]][] {
  const byRoom = new Map<string, ErrorSite[]>()
  for (const site of errors) {
    const room = (site.codes[0] ?? '').split('_')[0]?.toLowerCase() ?? ''
    if (room !== '') byRoom.set(room, [...(byRoom.get(room) ?? []), site])
  }
  return [...byRoom].sort(([a], [b]) => a.localeCompare(b, 'en'))
}

function errorRows(sites: readonly ErrorSite[]): string[] {
  const byCode = new Map<string, ErrorSite[]>()
  for (const site of sites) for (const code of site.codes) byCode.set(code, [...(byCode.get(code) ?? []), site])
  const rows = [...byCode]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, of]) => {
      const kinds = distinct(of.flatMap((site) => site.kinds)).map(
        (kind) => `${kind} (${exitStatusOfKind[kind as ErrorKind] ?? '?'})`,
      )
      const messages = distinct(of.map((site) => site.message).filter(isTelling))
      const hints = distinct(of.map((site) => site.hint).filter(isTelling))
      return `| \`${code}\` | ${kinds.join(', ')} | ${messages.map(cell).join('<br>')} | ${hints.map(cell).join('<br>')} |`
    })
  return ['| code | kind (exit status) | what happened | what to do |', '| --- | --- | --- | --- |', ...rows]
}

function codeRows(sites: readonly CodeSite[], head: string): string[] {
  const byCode = new Map<string, string[]>()
  for (const { code, text } of sites) byCode.set(code, distinct([...(byCode.get(code) ?? []), text]))
  const rows = [...byCode]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, texts]) => `| \`${code}\` | ${texts.filter(isTelling).map(cell).join('<br>')} |`)
  return [`| code | ${head} |`, '| --- | --- |', ...rows]
}

function isTelling(text: string): boolean {
  return /[a-z]/i.test(text)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ')
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
