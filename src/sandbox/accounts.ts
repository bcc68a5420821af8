// The accounts the sandbox knows: keys, quotas per window, counters, and which prompt prefixes each has cached.
import { VENDOR_NAMES, type VendorName } from './vendor.ts'

export type SandboxAccount = {
  name: string
  vendor: VendorName
  key: string
  /** Absent: `bearer` for subscription tokens of Anthropic and for OpenAI, else `api_key`. */
  kind?: 'api_key' | 'bearer'
  /** Model requests per window; 0 refuses all, absent is endless. */
  quota?: number
  /** Length of the window, one minute when absent. */
  windowMs?: number
}

/** What rate-limit headers tell. */
export type Quota = { limit: number; remaining: number /** ms epoch */; resetAt: number }

/** How much of a quota is used, 0 to 1. */
export function usedOf({ limit, remaining }: Quota): number {
  return limit === 0 ? 1 : 1 - remaining / limit
}

/** How often an account was used and what came of it; never forgotten before a reset. */
export type Counters = {
  requests: number
  statuses: Record<string, number>
  /** Requests whose answer has not ended, now and at the most. */
  open: number
  mostOpen: number
}

export type Account = {
  name: string
  vendor: VendorName
  key: string
  kind: 'api_key' | 'bearer'
  quota: number | undefined
  windowMs: number
  windowStartedAt: number
  used: number
  counters: Counters
  /** When each is forgotten, ms epoch, by its digest. */
  cachedPrefixes: Map<string, { lifeMs: number; until: number }>
}

/** What the control API tells of an account. */
export type AccountState = Counters & {
  name: string
  vendor: VendorName
  kind: 'api_key' | 'bearer'
  key: string
  quota?: Quota
}

const MINUTE_MS = 60_000
const ENDLESS_LIMIT = 4000
const HEADER_SAFE = /^[\x21-\x7e]+$/
const MOST_PREFIXES = 1000
const SUBSCRIPTION_TOKEN = 'sk-ant-oat'

/** One healthy account per vendor, for those who name none. */
export const DEFAULT_ACCOUNTS: readonly SandboxAccount[] = [
  { name: 'healthy', vendor: 'anthropic', key: 'sk-ant-api03-sandbox-healthy' },
  { name: 'healthy', vendor: 'openai', key: 'sk-proj-sandbox-healthy' },
  { name: 'healthy', vendor: 'google', key: 'AIza-sandbox-healthy' },
]

export type Accounts = {
  find(vendor: VendorName, key: string | undefined): Account | undefined
  /** Takes one request out of the window; false when there is none left. */
  take(account: Account, now: number): boolean
  quota(account: Account | undefined, now: number): Quota
  /** Whether the account's cache has a prompt prefix at `now`; one that is read lives on, as if it had just been written. */
  readCached(account: Account, prefix: string, now: number): boolean
  /** Remembers a prompt prefix for five minutes or an hour from its last use. */
  cache(account: Account, prefix: string, lifeMs: number, now: number): void
  states(now: number): AccountState[]
  reset(): void
}

/**
 * Opens the book of accounts.
 * @param list with one name and one key per vendor at most
 * @throws Error when a name or a key stands twice, or a name does not fit into a header
 */
export function createAccounts(list: readonly SandboxAccount[]): Accounts {
  const byKey = new Map(VENDOR_NAMES.map((name) => [name, new Map<string, Account>()]))
  const all = list.map(open)
  for (const account of all) {
    if (!HEADER_SAFE.test(account.name))
      throw new Error('sandbox: the name of an account goes into a header: ASCII only')
    const known = byKey.get(account.vendor) ?? new Map<string, Account>()
    const twice = known.has(account.key) || [...known.values()].some(({ name }) => name === account.name)
    if (twice) throw new Error(`sandbox: the ${account.vendor} account "${account.name}" or its key stands twice`)
    known.set(account.key, account)
  }

  const roll = (account: Account, now: number): void => {
    if (now < account.windowStartedAt + account.windowMs) return
    account.windowStartedAt = now
    account.used = 0
  }
  const quota = (account: Account | undefined, now: number): Quota => {
    if (account?.quota === undefined) {
      return { limit: ENDLESS_LIMIT, remaining: ENDLESS_LIMIT - 1, resetAt: now + MINUTE_MS }
    }
    roll(account, now)
    const remaining = Math.max(0, account.quota - account.used)
    return { limit: account.quota, remaining, resetAt: account.windowStartedAt + account.windowMs }
  }

  return {
    find: (vendor, key) => (key === undefined ? undefined : byKey.get(vendor)?.get(key)),
    take(account, now) {
      if (account.quota === undefined) return true
      roll(account, now)
      if (account.used >= account.quota) return false
      account.used++
      return true
    },
    quota,
    readCached({ cachedPrefixes }, prefix, now) {
      const entry = cachedPrefixes.get(prefix)
      if (entry === undefined || entry.until <= now) return false
      entry.until = now + entry.lifeMs
      return true
    },
    cache({ cachedPrefixes }, prefix, lifeMs, now) {
      const known = cachedPrefixes.get(prefix)
      // What is kept for an hour is not forgotten earlier because somebody asks for less.
      const longest = known !== undefined && known.until > now ? Math.max(known.lifeMs, lifeMs) : lifeMs
      if (cachedPrefixes.size >= MOST_PREFIXES) cachedPrefixes.clear()
      cachedPrefixes.set(prefix, { lifeMs: longest, until: now + longest })
    },
    states: (now) =>
      all.map((account) => ({
        name: account.name,
        vendor: account.vendor,
        kind: account.kind,
        key: maskKey(account.key),
        requests: account.counters.requests,
        statuses: { ...account.counters.statuses },
        open: account.counters.open,
        mostOpen: account.counters.mostOpen,
        ...(account.quota === undefined ? {} : { quota: quota(account, now) }),
      })),
    reset() {
      for (const account of all) {
        account.windowStartedAt = Number.NEGATIVE_INFINITY
        account.used = 0
        account.counters = { requests: 0, statuses: {}, open: 0, mostOpen: 0 }
        account.cachedPrefixes.clear()
      }
    },
  }
}

function open(account: SandboxAccount): Account {
  const bearer = account.vendor === 'openai' || account.key.startsWith(SUBSCRIPTION_TOKEN)
  return {
    name: account.name,
    vendor: account.vendor,
    key: account.key,
    kind: account.kind ?? (bearer ? 'bearer' : 'api_key'),
    quota: account.quota,
    windowMs: account.windowMs ?? MINUTE_MS,
    windowStartedAt: Number.NEGATIVE_INFINITY,
    used: 0,
    counters: { requests: 0, statuses: {}, open: 0, mostOpen: 0 },
    cachedPrefixes: new Map(),
  }
}

const SHOWN = 4

/** The last four characters; nothing of a key so short that four would tell too much. */
export function maskKey(key: string): string {
  return key.length < 3 * SHOWN ? '…' : `…${key.slice(-SHOWN)}`
}
