import type { IndicatorFormat } from '../format.ts'
import { fitsLine } from '../text.ts'

/**
 * A static list of Logpoint: a text file in which each line is a value; it has no comments.
 * @see Logpoint API Reference, User-defined Lists API, Import Static List
 */
export const logpointList: IndicatorFormat = {
  name: 'logpoint-list',
  summary: 'a static list for Logpoint: one value a line and nothing else; --push imports it',
  extension: 'txt',
  canSplit: true,
  parts: () => [{ file: 'list.txt', line: ({ value }) => (fitsLine(value) ? `${value}\n` : undefined) }],
}
