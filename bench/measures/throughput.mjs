// P1, P2 and the part of P12 that concerns many profiles: how many 1 KB calls one core serves, and what each costs it.
import { figure } from '../figures.mjs'
import { BESIDE, each, inTurns, onStage } from '../stage.mjs'

const IN_FLIGHT = [16, 128]

export async function throughput({ rounds, quick }) {
  const names = ['ours', ...BESIDE]
  const span = quick ? { warmupMs: 700, durationMs: 1500 } : { warmupMs: 1500, durationMs: 3000 }
  return onStage({ subjects: each(names), warm: true }, async ({ run }) => {
    const figures = []
    for (const connections of IN_FLIGHT) {
      const seen = await inTurns(rounds, names, (name) => run(name, { connections, ...span }))
      const ratio = (key) => seen.map((round) => round.ours[key] / round['min-keyed'][key])
      const errors = seen.reduce((sum, round) => sum + round.ours.errors, 0)
      const note = `${Math.round(seen.at(-1).ours.perSecond)}/s, ${seen.at(-1).ours.cpuMicros.toFixed(0)} us; min-keyed ${Math.round(seen.at(-1)['min-keyed'].perSecond)}/s, ${seen.at(-1)['min-keyed'].cpuMicros.toFixed(0)} us; errors ${errors}`
      figures.push(
        figure('P1', `throughput of a core, 1 KB, ${connections} in flight / min-keyed`, ratio('perSecond'), {
          least: 0.85,
          note,
        }),
        figure('P2', `CPU per call, ${connections} in flight / min-keyed`, ratio('cpuMicros'), { most: 1.2 }),
      )
      if (names.includes('nginx')) {
        const beside = seen.map((round) => round.ours.cpuMicros / round.nginx.cpuMicros)
        figures.push(figure('P2', `CPU per call, ${connections} in flight / nginx`, beside))
      }
    }
    return figures
  })
}

export async function manyProfiles({ rounds, quick }) {
  const subjects = { one: { plan: 'ours', profiles: 1 }, hundred: { plan: 'ours', profiles: 100 } }
  const span = quick ? { warmupMs: 700, durationMs: 1500 } : { warmupMs: 1500, durationMs: 3000 }
  return onStage({ subjects, warm: true }, async ({ run }) => {
    const seen = await inTurns(rounds, ['one', 'hundred'], (name) => run(name, { connections: 16, ...span }))
    const values = seen.map((round) => round.hundred.cpuMicros / round.one.cpuMicros)
    return [figure('P12', 'CPU per call, 100 profiles / 1 profile', values, { most: 1.05 })]
  })
}
