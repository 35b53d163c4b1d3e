import type { StrykerMutant, StrykerReport } from './stryker.ts'

/** What became of the mutants of some files. */
export interface MutationFigures {
  readonly mutants: number
  readonly killed: number
  readonly survived: number
  readonly noCoverage: number
  readonly timeout: number
  /** Killed or timed out, of all that can run; in percent, one digit after the point. 0 of none. */
  readonly score: number
}

/** Counts the mutants. Those that were left out, or are no program (compile errors), count nowhere. */
export function figuresOf(mutants: readonly StrykerMutant[]): MutationFigures {
  const number = (status: string): number => mutants.filter((mutant) => mutant.status === status).length
  const [killed, survived] = [number('Killed'), number('Survived')]
  const [noCoverage, timeout] = [number('NoCoverage'), number('Timeout')]
  const all = killed + survived + noCoverage + timeout
  const score = all === 0 ? 0 : Math.floor(((killed + timeout) / all) * 1000) / 10
  return { mutants: all, killed, survived, noCoverage, timeout, score }
}

/** The mutants that no test saw, as `file:line:column mutator: before -> after`, in the order of the files. */
export function survivorsOf({ files }: StrykerReport): readonly string[] {
  return Object.entries(files).flatMap(([name, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.filter(isAlive).map(({ mutatorName, replacement = '', location: { start, end }, status }) => {
      const line = lines[start.line - 1] ?? ''
      const before = start.line === end.line ? line.slice(start.column - 1, end.column - 1) : `${line.trim()} ...`
      const kind = status === 'NoCoverage' ? ' (not run)' : ''
      return `${name}:${start.line}:${start.column} ${mutatorName}${kind}: ${before} -> ${oneLine(replacement)}`
    })
  })
}

function isAlive({ status }: StrykerMutant): boolean {
  return status === 'Survived' || status === 'NoCoverage'
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ')
  return flat.length > 120 ? `${flat.slice(0, 120)} ...` : flat
}
