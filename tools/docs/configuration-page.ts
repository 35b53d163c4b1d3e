import { serveConfigurationJsonSchema } from '../../src/serve/configuration/schema.ts'
import { serverDataJsonSchema } from '../../src/serve/sync/schema.ts'

/** As much of JSON Schema as these files need. */
interface Node {
  readonly type?: string | undefined
  readonly description?: string | undefined
  readonly properties?: Readonly<Record<string, Node>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Node | undefined
  readonly enum?: readonly string[] | undefined
  readonly anyOf?: readonly Node[] | undefined
}

/** docs/serve-configuration.md. */
export function configurationPage(): string {
  return [
    '# Files of the server',
    '',
    'Made from the source by `npm run docs`; `npm test` compares it. Keys that are not here are refused, with their line and the key that was',
    'probably meant.',
    '',
    '## `serve --config FILE`',
    '',
    'Nothing is needed. Flags go before the environment, and that before the file: `STIXTAXII_SERVER__TAXII2__TITLE` is `taxii2.title`. How to write parts',
    'of your own: [serve-extending.md](serve-extending.md).',
    '',
    ...table(serveConfigurationJsonSchema()),
    '',
    '## `server sync -f FILE`',
    '',
    ...table(serverDataJsonSchema()),
    '',
  ].join('\n')
}

function table(schema: Node): string[] {
  return ['| key | value | meaning |', '| --- | --- | --- |', ...rows(schema, '')]
}

function rows({ properties = {}, required = [] }: Node, above: string): string[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const way = `${above}${key}`
    const meaning = [required.includes(key) ? 'needed' : '', node.description ?? ''].filter(Boolean).join('; ')
    const inner = node.type === 'array' ? rows(node.items ?? {}, `${way}[].`) : rows(node, `${way}.`)
    return [`| \`${way}\` | ${cell(valueOf(node))} | ${cell(meaning)} |`, ...inner]
  })
}

function valueOf(node: Node): string {
  if (node.enum) return node.enum.map((word) => `\`${word}\``).join(', ')
  if (node.anyOf) return [...new Set(node.anyOf.map(valueOf))].join(', or ')
  if (node.type === 'array') return `list of ${valueOf(node.items ?? {})}`
  return (
    { boolean: 'true or false', integer: 'whole number', object: 'keys', string: 'text' }[node.type ?? ''] ?? 'number'
  )
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
