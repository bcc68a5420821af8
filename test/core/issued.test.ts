// What answers handed out is read late: when somebody asks for it, or when too much would wait.
import { expect, test } from 'vitest'
import { Issued } from '../../src/core/issued.ts'

const work = { account: 'anthropic account work', profile: 'anthropic:work' }

test('an answer is read when somebody asks what it held, and once', () => {
  const memory = new Issued()
  let reads = 0
  const read = (): void => {
    reads++
    memory.note(7, work, 1)
  }
  expect([memory.later(read), memory.later(read), reads]).toEqual([true, false, 0])
  expect(memory.of(7, 2)).toEqual(work)
  expect([memory.of(8, 2), reads]).toEqual([undefined, 2])
  expect(memory.later(read)).toBe(true)
  expect([memory.wanted, memory.size, reads]).toEqual([{ items: false, containers: false }, 1, 3])
})

test('only so many answers wait', () => {
  const memory = new Issued()
  let waiting = 0
  let most = 0
  for (let answer = 0; answer < 1000; answer++) {
    most = Math.max(most, ++waiting)
    memory.later(() => {
      waiting--
    })
  }
  expect(most).toBe(64)
  memory.readUp()
  expect(waiting).toBe(0)
})
