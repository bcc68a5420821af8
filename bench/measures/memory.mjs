// P10: memory idle, after load, and whether it stays where it is while 100,000 calls pass.
import { figure, median } from '../figures.mjs'
import { rssMb } from '../process-figures.mjs'
import { each, inTurns, onStage } from '../stage.mjs'

const SETTLE_MS = 1000
/**
 * Behind the first few calls the engine compiles the HTTP parser of undici once more, and better: 10 MB of its working memory stay, for the
 * yardstick (at its fourth call) as for us (at the first). Looked at behind that as well, to tell this step from memory of our own.
 */
const FIRST_CALLS = 16
const LOAD_CALLS = 20_000
const LOAD_CONNECTIONS = 64
const SOAK_CONNECTIONS = 16
const QUICK_ROUNDS = 2

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Resident memory in a quiet moment, MB: the middle of several looks. */
export async function quietRss(pid) {
  await sleep(SETTLE_MS)
  const looks = []
  for (let look = 0; look < 5; look++) {
    looks.push(rssMb(pid))
    await sleep(100)
  }
  return median(looks)
}

/**
 * Sends calls through a subject of a stage and looks at its memory half-way and at the end.
 * @returns {Promise<{ half: number, whole: number, errors: number, perSecond: number }>} MB
 */
export async function soak({ run, subjects }, name, calls, connections = SOAK_CONNECTIONS) {
  const { pid } = subjects[name]
  const first = await run(name, { connections, calls: calls / 2 })
  const half = await quietRss(pid)
  const second = await run(name, { connections, calls: calls / 2 })
  const whole = await quietRss(pid)
  return { half, whole, errors: first.errors + second.errors, perSecond: second.perSecond }
}

export async function memory({ rounds, quick }) {
  const names = ['ours', 'min-keyed']
  const seen = []
  // What a process keeps depends on what it did before, so every round has fresh ones.
  for (let round = 0; round < (quick ? Math.min(rounds, QUICK_ROUNDS) : rounds); round++) {
    const [result] = await onStage({ subjects: each(names) }, async (stage) =>
      inTurns(1, names, async (name) => {
        const { pid } = stage.subjects[name]
        const idle = await quietRss(pid)
        await stage.run(name, { connections: 1, calls: FIRST_CALLS })
        const begun = await quietRss(pid)
        await stage.run(name, { connections: LOAD_CONNECTIONS, calls: LOAD_CALLS })
        return { idle, begun, loaded: await quietRss(pid) }
      }),
    )
    seen.push(result)
  }
  const soaks = []
  for (let round = 0; round < (quick ? 1 : rounds); round++)
    soaks.push(await onStage({ subjects: each(['ours']) }, (stage) => soak(stage, 'ours', 100_000)))
  const { ours, 'min-keyed': yardstick } = seen.at(-1)
  const last = soaks.at(-1)
  return [
    figure(
      'P10',
      'idle RSS / min-keyed',
      seen.map((round) => round.ours.idle / round['min-keyed'].idle),
      {
        most: 1.15,
        note: `${ours.idle.toFixed(0)} MB of ${yardstick.idle.toFixed(0)} MB`,
      },
    ),
    figure(
      'P10',
      `RSS after ${FIRST_CALLS} calls / min-keyed`,
      seen.map((round) => round.ours.begun / round['min-keyed'].begun),
    ),
    figure(
      'P10',
      `RSS after ${LOAD_CALLS} calls / min-keyed`,
      seen.map((round) => round.ours.loaded / round['min-keyed'].loaded),
      {
        most: 1.25,
        note: `${ours.loaded.toFixed(0)} MB of ${yardstick.loaded.toFixed(0)} MB`,
      },
    ),
    figure(
      'P10',
      'RSS after 100,000 calls / after 50,000',
      soaks.map(({ half, whole }) => whole / half),
      {
        most: 1.03,
        note: `${last.whole.toFixed(0)} MB of ${last.half.toFixed(0)} MB; errors ${last.errors}`,
      },
    ),
  ]
}
