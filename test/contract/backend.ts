// What every place that keeps documents must do (src/store/backend.ts). A new backend calls this with a way to open itself.
import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/store/backend.ts'

export type OpenedBackend = {
  backend: Backend
  /** A second way to the same documents, as another process has it. */
  other: Backend
  /** Keys of documents that do not exist yet. */
  keys: readonly [string, string]
}

/**
 * @param name of the backend, for the report
 * @param open a fresh one for each test
 */
export function backendContract(name: string, open: () => OpenedBackend): void {
  describe(`the ${name} backend`, () => {
    test('a document that was never written is undefined', async () => {
      const { backend, keys } = open()
      expect(await backend.get(keys[0])).toBeUndefined()
    })

    test('what one writes another reads, byte for byte', async () => {
      const { backend, other, keys } = open()
      for (const text of ['{}', '', '{"ü":"\u{1f600}"}\n', ' '.repeat(100_000)]) {
        await backend.change(keys[0], () => text)
        expect((await other.get(keys[0]))?.text).toBe(text)
        expect(await other.get(keys[1])).toBeUndefined()
      }
    })

    test('the version is the same until the text changes, and then another', async () => {
      const { backend, other, keys } = open()
      await backend.change(keys[0], () => 'a')
      const first = await backend.get(keys[0])
      expect(await other.get(keys[0])).toEqual(first)
      await other.change(keys[0], () => 'b')
      expect((await backend.get(keys[0]))?.version).not.toBe(first?.version)
    })

    test('an edit that returns nothing writes nothing', async () => {
      const { backend, keys } = open()
      await backend.change(keys[0], () => 'a')
      const before = await backend.get(keys[0])
      await backend.change(keys[0], () => undefined)
      expect(await backend.get(keys[0])).toEqual(before)
      await backend.change(keys[1], () => undefined)
      expect(await backend.get(keys[1])).toBeUndefined()
    })

    test('an edit that throws changes nothing, and the next one goes on', async () => {
      const { backend, keys } = open()
      await backend.change(keys[0], () => 'a')
      await expect(
        backend.change(keys[0], () => {
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      await expect(backend.change(keys[0], () => Promise.reject(new Error('later')))).rejects.toThrow('later')
      expect((await backend.get(keys[0]))?.text).toBe('a')
      await backend.change(keys[0], (before) => `${before?.text}b`)
      expect((await backend.get(keys[0]))?.text).toBe('ab')
    })

    test('edits at the same moment, from both sides, each see what the one before has written', async () => {
      const { backend, other, keys } = open()
      await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          (index % 2 === 0 ? backend : other).change(keys[0], async (before) => {
            await new Promise((resolve) => setImmediate(resolve))
            return String(Number(before?.text ?? '0') + 1)
          }),
        ),
      )
      expect((await backend.get(keys[0]))?.text).toBe('60')
    })

    test('an edit may change another document meanwhile', async () => {
      const { backend, keys } = open()
      await backend.change(keys[0], async () => {
        await backend.change(keys[1], () => 'inner')
        return 'outer'
      })
      expect([(await backend.get(keys[0]))?.text, (await backend.get(keys[1]))?.text]).toEqual(['outer', 'inner'])
    })

    test('a change is noticed at least once, whoever makes it, also when it is the first', async () => {
      const { backend, other, keys } = open()
      const heard: string[] = []
      let wake: () => void = () => undefined
      const watch = backend.notice([keys[0], keys[1]], (key) => {
        heard.push(key)
        wake()
      })
      const hears = async (key: string): Promise<void> => {
        while (!heard.includes(key)) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
      await other.change(keys[0], () => 'a')
      await hears(keys[0])
      await backend.change(keys[1], () => 'b')
      await hears(keys[1])
      heard.length = 0
      await other.change(keys[0], () => 'c')
      await hears(keys[0])
      watch.close()
    })

    test('nothing is heard after the watching has ended', async () => {
      const { backend, other, keys } = open()
      let heard = 0
      const watch = backend.notice([keys[0]], () => {
        heard++
      })
      watch.close()
      await other.change(keys[0], () => 'a')
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(heard).toBe(0)
    })

    test('one at a time works under a name, from both sides, and each gets the answer of its own work', async () => {
      const { backend, other, keys } = open()
      const right = `${keys[0]}-right`
      let working = 0
      let most = 0
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? backend : other).alone(right, { waitMs: 60_000 }, async () => {
            most = Math.max(most, ++working)
            await new Promise((resolve) => setImmediate(resolve))
            working--
            return index
          }),
        ),
      )
      expect(most).toBe(1)
      expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index))
    })

    test('under another name, and at the documents, others work meanwhile', async () => {
      const { backend, other, keys } = open()
      const answer = await backend.alone(`${keys[0]}-right`, { waitMs: 60_000 }, () =>
        other.alone(`${keys[0]}-other`, { waitMs: 60_000 }, async () => {
          await backend.change(keys[0], () => 'mine')
          await other.change(keys[0], (before) => `${before?.text} and yours`)
          return (await backend.get(keys[0]))?.text
        }),
      )
      expect(answer).toBe('mine and yours')
    })

    test('work that throws gives the right back, and its error is the one that is heard', async () => {
      const { backend, other, keys } = open()
      const right = `${keys[0]}-right`
      const failing = backend.alone(right, { waitMs: 60_000 }, () => Promise.reject(new Error('no')))
      await expect(failing).rejects.toThrow('no')
      expect(await other.alone(right, { waitMs: 60_000 }, async () => 'next')).toBe('next')
    })

    test('whoever waits for too long hears so, and does nothing', async () => {
      const { backend, other, keys } = open()
      const right = `${keys[0]}-right`
      let ran = false
      await backend.alone(right, { waitMs: 60_000 }, async () => {
        const waiting = other.alone(right, { waitMs: 1 }, async () => {
          ran = true
        })
        await expect(waiting).rejects.toMatchObject({ code: 'lock_timeout' })
      })
      expect(ran).toBe(false)
    })

    test('whoever waits for long and need not any more, once the other is done, does nothing', async () => {
      const { backend, other, keys } = open()
      const right = `${keys[0]}-right`
      let isDone = false
      let ran = false
      let waiting: Promise<unknown> = Promise.resolve()
      await backend.alone(right, { waitMs: 60_000 }, async () => {
        const unless = async () => (isDone ? 'it is done' : undefined)
        waiting = other.alone(right, { waitMs: 60_000, unless }, async () => {
          ran = true
          return 'I did it'
        })
        await new Promise((resolve) => setTimeout(resolve, 300))
        isDone = true
      })
      expect([await waiting, ran]).toEqual(['it is done', false])
      // It left nothing behind that keeps others out.
      expect(await backend.alone(right, { waitMs: 60_000 }, async () => 'next')).toBe('next')
    })

    test('the holder knows how long it holds, and never longer than others wait for the dead', async () => {
      const { backend, keys } = open()
      await backend.alone(`${keys[0]}-right`, { waitMs: 60_000 }, async ({ leaseMs, leftMs }) => {
        const first = leftMs()
        expect(first).toBeGreaterThan(0)
        expect(leftMs()).toBeLessThanOrEqual(first)
        expect(first).toBeLessThanOrEqual(leaseMs ?? Number.POSITIVE_INFINITY)
      })
    })

    test('a person can be told where a document is', () => {
      const { backend, keys } = open()
      expect(backend.locate(keys[0])).toMatch(/\w/)
      expect(backend.locate(keys[0])).not.toBe(backend.locate(keys[1]))
    })
  })
}
