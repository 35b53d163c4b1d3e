import { type JsonObject, numberAt, textAt } from './fields.ts'

/** Words of the scales that STIX 2.1 sets beside 0 to 100 (appendix A), and what they come to there. */
const confidenceOfWord: Readonly<Record<string, number>> = {
  none: 0,
  low: 15,
  med: 50,
  medium: 50,
  moderate: 50,
  high: 85,
  '1 - confirmed by other sources': 90,
  '2 - probably true': 70,
  '3 - possibly true': 50,
  '4 - doubtful': 30,
  '5 - improbable': 10,
  impossible: 0,
  'highly unlikely': 10,
  'almost certainly not': 10,
  unlikely: 30,
  'probably not': 30,
  'even chance': 50,
  likely: 70,
  probable: 70,
  'highly likely': 90,
  'almost certain': 90,
  certain: 100,
  'almost no chance': 5,
  remote: 5,
  'very unlikely': 15,
  'highly improbable': 15,
  improbable: 30,
  'roughly even chance': 50,
  'roughly even odds': 50,
  'very likely': 85,
  'highly probable': 85,
  'nearly certain': 95,
}

const severityOfWord: Readonly<Record<string, number>> = {
  none: 0,
  info: 10,
  informational: 10,
  'very-low': 15,
  low: 30,
  medium: 50,
  moderate: 50,
  high: 80,
  'very-high': 90,
  critical: 100,
  severe: 100,
}

/** Well-known properties for how bad something is, and the top of their scale. */
const severityProperties: readonly (readonly [string, number])[] = [
  ['x_opencti_score', 100],
  ['x_score', 100],
  ['x_severity', 100],
  ['severity', 100],
  ['x_risk_score', 100],
  ['x_rf_risk_score', 100],
  ['x_threat_score', 100],
  ['x_tc_threat_rating', 5],
]

/**
 * Confidence from 0 to 100: the property as STIX 2.1 has it, else the words of its scales, `n/10`, and what providers
 * write for 2.0 (`x_confidence`, Anomali's labels). Undefined when nothing usable is said; never out of range.
 * @see STIX 2.1, 3.2 and appendix A
 */
export function confidenceOf(object: JsonObject, labels: readonly string[]): number | undefined {
  for (const name of ['confidence', 'x_confidence', 'x_confidence_level', 'x_threatstream_confidence']) {
    const found = scored(object, name, confidenceOfWord, 100)
    if (found !== undefined) return found
  }
  return labelled(labels, 'threatstream-confidence-', confidenceOfWord)
}

/** How bad it is from 0 to 100, from a score or severity property or label; undefined when nothing usable is said. */
export function severityOf(object: JsonObject, labels: readonly string[]): number | undefined {
  for (const [name, top] of severityProperties) {
    const found = scored(object, name, severityOfWord, top)
    if (found !== undefined) return found
  }
  return labelled(labels, 'threatstream-severity-', severityOfWord)
}

type Words = Readonly<Record<string, number>>

function scored(object: JsonObject, name: string, words: Words, top: number): number | undefined {
  if (object[name] === undefined) return undefined
  const number = numberAt(object, name)
  if (number !== undefined) return inRange(number, top)
  const text = textAt(object, name, 64)
  return text === undefined ? undefined : scoreOf(text, words, top)
}

function scoreOf(text: string, words: Words, top: number): number | undefined {
  const word = text.trim().toLowerCase().replace(/_/g, ' ')
  if (Object.hasOwn(words, word)) return words[word]
  const found = /^(\d{1,3}(?:\.\d+)?)\s*(?:%|\/\s*(\d{1,3}))?$/.exec(word)
  return found ? inRange(Number(found[1]), found[2] === undefined ? top : Number(found[2])) : undefined
}

function inRange(number: number, top: number): number | undefined {
  return number >= 0 && number <= top && top > 0 ? Math.round((number / top) * 100) : undefined
}

function labelled(labels: readonly string[], start: string, words: Words): number | undefined {
  const label = labels.find((one) => one.startsWith(start))
  return label === undefined ? undefined : scoreOf(label.slice(start.length), words, 100)
}
