import { textOf, type Element } from './elements.ts'
import { allOf, type Expression, type ObjectExpression } from './expression.ts'
import type { FieldContext } from './fields.ts'
import type { FieldReading } from './objects/object-kind.ts'
import { fieldReaders, objectReaders } from './objects/registry.ts'

/**
 * An object's `Properties` (or an element that extends them) as what has to hold; undefined when nothing in it has content.
 * Properties that are not understood are in it as `unknown`: beside them, nothing is certain by itself.
 */
export function readProperties(properties: Element, context: FieldContext): ObjectExpression | undefined {
  const reading: FieldReading = {
    ...context,
    readChildren: (element) => allOf(element.children.map((child) => readOne(child, reading))),
  }
  const kind = kindOf(properties)
  const reader = objectReaders.get(kind)
  const part = reader ? reader(properties, reading) : reading.readChildren(properties)
  return part && { is: 'object', kind, part }
}

function readOne(element: Element, reading: FieldReading): Expression | undefined {
  const reader = fieldReaders.get(element.name)
  if (reader) return reader(element, reading)
  if (element.children.length > 0) return reading.readChildren(element)
  return textOf(element) === undefined ? undefined : { is: 'unknown', what: element.local.slice(0, 60) }
}

const objectWord = /^object\/(\w+):/

/** The kind by `xsi:type`, by the name of the type where its prefix is not declared, else by the first property. */
function kindOf(properties: Element): string {
  const byType = objectWord.exec(properties.type ?? '')?.[1]
  if (byType !== undefined) return byType
  for (const child of properties.children) {
    const byChild = objectWord.exec(child.name)?.[1]
    if (byChild !== undefined) return byChild
  }
  return /(\w+?)ObjectType$/.exec(properties.type ?? '')?.[1]?.toLowerCase() ?? 'custom'
}
