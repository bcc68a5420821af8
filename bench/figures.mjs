// What a measure hands back and how it is printed: one value per round, their median against a goal.

/**
 * @param {string} id of performance.md
 * @param {string} what
 * @param {number[]} values one per round
 * @param {{ most?: number, least?: number, note?: string }} goal none: only reported
 */
export function figure(id, what, values, { most, least, note } = {}) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = median(sorted)
  const verdict =
    most === undefined && least === undefined
      ? 'info'
      : middle <= (most ?? Number.POSITIVE_INFINITY) && middle >= (least ?? Number.NEGATIVE_INFINITY)
        ? 'pass'
        : 'miss'
  return {
    id,
    what,
    median: middle,
    min: sorted[0],
    max: sorted.at(-1),
    values,
    goal: most !== undefined ? `<= ${most}` : least !== undefined ? `>= ${least}` : '',
    verdict,
    ...(note === undefined ? {} : { note }),
  }
}

/** The middle value; the mean of the two middle ones where there is no single one. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** One line for a person. */
export function line({ id, what, median: middle, min, max, goal, verdict, note }) {
  const range = `[${short(min)}..${short(max)}]`
  return `${id.padEnd(4)} ${what.padEnd(58)} ${short(middle).padStart(7)} ${range.padEnd(18)} ${goal.padEnd(8)} ${verdict}${note === undefined ? '' : `  (${note})`}`
}

function short(value) {
  if (!Number.isFinite(value)) return 'none'
  if (Number.isInteger(value)) return String(value)
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)
}
