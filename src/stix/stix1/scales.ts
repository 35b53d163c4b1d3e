/**
 * Words of the usual scales, as numbers of STIX 2.1.
 * @see STIX 2.1, Appendix A (None / Low / Med / High, Admiralty Credibility, WEP, DNI)
 */
const words: Readonly<Record<string, number>> = {
  none: 0,
  low: 15,
  med: 50,
  medium: 50,
  high: 85,
  'very low': 5,
  'very high': 95,
  'confirmed by other sources': 90,
  'probably true': 70,
  'possibly true': 50,
  doubtful: 30,
  doubtfully: 30,
  improbable: 10,
  impossible: 0,
  'highly unlikely': 10,
  'almost certainly not': 10,
  unlikely: 30,
  'even chance': 50,
  likely: 70,
  'very likely': 85,
  'highly likely': 90,
  certain: 100,
  'almost certain': 95,
  // Words of STIX 1's impact vocabularies.
  minor: 15,
  moderate: 50,
  major: 85,
  critical: 95,
}

/** A confidence or an impact as 0 to 100; undefined for what is on no scale that is known (`Unknown`). */
export function onScale(text: string | undefined): number | undefined {
  const trimmed = text?.trim().toLowerCase()
  if (trimmed === undefined || trimmed === '' || trimmed.length > 60) return undefined
  const number = /^(\d{1,3})(?:\.\d+)?\s*%?$/.exec(trimmed)?.[1]
  if (number !== undefined) return Number(number) <= 100 ? Number(number) : undefined
  const word = trimmed.replace(/^\d\s*[-:]\s*/, '')
  return Object.hasOwn(words, word) ? words[word] : undefined
}
