// P7: bodies of 1 MB, as agents send them every turn.
import { figure } from '../figures.mjs'
import { BESIDE, each, inTurns, onStage } from '../stage.mjs'

const MEGABYTE = 1024 * 1024

export async function bodies({ rounds, quick }) {
  const names = ['direct', 'ours', ...BESIDE]
  const span = { warmupMs: 600, durationMs: quick ? 1500 : 3000 }
  return onStage({ subjects: each(names.slice(1)), warm: true }, async ({ run }) => {
    const seen = await inTurns(rounds, names, (name) =>
      run(name, { connections: 4, request: { bytes: MEGABYTE }, ...span }),
    )
    const served = (name) => seen.map((round) => round[name].perSecond / round.direct.perSecond)
    const last = seen.at(-1)
    const figures = [
      figure('P7', '1 MB body, 4 in flight: served / direct', served('ours'), {
        least: 0.65,
        note: `min-keyed ${served('min-keyed').at(-1).toFixed(2)}; errors ${last.ours.errors}`,
      }),
      figure(
        'P7',
        '1 MB body: CPU per call / min-keyed',
        seen.map((round) => round.ours.cpuMicros / round['min-keyed'].cpuMicros),
        {
          most: 0.5,
          note: `${(last.ours.cpuMicros / 1000).toFixed(2)} ms; min-keyed ${(last['min-keyed'].cpuMicros / 1000).toFixed(2)} ms`,
        },
      ),
    ]
    if (names.includes('nginx')) figures.push(figure('P7', '1 MB body: served by nginx / direct', served('nginx')))
    return figures
  })
}
