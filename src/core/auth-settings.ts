// What the section `auth` of the config means: who goes first, how long profiles rest, how long calls wait.
import type { Routing } from './auth-schema.ts'
import type { RawConfig } from './config-schema.ts'
import type { CrossingRule } from './fence.ts'
import type { Cooldowns } from './health.ts'
import { normaliseProvider } from './model-ref.ts'

export type AuthSettings = {
  authOrder: ReadonlyMap<string, readonly string[]>
  authProfiles: ReadonlyMap<string, { provider: string; mode?: string }>
  /** Providers whose accounts do not simply go by order and turns. */
  routing: ReadonlyMap<string, Routing>
  /** How many calls at once an account gets at most, by provider or by id of a profile. */
  concurrency: ReadonlyMap<string, number>
  /** What is kept of each account for chat: calls at once, and percent of its limits; 0: nothing. */
  reserve: { slots: number; percent: number }
  /** How long profiles rest, where it is another time than ours; providers by their one spelling. */
  cooldowns: Cooldowns
  /** How long a call is held until somebody is back, ms; 0: not at all. */
  waitMaxMs: number
  /** Whether calls may go on to what is billed by use, and how much that may cost in a day, USD. */
  spend: { rule: CrossingRule; capUsdPerDay?: number }
  /** Subscription profiles that callers beyond loopback may use, by id (D13). */
  shared: ReadonlySet<string>
}

/** @param raw the section as written, valid */
export function authSettings(raw: RawConfig['auth']): AuthSettings {
  return {
    authOrder: new Map(byProvider(raw?.order).map(([provider, ids]) => [provider, tidyOrder(ids)])),
    authProfiles: new Map(
      Object.entries(raw?.profiles ?? {}).map(([id, meta]) => [
        id,
        { provider: normaliseProvider(meta.provider), ...(meta.mode === undefined ? {} : { mode: meta.mode }) },
      ]),
    ),
    routing: new Map(byProvider(raw?.routing)),
    concurrency: new Map(
      Object.entries(raw?.concurrency ?? {}).map(([name, most]) => [
        name.includes(':') ? name : normaliseProvider(name),
        most,
      ]),
    ),
    reserve: { slots: raw?.reserve?.slots ?? 0, percent: raw?.reserve?.percent ?? 0 },
    cooldowns: cooldownsOf(raw?.cooldowns ?? {}),
    waitMaxMs: raw?.wait?.maxMs ?? 0,
    spend: {
      rule: raw?.spend?.fromFlatRateToMetered ?? 'allow',
      ...(raw?.spend?.capUsdPerDay === undefined ? {} : { capUsdPerDay: raw.spend.capUsdPerDay }),
    },
    shared: new Set(raw?.shareBeyondLoopback ?? []),
  }
}

function cooldownsOf({ billingBackoffHoursByProvider: hours, ...rest }: Cooldowns): Cooldowns {
  return hours === undefined ? rest : { ...rest, billingBackoffHoursByProvider: Object.fromEntries(byProvider(hours)) }
}

/** Rows of a section that is written by provider, under the one spelling of each. */
function byProvider<T>(section: Readonly<Record<string, T>> | undefined): [provider: string, value: T][] {
  return Object.entries(section ?? {}).map(([provider, value]) => [normaliseProvider(provider), value])
}

/** Trims, drops blanks and repeats; the first mention counts. */
export function tidyOrder(ids: readonly string[]): string[] {
  return [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ''))]
}
