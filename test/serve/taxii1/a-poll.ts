import { booleanOf, childNamed, textOf } from '../../../src/taxii/v1/xml-node.ts'
import { aServer, fill, fulfil, someBlocks } from './a-server.ts'
import type { TestServer, Told } from './a-server.ts'

/** Of an answer to a poll: its labels, its result id, whether there is more, its counts. */
export const endOf = ({ root }: Told) => textOf(root, 'Inclusive_End_Timestamp')
export const beginOf = ({ root }: Told) => textOf(root, 'Exclusive_Begin_Timestamp')
export const resultOf = ({ root }: Told) => root.attributes.get('result_id') ?? ''
export const moreOf = ({ root }: Told) => booleanOf(root, 'more')
export const countOf = ({ root }: Told) => {
  const node = childNamed(root, 'Record_Count')
  return node && [node.text, node.attributes.get('partial_count')]
}

/** A binding that a poll asks for. */
export const binding = (id: string) => `<t:Content_Binding binding_id="${id}"/>`

/** A server whose feed has so many blocks, given in parts of that size. */
export async function aFeed(count: number, partSize = 1000) {
  const server = await aServer({ services: { poll: { maxResultSize: partSize } } })
  const blocks = await fill(server, someBlocks(count))
  return { server, blocks, labels: blocks.map(({ timestampLabel }) => timestampLabel) }
}

/** All parts of a poll, in order. */
export async function everyPart(server: TestServer, first: Told): Promise<Told[]> {
  const parts = [first]
  while (moreOf(parts.at(-1) as Told) === true) parts.push(await fulfil(server, resultOf(first), parts.length + 1))
  return parts
}
