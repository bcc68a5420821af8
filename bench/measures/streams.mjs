// P6: streams. What a token costs, how long it travels, how fast a burst passes, and whether every byte arrives as it was sent.
import { createHash } from 'node:crypto'
import { figure } from '../figures.mjs'
import { each, inTurns, onStage } from '../stage.mjs'
import { burstBody } from '../wire.mjs'

const STREAMS = 64
const PACED = { tokens: 50, intervalMs: 20 }
const BURST = { tokens: 2000, intervalMs: 0 }
const BURST_STREAMS = 4

export async function streams({ rounds, quick }) {
  const names = ['direct', 'ours', 'min-keyed']
  const span = { warmupMs: 1100, durationMs: quick ? 2000 : 4000 }
  return onStage({ subjects: each(names.slice(1)), warm: true }, async ({ upstream, run }) => {
    await upstream.set(PACED)
    const paced = await inTurns(rounds, names, (name) =>
      run(name, {
        connections: STREAMS,
        request: { stream: true },
        tokens: true,
        staggerMs: PACED.intervalMs,
        ...span,
      }),
    )
    await upstream.set(BURST)
    const bodyHash = createHash('sha256').update(burstBody(BURST.tokens)).digest('hex')
    const burst = await inTurns(rounds, names, (name) =>
      run(name, {
        connections: BURST_STREAMS,
        request: { stream: true },
        bodyHash,
        warmupMs: 500,
        durationMs: span.durationMs / 2,
      }),
    )
    const perToken = ({ cpuMs, tokens }) => (cpuMs * 1000) / tokens
    const last = paced.at(-1)
    return [
      figure(
        'P6',
        `CPU per token, ${STREAMS} paced streams / min-keyed`,
        paced.map((round) => perToken(round.ours) / perToken(round['min-keyed'])),
        {
          most: 1.15,
          note: `${perToken(last.ours).toFixed(0)} us; min-keyed ${perToken(last['min-keyed']).toFixed(0)} us; usage is read`,
        },
      ),
      figure(
        'P6',
        'token transit p50 / direct',
        paced.map(({ ours, direct }) => ours.transit50 / direct.transit50),
        {
          most: 1.6,
          note: `direct ${last.direct.transit50.toFixed(0)} us; min-keyed ${(last['min-keyed'].transit50 / last.direct.transit50).toFixed(2)}`,
        },
      ),
      figure(
        'P6',
        'tokens/s of a burst / direct',
        burst.map(({ ours, direct }) => ours.perSecond / direct.perSecond),
        {
          least: 0.95,
          note: `min-keyed ${(burst.at(-1)['min-keyed'].perSecond / burst.at(-1).direct.perSecond).toFixed(2)}`,
        },
      ),
      figure(
        'P6',
        'share of bursts identical to the byte',
        burst.map(({ ours }) => ours.same / ours.calls),
        { least: 1 },
      ),
    ]
  })
}
