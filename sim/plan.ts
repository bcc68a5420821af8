// What a seed means: how many processes, agents and logins there are, what the vendor is like, who does what in which round, and what goes wrong.
// All of it is data, so that a part can be left out by its name.
import { dice } from '../test/support/swarm.ts'
import type { DiskFault } from './disk.ts'
import type { Mechanism } from './locks.ts'
import { STATE } from './machine.ts'
import type { Habits, Trouble } from './vendor.ts'

/** When something goes wrong: so many steps after the round began, a refresh token left, its answer came, or a command was acknowledged. */
export type Trigger = { after: 'start' | 'sent' | 'answered' | 'acknowledged'; steps: number }

export type Act =
  | { kind: 'call' | 'renew'; process: string; agent: string; login: string; count: number; afterMs: number }
  /** `holder`: whoever has the right to renew at that moment. */
  | { kind: 'kill'; process: string | 'holder'; when: Trigger; backAfterMs: number }
  | { kind: 'freeze'; process: string | 'holder'; when: Trigger; forMs: number }
  | { kind: 'power'; when: Trigger; backAfterMs: number }
  | { kind: 'clock'; host: string; byMs: number; when: Trigger }
  | { kind: 'disk'; fault: DiskFault; when: Trigger; forMs: number }
  | { kind: 'login' | 'logout' | 'paste' | 'reorder'; host: string; name: string; afterMs: number }

export type Round = { afterMs: number; lastsMs: number; acts: Record<string, Act> }

export type Plan = {
  seed: number
  mechanism: Mechanism
  processes: Record<string, { host: string; watches: boolean }>
  /** Agents that use the logins of `main`. */
  heirs: string[]
  logins: string[]
  keys: string[]
  /** Of the access tokens at the start, ms. */
  leftMs: number
  habits: Habits
  rounds: Record<string, Round>
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const TROUBLES: readonly Trouble[] = [
  'lost_request',
  'lost_answer',
  'late_answer',
  'busy',
  'broken_after',
  'down',
  'half_answer',
  'other_account',
  'model_busy',
  'model_refuses',
]

/** The plan of a seed: always the same. */
export function planOf(seed: number): Plan {
  const random = dice(seed ^ 0x51a7)
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1))
  const chance = (of: number): boolean => random() < of
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const few = (most: number): number => Math.min(between(0, most), between(0, most))
  const mechanism: Mechanism = chance(0.75) ? 'kernel' : 'portable'
  const hosts = mechanism === 'kernel' ? ['here'] : ['here', 'there'].slice(0, between(1, 2))
  const names = ['p1', 'p2', 'p3', 'p4'].slice(0, between(1, 4))
  const processes = Object.fromEntries(names.map((name) => [name, { host: one(hosts), watches: chance(0.3) }]))
  const heirs = ['heir', 'other'].slice(0, few(2))
  const logins = ['home', 'work'].slice(0, chance(0.7) ? 1 : 2)
  const keys = ['k1', 'k2', 'k3'].slice(0, between(0, 3))
  // Swarm: most seeds know few kinds of faults, so that each kind is seen alone and with every other.
  const knows = Object.fromEntries(
    ['kill', 'freeze', 'power', 'clock', 'disk', 'commands', 'troubles'].map((kind) => [kind, chance(0.35)]),
  )
  const troubles: Partial<Record<Trouble, number>> = {}
  for (const trouble of TROUBLES) if (knows.troubles && chance(0.4)) troubles[trouble] = 0.1 + random() * 0.5
  const lifeMs = one([40 * SECOND, 2 * MINUTE, 6 * MINUTE])
  const trigger = (): Trigger => {
    const after = one(['start', 'sent', 'answered', ...(knows.commands ? (['acknowledged'] as const) : [])] as const)
    return { after, steps: after === 'start' ? between(0, 250) : between(0, 45) }
  }
  const whom = (): string => (chance(0.6) ? 'holder' : one(names))
  const rounds: Record<string, Round> = {}
  for (let at = 0, count = between(1, 3); at < count; at++) {
    const acts: Record<string, Act> = {}
    const longest = one(
      knows.freeze || mechanism === 'portable' ? [3000, 40_000, 240_000, 240_000] : [1000, 3000, 30_000],
    )
    let number = 0
    const add = (act: Act): void => {
      acts[`a${++number}`] = act
    }
    for (const process of names) {
      for (const agent of ['main', ...heirs]) {
        if (chance(0.8))
          add({
            kind: chance(0.5) ? 'call' : 'renew',
            process,
            agent,
            login: one(logins),
            count: between(1, 3),
            afterMs: chance(0.6) ? 0 : between(0, 250),
          })
      }
    }
    if (knows.kill)
      for (let n = between(0, 2); n > 0; n--)
        add({ kind: 'kill', process: whom(), when: trigger(), backAfterMs: between(0, 5000) })
    if (knows.freeze && chance(0.8)) {
      // The moment that matters most is the one in which a token is on its way.
      const when: Trigger = chance(0.6) ? { after: 'sent', steps: between(0, 5) } : trigger()
      add({
        kind: 'freeze',
        process: whom(),
        when,
        forMs: one([5, 500, 30 * SECOND, 100 * SECOND, 100 * SECOND, 10 * MINUTE]),
      })
    }
    if (knows.power && chance(0.7)) add({ kind: 'power', when: trigger(), backAfterMs: between(0, 3000) })
    if (knows.clock && chance(0.6))
      add({ kind: 'clock', host: one(hosts), byMs: one([-10, -1, 1, 10]) * MINUTE, when: trigger() })
    if (knows.disk && chance(0.8)) {
      const fault: DiskFault = { code: one(['ENOSPC', 'EIO', 'EROFS']), below: STATE, chance: one([0.2, 1]) }
      add({ kind: 'disk', fault, when: trigger(), forMs: between(1, 20_000) })
    }
    if (knows.commands) {
      for (let n = between(0, 4); n > 0; n--) {
        const kind = one(['login', 'logout', 'paste', 'paste', 'reorder'] as const)
        const name =
          kind === 'login'
            ? one(logins)
            : kind === 'paste'
              ? one(['k1', 'k2', 'k3', 'k4'])
              : one([...logins, ...keys, 'k4'])
        add({ kind, host: one(hosts), name, afterMs: chance(0.5) ? between(0, 200) : between(0, 10_000) })
      }
    }
    rounds[`r${at + 1}`] = {
      afterMs: at === 0 ? between(0, 2000) : one([1000, 6000, lifeMs - 20_000, lifeMs]),
      lastsMs: longest,
      acts,
    }
  }
  // What chance brings together too seldom: the home takes nothing as the answer comes, and the holder dies before it does again.
  if (knows.disk && knows.kill && seed % 4 === 1) {
    const answered = (steps: number): Trigger => ({ after: 'answered', steps })
    const fault: DiskFault = { code: 'ENOSPC', below: `${STATE}/agents`, chance: 1 }
    Object.assign(rounds.r1?.acts ?? {}, {
      home: { kind: 'disk', fault, when: answered(0), forMs: 20_000 } satisfies Act,
      end: { kind: 'kill', process: 'holder', when: answered(between(5, 60)), backAfterMs: 3000 } satisfies Act,
    })
  }
  return {
    seed,
    mechanism,
    processes,
    heirs,
    logins,
    keys,
    leftMs: one([-1000, -1000, 10_000, 2 * MINUTE, 6 * MINUTE]),
    habits: { lifeMs, tellsEnd: chance(0.8), rotates: chance(0.9), namesAccount: chance(0.5), troubles },
    rounds,
  }
}

/** Everything that can be left out of a plan, the largest first. */
export function partsOf(plan: Plan): string[] {
  const rounds = Object.entries(plan.rounds)
  const processes = Object.keys(plan.processes)
  return [
    ...(rounds.length > 1 ? rounds.map(([name]) => name) : []),
    ...(processes.length > 1 ? processes : []),
    ...plan.heirs,
    ...(plan.logins.length > 1 ? plan.logins.slice(1) : []),
    ...plan.keys,
    ...Object.keys(plan.habits.troubles),
    ...rounds.flatMap(([name, { acts }]) => Object.keys(acts).map((act) => `${name}.${act}`)),
  ]
}

/** Whether acts of all these kinds are in it, and its locks are of the kind, where one is named. */
export function has({ rounds, mechanism }: Plan, kinds: readonly string[]): boolean {
  const all = new Set(
    Object.values(rounds).flatMap(({ acts }) => Object.values(acts).map(({ kind }) => kind as string)),
  )
  return kinds.every((kind) => all.has(kind) || kind === mechanism)
}

/** The plan without some of its parts. */
export function without(plan: Plan, parts: readonly string[]): Plan {
  const gone = new Set(parts)
  const kept = <T>(all: Readonly<Record<string, T>>, prefix = ''): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !gone.has(prefix + name)))
  const processes = kept(plan.processes)
  const isPossible = (act: Act): boolean =>
    act.kind !== 'call' && act.kind !== 'renew'
      ? true
      : act.process in processes && !gone.has(act.agent) && !gone.has(act.login)
  const rounds = Object.fromEntries(
    Object.entries(kept(plan.rounds)).map(([name, round]) => {
      const acts = Object.entries(kept(round.acts, `${name}.`)).filter(([, act]) => isPossible(act))
      return [name, { ...round, acts: Object.fromEntries(acts) }]
    }),
  )
  return {
    ...plan,
    processes,
    rounds,
    heirs: plan.heirs.filter((name) => !gone.has(name)),
    logins: plan.logins.filter((name) => !gone.has(name)),
    keys: plan.keys.filter((name) => !gone.has(name)),
    habits: { ...plan.habits, troubles: kept(plan.habits.troubles) },
  }
}
