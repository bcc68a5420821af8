// What is remembered of who made what only one account can open, and by which names accounts are known there.
import { Issued, type Issuer } from '../core/issued.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import type { AgentFacts } from '../core/status.ts'
import { headerOf } from '../providers/headers.ts'
import type { Home } from '../store/home.ts'
import type { RawHeaders } from '../system/send.ts'
import type { View } from './auth.ts'

/** One for each home: its agents share what they mean. */
const memories = new WeakMap<Home, Issued>()

/** What is known of who made what. */
export function issuedOf(home: Home): Issued {
  const memory = memories.get(home) ?? new Issued()
  memories.set(home, memory)
  return memory
}

/** Whose the things are that a candidate is handed: of a login its account, else the profile in its owner's store, or the variable with its key. */
export function issuerOf(view: Pick<View, 'store'>, candidate: Candidate): Issuer {
  const { id, provider, account, source } = candidate
  const whose = account?.accountId ?? account?.email
  const own = source.kind === 'profile' ? `${view.store.owner} ${id}` : healthIdOf(candidate)
  return { account: `${provider} ${whose === undefined ? own : `account ${whose}`}`, profile: id }
}

/** Whether somebody else of the provider could be asked. */
export function hasOthers(view: View, provider: string): boolean {
  return (view.facts().providers.get(provider)?.candidates.length ?? 0) > 1
}

/** The accounts of an agent have changed: what those that are gone have made is forgotten when they cannot come back any more. */
export function followAccounts(view: Pick<View, 'store'>, home: Home, before: AgentFacts, next: AgentFacts): void {
  const memory = memories.get(home)
  if (memory === undefined || memory.size === 0) return
  const accountsOf = ({ providers }: AgentFacts): ReadonlySet<string> =>
    new Set([...providers.values()].flatMap(({ candidates }) => candidates.map((one) => issuerOf(view, one).account)))
  memory.follow(accountsOf(before), accountsOf(next), home.system.monotonic())
}

/** Who seals thoughts for an organisation, and the header that names it: OpenAI compares just that, and says so when it refuses one. */
const ORGANIZED: Readonly<Record<string, string>> = { openai: 'openai-organization' }

/** Keeps of an answer what its vendor says of whose the account is. */
export function hearOrganization(view: View, candidate: Candidate, headers: RawHeaders): void {
  const name = ORGANIZED[candidate.provider]
  if (name === undefined || !hasOthers(view, candidate.provider)) return
  const memory = issuedOf(view.home)
  const { account } = issuerOf(view, candidate)
  if (!memory.hasHeard(account)) memory.heard(account, headerOf(headers, name) ?? '')
}
