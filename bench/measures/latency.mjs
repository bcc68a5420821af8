// P3, P4, P5: what a caller feels of the layer. Added time is the median through the proxy less the median of the direct call.
import { figure, median } from '../figures.mjs'
import { BESIDE, each, inTurns, onStage } from '../stage.mjs'

const SLOW_MS = 100
const MANY = 128

/** Added time of ours over that of another subject. */
const addedRatio = (seen, key, other = 'min-keyed') =>
  seen.map((round) => (round.ours[key] - round.direct[key]) / (round[other][key] - round.direct[key]))

const addedNote = (seen, key) => {
  const { ours, direct, 'min-keyed': yardstick } = seen.at(-1)
  return `direct ${direct[key].toFixed(0)} us, ours +${(ours[key] - direct[key]).toFixed(0)}, min-keyed +${(yardstick[key] - direct[key]).toFixed(0)}`
}

/** A machine that others use as well changes its pace within seconds: the subjects take many short turns, and a round is their median. */
const SLICES = { quick: 6, full: 12 }
const SLICE = { connections: 1, warmupMs: 80, durationMs: 320 }

async function inSlices({ rounds, quick }, names, run, job) {
  const slices = quick ? SLICES.quick : SLICES.full
  const seen = await inTurns(rounds * slices, names, (name) => run(name, { ...SLICE, ...job }))
  return Array.from({ length: rounds }, (_, round) => {
    const own = seen.slice(round * slices, (round + 1) * slices)
    const middle = (name, key) => median(own.map((slice) => slice[name][key]))
    return Object.fromEntries(
      names.map((name) => [name, { p50: middle(name, 'p50'), first50: middle(name, 'first50') }]),
    )
  })
}

export async function oneAtATime(options) {
  const names = ['direct', 'ours', ...BESIDE]
  return onStage({ subjects: each(names.slice(1)), warm: true, awake: true }, async ({ run }) => {
    const seen = await inSlices(options, names, run, {})
    const figures = [
      figure('P3', 'added p50, one call at a time / min-keyed', addedRatio(seen, 'p50'), {
        most: 1.15,
        note: addedNote(seen, 'p50'),
      }),
    ]
    if (names.includes('nginx'))
      figures.push(figure('P3', 'added p50, one call at a time / nginx', addedRatio(seen, 'p50', 'nginx'), { most: 2 }))
    return figures
  })
}

export async function slowVendor({ rounds, quick }) {
  const names = ['direct', 'ours', 'min-keyed']
  const span = { warmupMs: 600, durationMs: quick ? 1500 : 3000 }
  return onStage({ subjects: each(names.slice(1)), manners: { delayMs: SLOW_MS }, warm: true }, async ({ run }) => {
    const seen = await inTurns(rounds, names, (name) => run(name, { connections: MANY, staggerMs: SLOW_MS, ...span }))
    const what = `${SLOW_MS} ms vendor, ${MANY} in flight`
    return [
      figure(
        'P4',
        `${what}: served / direct`,
        seen.map(({ ours, direct }) => ours.perSecond / direct.perSecond),
        {
          least: 0.98,
        },
      ),
      figure('P4', `${what}: added p50 / min-keyed`, addedRatio(seen, 'p50'), {
        most: 1.25,
        note: addedNote(seen, 'p50'),
      }),
      figure('P4', `${what}: added p99 / min-keyed`, addedRatio(seen, 'p99')),
    ]
  })
}

export async function firstByte(options) {
  const names = ['direct', 'ours', ...BESIDE]
  const manners = { tokens: 3, intervalMs: 1 }
  return onStage({ subjects: each(names.slice(1)), manners, warm: true, awake: true }, async ({ run }) => {
    const seen = await inSlices(options, names, run, { request: { stream: true } })
    const figures = [
      figure('P5', 'first streamed byte: added p50 / min-keyed', addedRatio(seen, 'first50'), {
        most: 1.15,
        note: addedNote(seen, 'first50'),
      }),
    ]
    if (names.includes('nginx'))
      figures.push(figure('P5', 'first streamed byte: added p50 / nginx', addedRatio(seen, 'first50', 'nginx')))
    return figures
  })
}
