import { StixTaxiiError } from '../../core/errors.ts'
import { ScanError } from '../../scan/scan-error.ts'
import { createSlicer } from '../../scan/slicer.ts'

/** An envelope or bundle that is whole, in its parts. */
export interface CutEnvelope {
  /** Its objects, or whatever else is in the list, in order; raw bytes without insignificant white space. */
  readonly members: readonly Buffer[]
  /** The first member that breaks a limit; `number` counts from 1. */
  readonly damaged?: { readonly number: number; readonly problem: string } | undefined
  /** Everything but the objects, whose list is empty here. */
  readonly envelope: Readonly<Record<string, unknown>>
}

/**
 * Cuts an envelope that has arrived whole into its objects.
 * @throws TAXII_ENVELOPE_DAMAGED (usage) for what is no JSON object; TAXII_ENVELOPE_TOO_MUCH (usage) when it is nested too
 * deeply, has too much beside its objects, or more than `maxMembers` of them
 */
export function cutEnvelope(body: Buffer, { maxMembers = Infinity } = {}): CutEnvelope {
  const members: Buffer[] = []
  let damaged: CutEnvelope['damaged']
  const keep = (raw: Buffer): void => {
    if (members.length >= maxMembers) throw tooMuch(`it has more than ${maxMembers} objects`)
    members.push(raw)
  }
  const slicer = createSlicer({
    onMember: keep,
    onDamaged: (problem, raw) => {
      keep(raw)
      damaged ??= { number: members.length, problem }
    },
  })
  try {
    slicer.push(body)
    return { members, damaged, envelope: slicer.end().value }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    if (error.reason === 'limit') throw tooMuch(error.message, error)
    throw new StixTaxiiError('TAXII_ENVELOPE_DAMAGED', `The envelope is no JSON: ${error.message}`, {
      kind: 'usage',
      hint: 'Send one JSON object with a list of objects.',
      cause: error,
    })
  }
}

function tooMuch(problem: string, cause?: ScanError): StixTaxiiError {
  return new StixTaxiiError('TAXII_ENVELOPE_TOO_MUCH', `The envelope is too much: ${problem}`, {
    kind: 'usage',
    hint: 'Send fewer objects, nested less, and nothing much beside them.',
    cause,
  })
}
