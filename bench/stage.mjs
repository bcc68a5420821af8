// One measure's stage: the stand-in, the load generator and the subjects, started together, used in turns, stopped whatever happens.
import { keepAwake } from './awake.mjs'
import { installed, PLANS, start, startLoad, startUpstream } from './programs.mjs'
import { benchKeys } from './state.mjs'
import { requestBytes } from './wire.mjs'

/** What the subjects are compared with; nginx takes part where it is installed. */
export const BESIDE = installed('nginx') ? ['min-keyed', 'nginx'] : ['min-keyed']

const WARM_UP = { connections: 32, durationMs: 2500 }

/**
 * Starts everything, runs the work, stops everything.
 * @param {{ subjects: { [name: string]: { plan: string, profiles?: number } }, manners?: object, warm?: boolean, awake?: boolean }} options
 * subjects by the name they get; warm: calls, streamed and not, for each of them before the work; awake: no core sleeps meanwhile
 * @param {(stage: { upstream: object, subjects: object, run: Function }) => Promise<T>} work
 * @template T
 * @returns {Promise<T>}
 */
export async function onStage({ subjects, manners, warm = false, awake = false }, work) {
  const stops = []
  try {
    if (awake) stops.push(keepAwake())
    const upstream = await startUpstream(manners)
    stops.push(upstream.stop)
    const load = startLoad()
    stops.push(load.stop)
    const started = { direct: { name: 'direct', port: upstream.port, secret: benchKeys(1)[0] } }
    for (const [name, { plan, ...options }] of Object.entries(subjects)) {
      const subject = await start(await PLANS[plan]({ ...options, upstream: upstream.port }))
      stops.push(subject.stop)
      started[name] = subject
    }
    /** Runs a load on one subject; request: what wire.mjs makes of it. */
    const run = (name, { request = {}, ...job }) => {
      const { port, pid, secret } = started[name]
      return load.run({
        ...job,
        port,
        ...(pid === undefined ? {} : { pid }),
        request: requestBytes({ ...request, secret }),
      })
    }
    // A gateway lives for weeks: what is compared is compiled code, so every subject gets the same calls before the first figure.
    for (const stream of warm ? [false, true] : []) {
      for (const name of Object.keys(subjects)) await run(name, { ...WARM_UP, request: { stream } })
    }
    return await work({ upstream, subjects: started, run })
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

/** Every subject by the name of its plan. */
export const each = (names) => Object.fromEntries(names.map((plan) => [plan, { plan }]))

/**
 * Lets the named subjects take turns, a different one first in every round.
 * @param {number} count rounds
 * @param {string[]} names
 * @param {(name: string) => Promise<T>} turn
 * @template T
 * @returns {Promise<{ [name: string]: T }[]>} one record per round
 */
export async function inTurns(count, names, turn) {
  const rounds = []
  for (let round = 0; round < count; round++) {
    const results = {}
    for (let index = 0; index < names.length; index++) {
      const name = names[(index + round) % names.length]
      results[name] = await turn(name)
    }
    rounds.push(results)
  }
  return rounds
}
