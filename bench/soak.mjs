#!/usr/bin/env node
// `npm run soak [-- calls]`: 100,000 calls through the built gateway with several profiles. Memory and descriptors stay where they are,
// no call opens a file, none fails. Exit 1 when one of these does not hold.
import { figure, line } from './figures.mjs'
import { soak } from './measures/memory.mjs'
import { MOST_PER_CALL, opensPerCall } from './measures/opens.mjs'
import { descriptors } from './process-figures.mjs'
import { onStage } from './stage.mjs'

const PROFILES = 5
/** Kept connections to the vendor come and go; a leak grows with the calls. */
const SPARE_DESCRIPTORS = 32

async function main() {
  const calls = Number(process.argv[2] ?? 100_000)
  if (!Number.isInteger(calls) || calls < 1000 || calls > 10_000_000)
    throw new Error('how many calls? a whole number from 1000 to 10000000')
  const figures = await onStage(
    { subjects: { ours: { plan: 'ours', profiles: PROFILES, rotate: true } } },
    async (stage) => {
      const { pid } = stage.subjects.ours
      const before = descriptors(pid)
      const { half, whole, errors, perSecond } = await soak(stage, 'ours', calls)
      const after = descriptors(pid)
      const opens = await opensPerCall(stage, 'ours')
      const { served } = await stage.upstream.counts()
      return [
        figure('soak', `RSS after ${calls} calls / after ${calls / 2}`, [whole / half], {
          most: 1.03,
          note: `${whole.toFixed(1)} MB of ${half.toFixed(1)} MB; ${Math.round(perSecond)} calls/s; keys that served ${Object.keys(served).length}`,
        }),
        figure('soak', 'errors', [errors], { most: 0 }),
        figure('soak', 'more descriptors than at the start', [after - before], {
          most: SPARE_DESCRIPTORS,
          note: `${after} open`,
        }),
        opens === undefined
          ? figure('soak', 'files opened per additional call: strace may not attach here', [Number.NaN])
          : figure('soak', 'files opened per additional call', [opens.perCall], {
              most: MOST_PER_CALL,
              note: `${opens.slow} opens in 3 s at 50/s, ${opens.fast} at 500/s: what is written behind`,
            }),
      ]
    },
  )
  for (const one of figures) process.stdout.write(`${line(one)}\n`)
  const held = figures.every(({ verdict }) => verdict !== 'miss')
  process.stdout.write(held ? 'soak: held\n' : 'soak: did not hold\n')
  if (!held) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
main().catch((error) => {
  process.stderr.write(`soak: ${error.message}\n`)
  process.exitCode = 1
})
