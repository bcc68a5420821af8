// Lateness counts only when it is our own work that makes the loop late: a machine busy with others must not make us refuse calls.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLoadMeter } from '../../src/system/load.ts'

/** Keeps the loop from turning without using the processor, as a machine does that is busy with others. */
const wait = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a loop that others hold up is not late by its own work', async () => {
  const meter = createLoadMeter()
  await sleep(150)
  meter.lagMs()
  for (let round = 0; round < 3; round++) {
    wait(300)
    await sleep(60)
  }
  expect(meter.lagMs()).toBe(0)
  meter.close()
})
