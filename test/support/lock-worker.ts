// Counts up in a file, one step per hold of a lock; each step that is done is said on standard output.
// Arguments: folder, mechanism (kernel or portable), first step, number of steps.
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLocks } from '../../src/system/lock.ts'

const [dir = '', mechanism = '', first = '0', count = '0'] = process.argv.slice(2)
const locks = createLocks({
  pid: process.pid,
  host: hostname(),
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms) => {
    await sleep(ms)
  },
  randomBytes: (bytes) => randomBytes(bytes),
  ...(mechanism === 'portable' ? { force: 'portable' as const } : {}),
})
const counter = join(dir, 'counter')
for (let step = Number(first); step < Number(count); step++) {
  const value = await locks.hold(join(dir, 'counter.lock'), { waitMs: 30_000 }, async () => {
    const before = Number(await readFile(counter, 'utf8').catch(() => '0'))
    const temp = `${counter}.${process.pid}`
    await writeFile(temp, String(before + 1))
    await rename(temp, counter)
    return before + 1
  })
  process.stdout.write(`${value}\n`)
}
