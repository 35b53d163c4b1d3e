/** A value at a time. */
export interface Sample {
  /** Milliseconds since the start. */
  readonly atMs: number
  readonly value: number
}

export interface Slope {
  readonly perHour: number
  /** The true slope is with 97.5 % certainty not below this. */
  readonly atLeastPerHour: number
}

/** Parts of equal length that a series is cut into; what is left of a saw tooth in their least values is noise. */
const blocks = 12
/** Student's t for 10 degrees of freedom at 97.5 %. */
const student = 2.228

/**
 * How a series grows, by least squares over the least value of each twelfth of it. A collector of garbage makes a saw tooth
 * whose feet say what is held: their scatter about the line is the noise, and gives the bound.
 */
export function slopeOf(samples: readonly Sample[]): Slope {
  const feet = feetOf(samples)
  const count = feet.length
  if (count < 3) return { perHour: 0, atLeastPerHour: 0 }
  const meanAt = sum(feet.map(({ atMs }) => atMs)) / count
  const meanValue = sum(feet.map(({ value }) => value)) / count
  const spread = sum(feet.map(({ atMs }) => (atMs - meanAt) ** 2))
  const slope = sum(feet.map(({ atMs, value }) => (atMs - meanAt) * (value - meanValue))) / spread
  const rest = sum(feet.map(({ atMs, value }) => (value - meanValue - slope * (atMs - meanAt)) ** 2))
  const error = Math.sqrt(rest / (count - 2) / spread)
  return { perHour: slope * 3_600_000, atLeastPerHour: (slope - student * error) * 3_600_000 }
}

/** The least sample of each block, at its own time. */
function feetOf(samples: readonly Sample[]): readonly Sample[] {
  const length = Math.max(1, Math.ceil(samples.length / blocks))
  const feet: Sample[] = []
  for (let at = 0; at < samples.length; at += length) {
    const block = samples.slice(at, at + length)
    feet.push(block.reduce((least, sample) => (sample.value < least.value ? sample : least)))
  }
  return feet
}

/** The value below which that share of them lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
