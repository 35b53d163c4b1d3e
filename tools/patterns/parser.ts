import { readFileSync } from 'node:fs'
import path from 'node:path'
import peggy from 'peggy'

const grammar = 'src/stix/patterns/pattern.peggy'

/** The parser that peggy makes from the grammar of STIX patterns, as the text of a TypeScript module. */
export function patternParser(root: string): string {
  const parser = peggy.generate(readFileSync(path.join(root, grammar), 'utf8'), {
    output: 'source',
    format: 'es',
    allowedStartRules: ['Pattern'],
    grammarSource: grammar,
  })
  return `// @ts-nocheck\n// Made from ${grammar} by: npm run docs\n${parser}`
}
