const tokens = /'(?:[^'\\]|\\.)*'|[^']+|'/gs
const span = /\bSTART\s+$/
const stop = /\bSTOP\s+$/

/**
 * A STIX 2.0 pattern as 2.1 writes it: the times of START and STOP are times, where 2.0 has plain text. What is inside of
 * texts is not touched.
 * @see STIX 2.1, 9.5.1; STIX 2.0 part 5, 4.2.1
 */
export function convertPattern(pattern: string): string {
  let before = ''
  return pattern.replace(tokens, (token) => {
    const isTime = token.startsWith("'") && (span.test(before) || stop.test(before))
    before = token.slice(-16)
    return isTime ? `t${token}` : token
  })
}
