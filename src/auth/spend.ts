// What a person says of money, and is told of it: whether calls may cross from a subscription to what is billed by use, and what that has cost today.
import { AuthError } from '../core/errors.ts'
import type { CrossingRule } from '../core/fence.ts'
import { dayIn, dayOf, endOfDay, spentIn } from '../core/spend-book.ts'
import type { Consent } from '../store/spend.ts'
import type { Auth } from './auth.ts'

export type SpendReport = {
  rule: CrossingRule
  configPath: string
  consentPath: string
  /** Until when a person lets calls cross, ms epoch; null: not now. */
  allowedUntil: number | null
  /** UTC. */
  day: string
  bookPath: string
  /** USD; null: none. */
  capUsdPerDay: number | null
  spentUsd: number
  /** What processes have put by for calls, running ones and the next. */
  leasedUsd: number
  /** What running calls may still cost. */
  reservedUsd: number
  profiles: { agentId: string; profileId: string; spentUsd: number }[]
}

/** What stands in the config and the files now. Writes nothing. @throws AuthError unreadable_store */
export async function reportSpend({ home }: Auth): Promise<SpendReport> {
  const { spend, system } = home
  const { rule, capUsdPerDay } = home.config().spend
  const now = system.now()
  const [consent, books] = await Promise.all([spend.consent.read(), spend.book.read()])
  const today = dayOf(now)
  const book = dayIn(books, today)
  const living = [...book.leases.values()].filter(({ until }) => until > now)
  const sum = (amounts: readonly number[]): number => amounts.reduce((all, one) => all + one, 0) / 1_000_000
  return {
    rule,
    configPath: home.configStore.where(),
    consentPath: spend.consent.where(),
    allowedUntil: consent !== undefined && consent.until > now ? consent.until : null,
    day: today,
    bookPath: spend.book.where(),
    capUsdPerDay: capUsdPerDay ?? null,
    // What a dead process had running may have been spent, so it was.
    spentUsd: spentIn(book, now) / 1_000_000,
    leasedUsd: sum(living.map(({ amount }) => amount)),
    reservedUsd: sum(living.map(({ reserved }) => reserved)),
    profiles: [...book.profiles].map(([key, amount]) => {
      const cut = key.indexOf(' ')
      return { agentId: key.slice(0, cut), profileId: key.slice(cut + 1), spentUsd: amount / 1_000_000 }
    }),
  }
}

/**
 * Lets calls cross, of all agents.
 * @param until ms epoch; absent: the end of the day, UTC
 * @throws AuthError usage (nobody is asked), and what the store throws; then nothing has changed
 */
export async function allowSpend({ home }: Auth, until?: number): Promise<Consent> {
  const { rule } = home.config().spend
  if (rule !== 'ask') {
    const why =
      rule === 'never' ? 'no call may cross, whatever a person says' : 'every call may cross, without being asked for'
    throw new AuthError(
      'usage',
      `auth.spend.fromFlatRateToMetered is "${rule}" (${home.configStore.where()}): ${why}. Nothing was changed.`,
      { remedy: 'openclaw config set auth.spend.fromFlatRateToMetered ask' },
    )
  }
  const at = home.system.now()
  const consent = { until: until ?? endOfDay(at), at }
  await home.spend.consent.put(consent)
  return consent
}

/** Lets no further call cross. @returns what was allowed until then, undefined where nothing was */
export async function denySpend({ home }: Auth): Promise<Consent | undefined> {
  // Where nobody said anything no file is made.
  if ((await home.spend.consent.read()) === undefined) return undefined
  const before = await home.spend.consent.put(undefined)
  return before !== undefined && before.until > home.system.now() ? before : undefined
}
