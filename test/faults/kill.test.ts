// The holder of a renewal is killed, at every step of it: what the vendor gave is kept wherever a disk had it, and where none had, one login
// says so. `npm run faults -- kill` goes on for as many kills as KEYCLAW_FAULTS says.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { expectCarriedOn, ID, isLost, type Renewing, renew, renewing } from '../support/broken-renewal.ts'
import { startGateway } from '../support/gateway-process.ts'
import { until } from '../support/installation.ts'
import { entryOf, redeemed, respond } from '../support/logins.ts'
import { CAN_TRACE, forgetTrace, hasHappened, SIZES, withMishap } from '../support/tracing.ts'

async function place(): Promise<Renewing> {
  const made = await renewing()
  onTestFinished(() => made.close())
  return made
}

const count = { kills: 0, lost: 0 }
afterAll(() =>
  console.log(`kill loop of a renewal: ${count.kills} kills, ${count.lost} answers died with their process`),
)

/** Kills the program before its Nth call. @returns whether there was an Nth, and whether a login was lost by it */
async function killAt(call: string, nth: number): Promise<'ran to its end' | 'lost' | 'kept'> {
  const here = await renewing()
  try {
    const before = await entryOf(here, ID)
    const ran = await renew(here, { under: withMishap(here, { call, nth, signal: 'SIGKILL' }) })
    if (!hasHappened(here)) {
      expect([ran.code, redeemed(here.sandbox)]).toEqual([0, ['granted']])
      return 'ran to its end'
    }
    expect(ran.signal).toBe('SIGKILL')
    const lost = await isLost(here, before)
    count.kills++
    if (lost) count.lost++
    await expectCarriedOn(here, { lost, before, next: await renew(here) })
    return lost ? 'lost' : 'kept'
  } finally {
    await here.close()
  }
}

/** Kills the program with the answer of the vendor in a draft, and the next one before its Nth call on that draft, its place or their folder. */
async function killTwice(call: string, nth: number): Promise<'ran to its end' | 'lost' | 'kept'> {
  const here = await renewing()
  try {
    const before = await entryOf(here, ID)
    await renew(here, { under: withMishap(here, { call: 'rename', nth: 2, signal: 'SIGKILL' }) })
    const folder = join(here.state, 'spool')
    const [draft = '', ...more] = await readdir(folder)
    expect([draft, more]).toEqual([expect.stringMatching(/^\.login-.*\.tmp$/), []])
    await forgetTrace(here)
    const paths = [folder, join(folder, draft), join(folder, draft.slice(1).replace(/(\.json)\..*/, '$1'))]
    await renew(here, { under: withMishap(here, { call, nth, signal: 'SIGKILL' }, paths) })
    // Once it has taken the draft up it renews for itself, as it was asked to: what it is killed with then is an answer of its own.
    if (!hasHappened(here) || redeemed(here.sandbox).length > 1) return 'ran to its end'
    count.kills++
    if (await isLost(here, before)) return 'lost'
    await expectCarriedOn(here, { lost: false, before, next: await renew(here) })
    return 'kept'
  } finally {
    await here.close()
  }
}

describe.skipIf(!CAN_TRACE)('a holder killed', () => {
  test('before each file takes its place loses no login: what came is whole beside its place', async () => {
    const found: string[] = []
    for (let nth = 1; found.at(-1) !== 'ran to its end'; nth++) found.push(await killAt('rename', nth))
    // The claim, the login put aside, the store, the end of the claim.
    expect(found).toEqual(['kept', 'kept', 'kept', 'kept', 'ran to its end'])
  })

  // Of what its answer was, nothing but a draft is left: whoever carries on has the only copy in hand.
  test.skipIf(SIZES === undefined).each(['unlink', 'rename', 'fsync', 'openat', 'close', 'statx'])(
    'and whoever takes up its draft, before each %s, lose no login',
    { timeout: 300_000 },
    async (call) => {
      const found: string[] = []
      for (let nth = 1; found.at(-1) !== 'ran to its end'; nth++) found.push(await killTwice(call, nth))
      expect(found).toEqual([...Array(found.length - 1).fill('kept'), 'ran to its end'])
      if (call === 'rename') expect(found.length).toBeGreaterThan(1)
    },
  )

  test('as it lets go of what it held leaves nothing that keeps others out', async () => {
    expect(await killAt('unlink', 8)).toBe('kept')
  })

  test.skipIf(SIZES === undefined)(
    'at every system call that touches a folder, over and over',
    {
      timeout: 3_600_000,
    },
    async () => {
      const calls = ['link', 'fsync', 'rename', 'unlink', 'mkdir', 'getdents64', 'fcntl', 'close', 'statx', 'openat']
      const wanted = SIZES?.kills ?? 0
      for (let at = 0; count.kills < wanted; at++) {
        for (let nth = 1; count.kills < wanted; nth++) {
          if ((await killAt(calls[at % calls.length] ?? '', nth)) === 'ran to its end') break
        }
      }
    },
  )
})

test('a holder killed in the midst of the answer costs one login, and everybody who waits is served by the other', async () => {
  const here = await place()
  const before = await entryOf(here, ID)
  const gateway = await startGateway(here)
  onTestFinished(() => void gateway.stop())
  here.wire.hold(40)
  let pid = 0
  const onStart = (own: number): void => {
    pid = own
  }
  const doomed = renew(here, { onStart })
  await until('half an answer', () => (here.wire.held() > 0 ? true : undefined))
  const asked = Array.from({ length: 8 }, () => respond(gateway))
  process.kill(pid, 'SIGKILL')
  expect((await doomed).signal).toBe('SIGKILL')
  here.wire.release()
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(8).fill(200))
  await expectCarriedOn(here, { lost: true, before, next: await renew(here) })
})
