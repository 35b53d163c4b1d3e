import type { Element } from '../elements.ts'
import type { Expression } from '../expression.ts'
import type { FieldContext } from '../fields.ts'

/** Reads one element of an object's properties; undefined: it demands nothing. */
export type FieldReader = (element: Element, reading: FieldReading) => Expression | undefined

/** How the elements inside are read. */
export interface FieldReading extends FieldContext {
  /** Every child by its own reader, all of which have to hold. */
  readChildren(element: Element): Expression | undefined
}

/** Some CybOX objects that belong together. */
export interface ObjectKind {
  /** Readers by `word:Local_Name` of the element, `object/file:File_Name`. What is in no table is not understood. */
  readonly fields: Readonly<Record<string, FieldReader>>
  /** Readers of whole `Properties`, by the object's kind (`winregistrykey`), where its fields mean something together only. */
  readonly objects?: Readonly<Record<string, FieldReader>> | undefined
}

/** A reader for what has no say in whether something matches. */
export const ignored: FieldReader = () => undefined
