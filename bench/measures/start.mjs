// P9 and P11: how soon the gateway serves and how long the commands of scripts take, over `node -e 0` of the same Node. With the Node
// settings of the caller, as they would be felt here; where there are any, beside it without them, for they weigh on the floor.
import { figure, median } from '../figures.mjs'
import { bareEnv, nodeSettings, PLANS, PROGRAM, start, startUpstream, time } from '../programs.mjs'
import { READING } from '../reading.mjs'
import { benchKeys, createState } from '../state.mjs'

/** Every command that only reads, and the version, which has a goal of its own. */
const COMMANDS = [
  ...READING.map(({ words, exits = 0 }) => ({
    what: `${words.join(' ')}, 20 profiles`,
    args: words,
    exits,
    most: 1.6,
  })),
  { what: '--version', args: ['--version'], exits: 0, most: 1.15 },
]

const HERE = { settings: nodeSettings, suffix: '', judged: true }
const BARE = { settings: {}, suffix: ', bare environment', judged: false }
const SURROUNDINGS = Object.keys(nodeSettings).length > 0 ? [HERE, BARE] : [HERE]

/** Repeats things in turns, so that what disturbs the machine disturbs all of them. */
async function medians(repeats, works) {
  const seen = works.map(() => [])
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [index, work] of works.entries()) seen[index].push(await work())
  }
  return seen.map(median)
}

const floor = (settings) => async () => (await time(['-e', '0'], bareEnv(settings))).ms

/** One figure from rounds of [floor, ours, other?], all in ms. */
function overFloor(id, what, rounds, { settings, suffix, judged }, most, besides = '') {
  const [node, ours] = rounds.at(-1)
  const weighing = judged && Object.keys(settings).length > 0 ? `; with ${Object.keys(settings).join(', ')} set` : ''
  return figure(
    id,
    `${what} / node -e 0${suffix}`,
    rounds.map(([low, high]) => high / low),
    { ...(judged ? { most } : {}), note: `${ours.toFixed(0)} ms of ${node.toFixed(0)} ms${besides}${weighing}` },
  )
}

export async function startToServe({ rounds, quick }) {
  const upstream = await startUpstream()
  const state = createState({ keys: benchKeys(2), upstream: upstream.port })
  const once = (name, settings) => async () => {
    const plan = await PLANS[name]({ upstream: upstream.port, keep: state })
    const subject = await start({ ...plan, env: { ...plan.env, ...settings } }, { pinned: false })
    await subject.stop()
    return subject.readyMs
  }
  try {
    // The first start of a state makes what is made only once.
    await once('ours', {})()
    const figures = []
    for (const surroundings of SURROUNDINGS) {
      const { settings } = surroundings
      const works = [floor(settings), once('ours', settings), once('min-keyed', settings)]
      const seen = []
      for (let round = 0; round < rounds; round++) seen.push(await medians(quick ? 5 : 10, works))
      const besides = `; min-keyed ${median(seen.map(([node, , yardstick]) => yardstick / node)).toFixed(2)}`
      figures.push(overFloor('P9', 'start to first proxied 200', seen, surroundings, 1.8, besides))
    }
    return figures
  } finally {
    upstream.stop()
    state.remove()
  }
}

export async function commandLine({ rounds, quick }) {
  // No command here talks to a vendor; the port only completes the config.
  const state = createState({ keys: benchKeys(20), upstream: 9 })
  const run =
    ({ args, exits }, settings) =>
    async () => {
      // A port where no gateway is, whatever else runs here.
      const env = bareEnv({ OPENCLAW_STATE_DIR: state.dir, HOME: state.dir, OPENCLAW_GATEWAY_PORT: '1', ...settings })
      const { ms, status } = await time([PROGRAM, ...args], env)
      if (status !== exits) throw new Error(`openclaw ${args.join(' ')} exits with ${status}`)
      return ms
    }
  try {
    const figures = []
    for (const surroundings of SURROUNDINGS) {
      const { settings } = surroundings
      const works = [floor(settings), ...COMMANDS.map((command) => run(command, settings))]
      const seen = []
      for (let round = 0; round < rounds; round++) seen.push(await medians(quick ? 7 : 15, works))
      for (const [index, { what, most }] of COMMANDS.entries()) {
        const pairs = seen.map((times) => [times[0], times[index + 1]])
        figures.push(overFloor('P11', what, pairs, surroundings, most))
      }
    }
    return figures
  } finally {
    state.remove()
  }
}
