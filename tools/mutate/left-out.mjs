// What Stryker leaves out. First: what a person reads, the message of an error or a notice and its hint. Tests hold errors
// to their code, kind and context; to repeat each sentence in a test would only make sentences hard to better. Second, where
// a group is sampled: the functions that the seed did not draw. See docs/mutation.md.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin'
import { createHash } from 'node:crypto'

const spoken = new Set(['message', 'hint'])
const [seed = '0', oneIn = '1'] = (process.env.STIXTAXII_MUTATE_SAMPLE ?? '').split(':').filter((part) => part !== '')

/** Whether a node is the message of `new StixTaxiiError(code, message, ...)`, or a member `message:` or `hint:`. */
function isSpoken({ node, parent }) {
  if (parent?.type === 'NewExpression' && parent.callee.name === 'StixTaxiiError') return parent.arguments[1] === node
  return parent?.type === 'ObjectProperty' && parent.value === node && spoken.has(parent.key.name)
}

const outermost = new Set(['FunctionDeclaration', 'ClassDeclaration', 'VariableDeclaration', 'ExpressionStatement'])

/** Whether a node is a function, or a statement, of the file itself that this run's seed leaves out. */
function isOutOfSample({ node, parentPath }) {
  if (oneIn === '1' || !outermost.has(node.type)) return false
  const holder = parentPath?.node.type
  if (holder !== 'Program' && holder !== 'ExportNamedDeclaration') return false
  const name = node.id?.name ?? node.declarations?.[0]?.id.name
  const drawn = createHash('sha256').update(`${seed} ${name} ${node.loc?.start.line}`).digest().readUInt32BE(0)
  return drawn % Number(oneIn) !== 0
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'left-out', {
    shouldIgnore(path) {
      if (isSpoken(path)) return 'words for a person'
      return isOutOfSample(path) ? 'not drawn by the seed' : undefined
    },
  }),
]
