// Counts of values by how large they are, in steps that do not change: what monitors add up over many processes.

export type Histogram = {
  /** How many were at most as large as the bound of the same place, and larger than the one before; the last one: larger than all. */
  counts: number[]
  sum: number
  count: number
}

/** Seconds that a call to a model may take, as the conventions of OpenTelemetry for such calls step them. */
export const CALL_SECONDS: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]

/** Tokens of a call, by the same conventions. */
export const CALL_TOKENS: readonly number[] = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]

/** @param bounds in rising order */
export function newHistogram(bounds: readonly number[]): Histogram {
  return { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0, count: 0 }
}

/** Counts a value. @param bounds those it was made with */
export function observe(histogram: Histogram, bounds: readonly number[], value: number): void {
  let at = 0
  while (at < bounds.length && value > (bounds[at] ?? 0)) at++
  histogram.counts[at] = (histogram.counts[at] ?? 0) + 1
  histogram.sum += value
  histogram.count++
}
