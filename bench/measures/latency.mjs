// P3, P4, P5: what a caller feels of the layer. Added time is the median through the proxy less the median of the direct call.
import { figure } from '../figures.mjs'
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

export async function oneAtATime({ rounds, quick }) {
  const names = ['direct', 'ours', ...BESIDE]
  const span = { warmupMs: 700, durationMs: quick ? 1200 : 2500 }
  return onStage({ subjects: each(names.slice(1)), warm: true }, async ({ run }) => {
    const seen = await inTurns(rounds, names, (name) => run(name, { connections: 1, ...span }))
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

export async function firstByte({ rounds, quick }) {
  const names = ['direct', 'ours', ...BESIDE]
  const span = { warmupMs: 700, durationMs: quick ? 1500 : 3000 }
  const manners = { tokens: 3, intervalMs: 1 }
  return onStage({ subjects: each(names.slice(1)), manners, warm: true }, async ({ run }) => {
    const job = { connections: 1, request: { stream: true }, ...span }
    const seen = await inTurns(rounds, names, (name) => run(name, job))
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
