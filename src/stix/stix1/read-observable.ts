import { attributeOf, booleanOf, childOf, childrenOf, textOf, type Element } from './elements.ts'
import { allOf, anyOf, negated, type Expression, type ObjectExpression } from './expression.ts'
import type { FieldContext } from './fields.ts'
import { readProperties } from './read-properties.ts'

/** What the elements inside were read as, when they ended. */
export type ReadInside = (element: Element) => Expression | undefined

/** An `Object`, `Associated_Object` or `Related_Object`: its properties, or a reference to another. */
export function readObject(object: Element, inside: ReadInside, context: FieldContext): Expression | undefined {
  const idref = attributeOf(object, 'idref')
  if (idref !== undefined) return { is: 'reference', to: 'object', id: idref }
  const read = allOf(childrenOf(object, 'Properties').map((properties) => readProperties(properties, context)))
  return read?.is === 'object' && read.kind === 'emailmessage' ? withContained(object, read, inside) : read
}

/**
 * Related objects are context. A file that an e-mail message contains is one that came with it, though: an attachment, by
 * whichever of the two ways it was written down.
 * @see CybOX 2.1, ObjectRelationshipVocab-1.1 (SX1-5)
 */
function withContained(object: Element, email: ObjectExpression, inside: ReadInside): Expression {
  const contained = childrenOf(childOf(object, 'Related_Objects'), 'Related_Object')
    .filter((related) => textOf(childOf(related, 'Relationship'))?.toLowerCase() === 'contains')
    .map((related) => attached(inside(related)))
  return { ...email, part: allOf([email.part, ...contained]) ?? email.part }
}

const attachment = 'email-message:body_multipart[*].body_raw_ref'

function attached(part: Expression | undefined): Expression | undefined {
  if (!part) return undefined
  return part.is === 'reference' ? { ...part, under: attachment } : { is: 'contained', part, under: attachment }
}

/**
 * An `Observable`: a reference, an object, an event or a composition; turned round by `negate`. One that holds nothing (or
 * nothing that was written into the document) is unknown, since beside others it may well have to hold.
 * @see CybOX 2.1, cybox_core.xsd, ObservableType (SX1-4)
 */
export function readObservable(observable: Element, inside: ReadInside): Expression {
  const read = contentOf(observable, inside) ?? { is: 'unknown', what: 'an observable without content' }
  return booleanOf(observable, 'negate') ? negated(read) : read
}

function contentOf(observable: Element, inside: ReadInside): Expression | undefined {
  const idref = attributeOf(observable, 'idref')
  if (idref !== undefined) return { is: 'reference', to: 'observable', id: idref }
  const composition = childOf(observable, 'Observable_Composition')
  if (composition) return joinedBy(composition, childrenOf(composition, 'Observable').map(inside))
  const event = childOf(observable, 'Event')
  return event ? readEvent(event, inside) : allOf(childrenOf(observable, 'Object').map(inside))
}

/** `OR` is the default of neither schema nor practice: what has no operator is taken as AND, which claims less. */
export function joinedBy(element: Element, parts: readonly (Expression | undefined)[]): Expression | undefined {
  return attributeOf(element, 'operator')?.toUpperCase() === 'OR' ? anyOf(parts) : allOf(parts)
}

/** What was done to objects; that it was done is nothing that could be looked up. */
function readEvent(event: Element, inside: ReadInside): Expression | undefined {
  const objects = objectsOf(event)
  return objects.length === 0 ? undefined : allOf([...objects.map(inside), { is: 'unknown', what: 'Event' }])
}

function objectsOf(event: Element): readonly Element[] {
  const own = childrenOf(childOf(event, 'Actions'), 'Action').flatMap((action) =>
    childrenOf(childOf(action, 'Associated_Objects'), 'Associated_Object'),
  )
  return [...own, ...childrenOf(event, 'Event').flatMap(objectsOf)]
}
