import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { exitStatusOfKind } from '../../src/core/errors.ts'

/** One place in the source where an error is made. */
export interface ErrorSite {
  readonly file: string
  readonly codes: readonly string[]
  readonly kinds: readonly string[]
  /** What varies is `…`. */
  readonly message: string
  readonly hint: string
}

export interface CodeSite {
  readonly file: string
  readonly code: string
  readonly text: string
}

export interface Catalogue {
  readonly errors: readonly ErrorSite[]
  /** `{ code, message }` given to a notice sink. */
  readonly warnings: readonly CodeSite[]
  /** `{ reason, detail }` of what is kept aside. */
  readonly reasons: readonly CodeSite[]
}

const codeForm = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/

/** Reads every error, warning and quarantine reason off the source below `root`/src. */
export function readCatalogue(root: string): Catalogue {
  const catalogue = { errors: [] as ErrorSite[], warnings: [] as CodeSite[], reasons: [] as CodeSite[] }
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  for (const name of files.filter((file) => file.endsWith('.ts')).sort()) {
    const file = `src/${name.split(path.sep).join('/')}`
    const source = ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.ES2023, true)
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText() === 'StixTaxiiError') {
        const site = errorSite(file, node)
        // An error told anew keeps its code: it is documented where it arose.
        const isToldAnew = /\.code$/.test(node.arguments?.[0]?.getText() ?? '')
        if (site.codes.length > 0 || isToldAnew) catalogue.errors.push(...(isToldAnew ? [] : [site]))
        else catalogue.errors.push(...(sitesOfMaker(file, node) ?? [site]))
      }
      if (ts.isObjectLiteralExpression(node)) {
        catalogue.warnings.push(...codeSites(file, node, 'code', 'message'))
        catalogue.reasons.push(...codeSites(file, node, 'reason', 'detail'))
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return catalogue
}

function errorSite(file: string, node: ts.NewExpression): ErrorSite {
  const [code, message, details] = node.arguments ?? []
  return {
    file,
    codes: literalsIn(code).filter((text) => codeForm.test(text)),
    kinds: kindsOf(details),
    message: prose(message),
    hint: prose(member(details, 'hint')),
  }
}

/** Where a small function of the file, `const fail = (code, kind, text, hint) => new StixTaxiiError(code, ...)`, is called. */
function sitesOfMaker(file: string, node: ts.NewExpression): ErrorSite[] | undefined {
  let maker: ts.Node = node
  while (!ts.isFunctionLike(maker)) {
    if (ts.isSourceFile(maker)) return undefined
    maker = maker.parent
  }
  const name = ts.isVariableDeclaration(maker.parent) ? maker.parent.name.getText() : maker.name?.getText()
  const sites: ErrorSite[] = []
  const visit = (at: ts.Node): void => {
    if (ts.isCallExpression(at) && at.expression.getText() === name) sites.push(...callSite(file, at))
    ts.forEachChild(at, visit)
  }
  visit(node.getSourceFile())
  return sites.length > 0 ? sites : undefined
}

function callSite(file: string, call: ts.CallExpression): ErrorSite[] {
  const [code, ...rest] = call.arguments
  const codes = literalsIn(code).filter((text) => codeForm.test(text))
  const kinds = rest.flatMap(literalsIn).filter((text) => text in exitStatusOfKind)
  const [message = '', hint = ''] = rest.map(prose).filter((text) => !(text in exitStatusOfKind) && /[a-z]/i.test(text))
  return codes.length > 0 ? [{ file, codes, kinds, message, hint }] : []
}

/** The kind beside the code, also where code and message share `details` defined above them. */
function kindsOf(details: ts.Expression | undefined): string[] {
  if (details === undefined || !ts.isIdentifier(details)) return literalsIn(member(details, 'kind'))
  const [, kind] =
    new RegExp(`const ${details.text} = \\{[^}]*kind: '([a-z-]+)'`).exec(details.getSourceFile().text) ?? []
  return kind === undefined ? [] : [kind]
}

function codeSites(file: string, node: ts.ObjectLiteralExpression, name: string, about: string): CodeSite[] {
  const text = prose(member(node, about))
  const codes = literalsIn(member(node, name)).filter((literal) => codeForm.test(literal))
  return codes.map((code) => ({ file, code, text }))
}

function member(node: ts.Expression | undefined, name: string): ts.Expression | undefined {
  if (node === undefined || !ts.isObjectLiteralExpression(node)) return undefined
  const found = node.properties.find((property) => property.name?.getText() === name)
  return found && ts.isPropertyAssignment(found) ? found.initializer : undefined
}

/** Every string that the expression may come to. */
function literalsIn(node: ts.Expression | undefined): string[] {
  if (node === undefined) return []
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return literalsIn(node.expression)
  if (ts.isConditionalExpression(node)) return [...literalsIn(node.whenTrue), ...literalsIn(node.whenFalse)]
  if (ts.isBinaryExpression(node)) return [...literalsIn(node.left), ...literalsIn(node.right)]
  return []
}

/** A message as a reader of the documentation sees it. */
function prose(node: ts.Expression | undefined): string {
  if (node === undefined) return ''
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('')
  }
  if (ts.isParenthesizedExpression(node)) return prose(node.expression)
  if (ts.isConditionalExpression(node)) {
    return [prose(node.whenTrue), prose(node.whenFalse)].filter((text) => text !== '' && text !== '…').join(' / ')
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return prose(node.left) + prose(node.right)
  }
  if (ts.isIdentifier(node)) return proseOfName(node)
  return '…'
}

/** What the nearest constant of this name above was set to; nothing for a parameter. */
function proseOfName(node: ts.Identifier): string {
  let nearest: ts.Expression | undefined
  const visit = (at: ts.Node): void => {
    if (at.pos >= node.pos) return
    if (ts.isVariableDeclaration(at) && at.name.getText() === node.text && at.initializer) nearest = at.initializer
    ts.forEachChild(at, visit)
  }
  visit(node.getSourceFile())
  return nearest === undefined || ts.isIdentifier(nearest) ? '' : prose(nearest)
}
