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

// ROOM_REASON; CERT_ is how Node names faults of certificates.
const codeForm = /^(?!CERT_|ERR_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/

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
    kinds: literalsIn(member(details, 'kind')),
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

function codeSites(file: string, node: ts.ObjectLiteralExpression, name: string, about: string): CodeSite[] {
  const text = prose(member(node, about))
  const codes = literalsIn(member(node, name)).filter((literal) => codeForm.test(literal))
  return codes.map((code) => ({ file, code, text }))
}

/** A property of an object literal, also when it is written short or comes out of what is spread into it. */
function member(node: ts.Expression | undefined, name: string): ts.Expression | undefined {
  const object = node && resolved(node)
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined
  for (const property of object.properties) {
    if (ts.isSpreadAssignment(property)) {
      const spread = member(property.expression, name)
      if (spread) return spread
    } else if (property.name?.getText() === name) {
      if (ts.isPropertyAssignment(property)) return resolved(property.initializer)
      if (ts.isShorthandPropertyAssignment(property)) return resolved(property.name)
    }
  }
  return undefined
}

/** A name as the value of the nearest constant of that name above; anything else, and a parameter, as it is. */
function resolved(node: ts.Expression): ts.Expression {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return resolved(node.expression)
  }
  if (!ts.isIdentifier(node)) return node
  let nearest: ts.Expression | undefined
  const visit = (at: ts.Node): void => {
    if (at.pos >= node.pos) return
    if (ts.isVariableDeclaration(at) && at.name.getText() === node.text) nearest = at.initializer
    ts.forEachChild(at, visit)
  }
  visit(node.getSourceFile())
  return nearest === undefined || ts.isIdentifier(nearest) ? node : resolved(nearest)
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
  if (ts.isIdentifier(node)) {
    const value = resolved(node)
    return value === node ? '' : prose(value)
  }
  // A function that puts the same words around each: `message('...')`.
  if (ts.isCallExpression(node) && node.arguments.length > 0) return prose(node.arguments[0])
  return '…'
}
