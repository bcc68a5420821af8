// The holder of a renewal is stopped (SIGSTOP) at a step of it and goes on later: nobody with a live token waits for it, nothing is written
// over, and no refresh token is sent twice. `npm run faults -- freeze` stops it at every step, for longer than every time limit.
import { readFile, writeFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ID, OTHER, type Renewing, remains, renew, renewing } from '../support/broken-renewal.ts'
import { startGateway } from '../support/gateway-process.ts'
import { openclaw, readJson, until } from '../support/installation.ts'
import { entryOf, redeemed, respond, storedLogin } from '../support/logins.ts'
import { CAN_TRACE, frozen, hasHappened, killTraced, SIZES, withMishap } from '../support/tracing.ts'

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

async function place(options: { expires?: number } = {}): Promise<Renewing> {
  const made = await renewing(options)
  onTestFinished(() => made.close())
  return made
}

/** Everything went as if nobody had been stopped: one redemption, and the store holds what came for it. */
async function expectWhole(here: Renewing, before: Record<string, unknown>): Promise<void> {
  expect(redeemed(here.sandbox)).toEqual(['granted'])
  const now = await entryOf(here, ID)
  expect(now.refresh).not.toBe(before.refresh)
  expect(here.sandbox.logins.bearer(String(now.access))?.name).toBe('home')
  expect(await remains(here)).toEqual([])
  const cache = (await readJson(`${here.state}/agents/main/agent/auth.json`)) as {
    refresh: Record<string, { claim?: object; past: { outcome: string }[] }>
  }
  expect(cache.refresh[ID]?.claim).toBeUndefined()
  expect(cache.refresh[ID]?.past.map(({ outcome }) => outcome)).toEqual(['renewed'])
}

let stops = 0
afterAll(() => console.log(`freezes: ${stops} stops of a renewal for ${SIZES?.freezeSeconds ?? 0} s, 0 families lost`))

/** Before its first write a process syncs each folder on the way there into the one above it. */
const foldersAbove = ({ state }: Renewing): number => join(state, 'agents/main/agent').split(sep).length - 1

/** Stops the holder behind its Nth call, the syncs of folders not counted, has a gateway serve meanwhile, and lets it go on. @returns false when there is no Nth call */
async function freezeAt(call: string, nth: number, forMs: number): Promise<boolean> {
  // It ends soon, so that every call wants it renewed, too, and none needs it.
  const here = await renewing({ expires: 120_000 })
  const gateway = await startGateway(here)
  try {
    const before = await entryOf(here, ID)
    let strace = 0
    const onStart = (own: number): void => {
      strace = own
    }
    const mishap = { call, nth: call === 'fsync' ? nth + foldersAbove(here) : nth, signal: 'SIGSTOP' } as const
    const running = renew(here, { under: withMishap(here, mishap), onStart })
    running.finally(() => {
      strace = 0
    })
    // Should the test fail while it stands still.
    onTestFinished(() => killTraced(strace))
    const pid = await Promise.race([frozen(here), running.then(() => undefined)])
    if (pid === undefined) {
      expect(hasHappened(here)).toBe(false)
      return false
    }
    const answers = await Promise.all(Array.from({ length: 4 }, () => respond(gateway)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    if (forMs > 0) await sleep(forMs)
    process.kill(pid, 'SIGCONT')
    const { code, stderr } = await running
    expect(code).toBe(0)
    // Whoever stood still while the store was written says that he has not heard of its end.
    if (forMs === 0 || !stderr.includes('used from where it was put aside')) expect(stderr).toBe('')
    expect((await respond(gateway)).status).toBe(200)
    await gateway.stop()
    await expectWhole(here, before)
    stops++
    return true
  } finally {
    await gateway.stop('SIGKILL')
    await here.close()
  }
}

describe.skipIf(!CAN_TRACE)('a holder that stands still', () => {
  test.each([
    ['once the claim is written', 'rename', 1],
    ['once the login is written, and before it takes its place', 'fsync', 3],
    ['once the login has taken its place', 'rename', 2],
  ] as const)('%s delays nobody, and ends what it began', async (_step, call, nth) => {
    expect(await freezeAt(call, nth, 0)).toBe(true)
  })

  test.skipIf(SIZES === undefined)(
    'at any step, for longer than every time limit',
    { timeout: 3_600_000 },
    async () => {
      const steps: [string, number][] = []
      for (const [call, count] of [
        ['link', 4],
        ['fsync', 6],
        ['rename', 3],
        ['unlink', 8],
      ] as const)
        for (let nth = 1; nth <= count; nth++) steps.push([call, nth])
      const forMs = (SIZES?.freezeSeconds ?? 0) * 1000
      while (steps.length > 0) {
        // Most of the time they all stand still.
        const some = steps.splice(0, 7)
        const done = await Promise.all(some.map(([call, nth]) => freezeAt(call, nth, forMs)))
        expect(done).toEqual(some.map(() => true))
      }
    },
  )
})

test('somebody who logs in while the holder stands still keeps his login', async () => {
  const here = await place()
  here.wire.hold(40)
  let pid = 0
  const onStart = (own: number): void => {
    pid = own
  }
  const running = renew(here, { onStart })
  await until('half an answer', () => (here.wire.held() > 0 ? true : undefined))
  process.kill(pid, 'SIGSTOP')
  here.wire.release()
  // The same account, somewhere else: another family.
  const fresh = storedLogin(here.sandbox, ID, { expires: Date.now() + 3_600_000 })
  const login = 'raw' in fresh ? fresh.raw : {}
  const path = `${here.state}/agents/main/agent/auth-profiles.json`
  const book = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(
    path,
    JSON.stringify({ ...book, profiles: { ...book.profiles, [ID]: { provider: 'openai-codex', ...login } } }),
  )
  process.kill(pid, 'SIGCONT')
  expect(await running).toMatchObject({ code: 0 })
  expect(await entryOf(here, ID)).toMatchObject(login)
  expect(redeemed(here.sandbox)).toEqual(['granted'])
  const told = await openclaw(here, ['models', 'auth', 'history', ID, '--json'])
  expect(JSON.parse(told.stdout).past).toMatchObject([{ outcome: 'late' }])
  expect((await entryOf(here, OTHER)).access).toBeDefined()
})

test.skipIf(SIZES === undefined)(
  'an answer that came while the holder stood still counts, however long that was',
  {
    timeout: 3_600_000,
  },
  async () => {
    const tries = [0, 40, 200].map(async (bytes) => {
      const here = await renewing()
      const before = await entryOf(here, ID)
      here.wire.hold(bytes)
      let pid = 0
      const onStart = (own: number): void => {
        pid = own
      }
      const running = renew(here, { onStart })
      await until('a part of the answer', () => (here.wire.held() > 0 ? true : undefined))
      process.kill(pid, 'SIGSTOP')
      here.wire.release()
      await sleep((SIZES?.freezeSeconds ?? 0) * 1000)
      process.kill(pid, 'SIGCONT')
      expect(await running).toMatchObject({ code: 0, stderr: '' })
      await expectWhole(here, before)
      await here.close()
    })
    await Promise.all(tries)
  },
)
