// P12, file opens: what a call opens is told apart from what is written behind by comparing two rates over the same time.
import { figure } from '../figures.mjs'
import { countOpens } from '../opens.mjs'
import { onStage } from '../stage.mjs'

const SECONDS = 3
const SLOW_PER_SECOND = 50
const FAST_PER_SECOND = 500
/** A file per call would show as 1; what is written behind varies by a few opens from look to look. */
export const MOST_PER_CALL = 0.05

/**
 * Files opened per additional call.
 * @returns {Promise<{ perCall: number, slow: number, fast: number } | undefined>} undefined where nothing can count
 */
export async function opensPerCall({ run, subjects }, name) {
  const { pid } = subjects[name]
  const at = (perSecond) =>
    countOpens(pid, () => run(name, { connections: 16, perSecond, warmupMs: 0, durationMs: SECONDS * 1000 }))
  const slow = await at(SLOW_PER_SECOND)
  const fast = await at(FAST_PER_SECOND)
  if (slow === undefined || fast === undefined) return undefined
  return { perCall: (fast - slow) / ((FAST_PER_SECOND - SLOW_PER_SECOND) * SECONDS), slow, fast }
}

export async function fileOpens({ rounds, quick }) {
  return onStage({ subjects: { ours: { plan: 'ours', profiles: 100 } } }, async (stage) => {
    const seen = []
    for (let round = 0; round < (quick ? 1 : rounds); round++) seen.push(await opensPerCall(stage, 'ours'))
    if (seen.includes(undefined))
      return [figure('P12', 'file opens per call: strace may not attach here', [Number.NaN])]
    const { slow, fast } = seen.at(-1)
    return [
      figure(
        'P12',
        'file opens per additional call, 100 profiles',
        seen.map(({ perCall }) => perCall),
        {
          most: MOST_PER_CALL,
          note: `${slow} at ${SLOW_PER_SECOND}/s, ${fast} at ${FAST_PER_SECOND}/s, in ${SECONDS} s each`,
        },
      ),
    ]
  })
}
