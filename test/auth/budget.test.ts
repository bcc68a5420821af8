// One cap for many calls in many processes: whatever they do at once, what they have cost is never more than the cap.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Budget, type Reservation } from '../../src/auth/budget.ts'
import { AuthError } from '../../src/core/errors.ts'
import { DAY_MS } from '../../src/core/expiry.ts'
import { dayIn, dayOf, endOfDay, LEASE_MS } from '../../src/core/spend-book.ts'
import type { Backend } from '../../src/store/backend.ts'
import type { Home } from '../../src/store/home.ts'
import { openSpend, type SpendStore } from '../../src/store/spend.ts'
import type { System } from '../../src/system/system.ts'
import { NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

const CAP = 1000

/** A disk in memory, as slow as it likes, and processes that share it and a clock. */
function world(delays: () => number) {
  const clock = { now: NOON }
  const disk = { text: undefined as string | undefined, isBroken: false, writes: 0 }
  let turn: Promise<unknown> = Promise.resolve()
  const ticks = async (): Promise<void> => {
    for (let left = delays(); left > 0; left--) await undefined
  }
  const backend: Backend = {
    locate: (key) => key,
    get: async () => (disk.text === undefined ? undefined : { text: disk.text, version: disk.text }),
    change: (_key, edit) => {
      const work = async (): Promise<void> => {
        await ticks()
        const text = await edit(disk.text === undefined ? undefined : { text: disk.text, version: disk.text })
        await ticks()
        if (disk.isBroken) throw new AuthError('write_failed', 'the disk is full')
        if (text !== undefined) disk.writes++
        disk.text = text ?? disk.text
        await ticks()
      }
      const done = turn.then(work, work)
      turn = done.catch(() => undefined)
      return done
    },
    notice: () => ({ close: () => undefined }),
    alone: () => Promise.reject(new Error('not asked for')),
  }
  const spend: SpendStore = openSpend(backend, { spendConsent: 'c', spendBook: 'b' })
  let ids = 0
  const start = () => {
    const timers = new Set<{ at: number; fire: () => void }>()
    // How far its own clock is off, ms.
    const own = { offset: 0 }
    const system = {
      now: () => clock.now + own.offset,
      monotonic: () => clock.now,
      uuid: () => `process-${ids++}`,
      timer: (ms: number, fire: () => void) => {
        const timer = { at: clock.now + ms, fire }
        timers.add(timer)
        return { cancel: () => timers.delete(timer) }
      },
      log: { warn: () => undefined },
    } as unknown as System
    const home = {
      system,
      spend,
      config: () => ({ spend: { rule: 'allow', capUsdPerDay: CAP / 1_000_000 } }),
      configStore: { where: () => 'openclaw.json' },
    } as unknown as Home
    const fireDue = (): void => {
      for (const timer of [...timers].filter(({ at }) => at <= clock.now)) {
        timers.delete(timer)
        timer.fire()
      }
    }
    return { budget: new Budget(home), fireDue, own, isDead: false }
  }
  const settled = async (): Promise<void> => {
    for (let left = 500; left > 0; left--) await undefined
    await turn
    for (let left = 500; left > 0; left--) await undefined
  }
  return { clock, disk, start, spend, settled }
}

type Open = { process: number; reservation: Reservation; amount: number; day: string }

const amounts = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.nat(400) },
)
const processes = fc.nat(2)
const steps = fc.array(
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc.record({ kind: fc.constant('reserve' as const), process: processes, amount: amounts }),
    },
    {
      weight: 20,
      arbitrary: fc.record({ kind: fc.constant('settle' as const), at: fc.nat(20), share: fc.constantFrom(0, 0.5, 1) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 1000, 1000, 6000) }),
    },
    {
      weight: 14,
      arbitrary: fc.record({ kind: fc.constant('go on' as const), ticks: fc.integer({ min: 1, max: 12 }) }),
    },
    { weight: 14, arbitrary: fc.constant({ kind: 'rest' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'break' as const }) },
    { weight: 4, arbitrary: fc.constant({ kind: 'mend' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), process: processes }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const), process: processes }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('set clock' as const),
        process: processes,
        days: fc.constantFrom(0, 0, -1, 1, -20_000),
      }),
    },
  ),
  { minLength: 40, maxLength: 160 },
)

test('the sum of what calls cost never exceeds the cap, in whatever sequence, in however many processes and by whatever clocks they come', async () => {
  let granted = 0
  await holds(
    fc.asyncProperty(steps, fc.infiniteStream(fc.nat(5)), async (plan, dice) => {
      const on = world(() => dice.next().value ?? 0)
      const processes = [on.start(), on.start(), on.start()]
      const open: Open[] = []
      // By the day of the process that let the call through.
      const spent = new Map<string, number>()
      const spend = (day: string, cost: number): unknown => spent.set(day, (spent.get(day) ?? 0) + cost)
      // As long as it lives, a process writes down what runs: a second behind.
      const writtenDown = async (): Promise<void> => {
        await on.settled()
        on.disk.isBroken = false
        on.clock.now += 1000
        for (const one of processes) if (!one.isDead) one.fireDue()
        await on.settled()
      }
      for (const step of plan) {
        if (step.kind === 'reserve') {
          const { process, amount } = step
          if (processes[process]?.isDead === true) continue
          processes[process]?.budget.reserve('main p', amount, (got) => {
            if (got instanceof AuthError) return
            granted++
            // The dead ask nobody.
            if (processes[process]?.isDead === true) got.settle(0)
            else
              open.push({
                process,
                reservation: got,
                amount,
                day: dayOf(on.clock.now + (processes[process]?.own.offset ?? 0)),
              })
          })
        } else if (step.kind === 'settle') {
          const [one] = open.splice(step.at % Math.max(open.length, 1), 1)
          if (one === undefined) continue
          const cost = Math.floor(one.amount * step.share)
          spend(one.day, cost)
          one.reservation.settle(cost)
        } else if (step.kind === 'wait') {
          on.clock.now += step.ms
          for (const one of processes) if (!one.isDead) one.fireDue()
        } else if (step.kind === 'die') {
          await writtenDown()
          const dead = processes[step.process]
          if (dead !== undefined) dead.isDead = true
          // Its calls go on at the vendor, and cost all that they may.
          for (const one of open.filter(({ process }) => process === step.process)) spend(one.day, one.amount)
          for (let at = open.length - 1; at >= 0; at--) if (open[at]?.process === step.process) open.splice(at, 1)
        } else if (step.kind === 'freeze') {
          // It stood still for longer than its lease is long, and does not know.
          await writtenDown()
          on.clock.now += LEASE_MS + 1
          for (const [at, one] of processes.entries()) if (!one.isDead && at !== step.process) one.fireDue()
        } else if (step.kind === 'set clock') {
          await on.settled()
          const own = processes[step.process]?.own
          if (own !== undefined) own.offset = step.days * DAY_MS
        } else if (step.kind === 'rest') await on.settled()
        else if (step.kind === 'go on') for (let left = step.ticks; left > 0; left--) await undefined
        else on.disk.isBroken = step.kind === 'break'
        // What runs may cost all that was put by for it.
        const most = new Map(spent)
        for (const { day, amount } of open) most.set(day, (most.get(day) ?? 0) + amount)
        if (on.clock.now < endOfDay(NOON)) expect(Math.max(0, ...most.values())).toBeLessThanOrEqual(CAP)
      }
    }),
    250,
  )
  expect(granted).toBeGreaterThan(100)
})

test('what is not spent comes back, what is spent is written by profile, and a call with room waits for nothing', async () => {
  const on = world(() => 0)
  const [one, other] = [on.start(), on.start()]
  const reserve = (process: typeof one, amount: number): Promise<Reservation | AuthError> =>
    new Promise((done) => process.budget.reserve('main anthropic:key', amount, done))
  const first = await reserve(one, 100)
  const before = on.disk.writes
  let isHere = false
  one.budget.reserve('main anthropic:key', 20, (got) => {
    isHere = true
    if (!(got instanceof AuthError)) got.settle(5)
  })
  expect([isHere, on.disk.writes]).toEqual([true, before])
  if (!(first instanceof AuthError)) first.settle(40)
  // The lease of the first holds more than it needs until it has been idle for a while.
  expect(await reserve(other, 900)).toBeInstanceOf(AuthError)
  for (let second = 0; second < 8; second++) {
    on.clock.now += 1000
    one.fireDue()
    await on.settled()
  }
  const book = dayIn(await on.spend.book.read(), '2031-05-06')
  expect([book.day, book.spent, [...book.profiles], [...book.leases]]).toEqual([
    '2031-05-06',
    45,
    [['main anthropic:key', 45]],
    [],
  ])
  expect(await reserve(other, CAP - 45)).not.toBeInstanceOf(AuthError)
  const refused = await reserve(one, 1)
  expect(refused).toMatchObject({ code: 'spend_not_allowed', remedy: 'openclaw models auth spend' })
  expect(String(refused)).toContain('may cost $0.000001, and of the cap of the day $0.00 is left')
  // Tomorrow is another day.
  on.clock.now = endOfDay(on.clock.now)
  expect(await reserve(one, CAP)).not.toBeInstanceOf(AuthError)
})

test('a book that cannot be written lets nothing through, and says which file it is', async () => {
  const on = world(() => 1)
  on.disk.isBroken = true
  const got = await new Promise((done) => on.start().budget.reserve('main p', 1, done))
  expect(got).toBeInstanceOf(AuthError)
  expect(String(got)).toContain('as b cannot be written: the disk is full')
})

test('a process that stood still for longer than its lease spends nothing of what others have by now', async () => {
  const on = world(() => 0)
  const [one, other] = [on.start(), on.start()]
  const reserve = (process: typeof one, amount: number): Promise<Reservation | AuthError> =>
    new Promise((done) => process.budget.reserve('main p', amount, done))
  await reserve(one, 100)
  on.clock.now += LEASE_MS + 1
  expect(await reserve(other, CAP - 100)).not.toBeInstanceOf(AuthError)
  expect(await reserve(one, 1)).toBeInstanceOf(AuthError)
})

test('a call that comes while the book is written, at whichever moment, spends what both the old and the new lease hold', async () => {
  let sync = 0
  for (let moment = 0; moment < 90; moment++) {
    const on = world(() => 20)
    const [one, other] = [on.start(), on.start()]
    let held = 0
    const reserve = (process: typeof one, amount: number): void =>
      process.budget.reserve('main p', amount, (got) => {
        if (!(got instanceof AuthError)) held += amount
      })
    reserve(one, 10)
    await on.settled()
    reserve(other, 800)
    await on.settled()
    // With little left, the next lease of the first is smaller than its present one.
    reserve(one, 1)
    on.clock.now += 1000
    one.fireDue()
    for (let left = moment; left > 0; left--) await undefined
    const before = held
    reserve(one, 100)
    if (held > before) sync++
    await on.settled()
    reserve(other, 130)
    await on.settled()
    expect(held, `moment ${moment}`).toBeLessThanOrEqual(CAP)
  }
  expect(sync).toBeGreaterThan(0)
})

test('a day that is spent stays so while a clock is behind it or ahead, and what others hold in it stays theirs', async () => {
  const on = world(() => 0)
  const [one, other] = [on.start(), on.start()]
  const reserve = (process: typeof one, amount: number): Promise<Reservation | AuthError> =>
    new Promise((done) => process.budget.reserve('main p', amount, done))
  const spendAll = async (amount: number): Promise<void> => {
    const got = await reserve(one, amount)
    if (!(got instanceof AuthError)) got.settle(amount)
    await one.budget.close()
  }
  await spendAll(900)
  const held = await reserve(other, 60)
  for (const days of [-1, 1, 40, -20_000]) {
    one.own.offset = days * DAY_MS
    await spendAll(5)
    expect(one.budget.spent(on.clock.now + one.own.offset)).toBe(5)
  }
  one.own.offset = 0
  expect(await reserve(one, 41)).toBeInstanceOf(AuthError)
  if (!(held instanceof AuthError)) held.settle(60)
  await other.budget.close()
  expect(dayIn(await on.spend.book.read(), dayOf(NOON))).toMatchObject({ spent: 960, leases: new Map() })
  expect(await reserve(one, 41)).toBeInstanceOf(AuthError)
  expect(await reserve(one, 40)).not.toBeInstanceOf(AuthError)
  // Of many wrong days the present one is not the one to go.
  expect((await on.spend.book.read()).size).toBeLessThanOrEqual(4)
})

test('what ends after midnight is booked in the day that let it through, and who waits for the book over midnight writes into the new day', async () => {
  const on = world(() => 30)
  const one = on.start()
  const reserve = (amount: number): Promise<Reservation | AuthError> =>
    new Promise((done) => one.budget.reserve('main p', amount, done))
  on.clock.now = endOfDay(NOON) - 1
  const late = await reserve(CAP)
  const waiting = reserve(700)
  for (let left = 20; left > 0; left--) await undefined
  on.clock.now++
  expect(await waiting).not.toBeInstanceOf(AuthError)
  if (!(late instanceof AuthError)) late.settle(400)
  expect(one.budget.spent(on.clock.now - 1)).toBe(400)
  await one.budget.close()
  const book = await on.spend.book.read()
  expect([dayIn(book, dayOf(NOON)).spent, dayIn(book, dayOf(on.clock.now)).leases.size]).toEqual([400, 1])
})
