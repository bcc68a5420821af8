// Places with an account: counted per account and process, taken for one attempt, given back once, and handed on to who waits for one.
import type { Config } from '../core/config.ts'
import type { Health } from '../core/health.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import { type Ramp, rampsAfter, rampsOf, widen } from '../core/ramp.ts'
import type { Load } from '../core/slots.ts'
import type { Home } from '../store/home.ts'
import { callNext } from './wait.ts'

/** By account, one map for each home: all its agents share what they mean. Calls that began before a cap was set are not counted. */
const loads = new WeakMap<Home, Map<string, Load>>()

/**
 * What is under way with the account of a candidate. The same secret is the same account, whatever profiles of whatever agents hold it; a login's token comes and
 * goes, so that it is known by the profile in its owner's store.
 */
function loadOf(home: Home, owner: string, candidate: Candidate): Load {
  const known = loads.get(home) ?? new Map<string, Load>()
  loads.set(home, known)
  const { provider, kind, secret } = candidate
  const name =
    secret === undefined || kind === 'oauth'
      ? `${provider} ${kind === 'oauth' ? owner : ''} ${healthIdOf(candidate)}`
      : `${provider} ${home.system.fingerprint(secret)}`
  const load = known.get(name) ?? { open: 0 }
  known.set(name, load)
  return load
}

/**
 * The candidate with its room for calls, where the config limits it (`auth.concurrency`): what stands for the profile, else for the provider.
 * @param owner the agent whose store holds it
 */
export function withSlots(
  home: Home,
  { concurrency, reserve }: Config,
  owner: string,
  candidate: Candidate,
): Candidate {
  if (concurrency.size === 0) return candidate
  const most = concurrency.get(candidate.id) ?? concurrency.get(candidate.provider)
  if (most === undefined) return candidate
  return { ...candidate, slots: { load: loadOf(home, owner, candidate), most, kept: reserve.slots } }
}

/** A place with an account. */
export class Slot {
  readonly #home: Home
  readonly #load: Load | undefined
  readonly #ramps: readonly Ramp[]
  #isFree = false

  /** @param ramps of what the account comes back from, if it does */
  constructor(home: Home, load: Load | undefined, ramps: readonly Ramp[]) {
    this.#home = home
    this.#load = load
    this.#ramps = ramps
    if (load !== undefined) load.open++
    for (const ramp of ramps) ramp.open++
  }

  /** The attempt is answered: an account that comes back may have more. */
  served(): void {
    if (this.#ramps.length === 0) return
    for (const ramp of this.#ramps) widen(ramp)
    queueMicrotask(() => callNext(this.#home))
  }

  /** Gives it back, however often it is said. Who waits is asked at once, before anybody who comes later. */
  free(): void {
    if (this.#isFree) return
    this.#isFree = true
    if (this.#load !== undefined) this.#load.open--
    for (const ramp of this.#ramps) ramp.open--
    // Not in the midst of what the attempt still has to do.
    queueMicrotask(() => callNext(this.#home))
  }
}

/** Takes a place with the account. @returns undefined where nobody counts */
export function takeSlot(home: Home, candidate: Candidate, model: string | undefined): Slot | undefined {
  const { slots, health } = candidate
  if (candidate.ramps !== undefined || hasRested(health)) {
    const ramps = rampsAfter(candidate.ramps, health, model)
    if (ramps === undefined) delete candidate.ramps
    else candidate.ramps = ramps
  }
  if (slots === undefined && candidate.ramps === undefined) return undefined
  return new Slot(home, slots?.load, rampsOf(candidate.ramps, model))
}

/** Whether the health tells of a rest at all; that of most is as new. */
function hasRested({ cooldownUntil, models }: Health): boolean {
  return cooldownUntil !== undefined || models !== undefined
}
