// Asks the providers' own models endpoints which models the accounts of an agent can reach, and keeps what they say. A provider that cannot be asked
// keeps the list that it had.
import type { ListedModel, ModelList } from '../core/model-list.ts'
import { readModelAnswer } from '../core/model-list.ts'
import { type Candidate, defectOf, flawOf, type ProviderFacts, placeOf } from '../core/order.ts'
import { OWN_HEADERS } from '../providers/headers.ts'
import { transportFailure } from '../providers/http-failure.ts'
import type { Provider } from '../providers/provider.ts'
import { verdictOf } from '../providers/verdict.ts'
import { parseLine } from '../store/document.ts'
import { ask } from '../system/ask.ts'
import type { Transport } from '../system/send.ts'
import { routeOf } from './acquire.ts'
import type { View } from './auth.ts'

export type RefreshedProvider = {
  provider: string
  /** `listed`: it has told; `failed`: it was asked in vain; `no_account`: nobody can ask it; `no_list`: it has no endpoint for that. */
  outcome: 'listed' | 'failed' | 'no_account' | 'no_list'
  /** Who asked. */
  by?: string
  /** How many it has; of those new since the list before, and no longer there. */
  models?: number
  added?: readonly string[]
  gone?: readonly string[]
  /** Why there is no new list. */
  error?: string
  /** Of the list that is kept in its place, ms epoch; null: there is none. */
  keptFrom?: number | null
}

export type RefreshedModels = { at: number; file: string; providers: RefreshedProvider[] }

export type RefreshOptions = {
  /** This one only. */
  provider?: string
  /** For each question, ms. */
  timeoutMs: number
}

const CONCURRENCY = 4
/** Another account is asked when the first one is refused. */
const MOST_ACCOUNTS = 3
/** The longest known list has half a megabyte. */
const MOST_BYTES = 8 * 1024 * 1024

/**
 * Asks every provider that has an account, or the one named. Reads health, writes none; what it stores is the lists.
 * @throws AuthError unreadable_store, write_failed, lock_timeout
 */
export async function refreshModels(view: View, options: RefreshOptions): Promise<RefreshedModels> {
  const { home } = view
  const at = home.system.now()
  const wanted = [...view.facts().providers.values()].filter(({ provider, candidates }) =>
    options.provider === undefined ? candidates.length > 0 : provider === options.provider,
  )
  const transport = wanted.length === 0 ? undefined : await home.system.transport()
  const providers: RefreshedProvider[] = new Array<RefreshedProvider>(wanted.length)
  const lists = new Map<string, ModelList>()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let place = next++; place < wanted.length; place = next++) {
      const facts = wanted[place]
      if (facts === undefined || transport === undefined) return
      const { told, list } = await askOne(view, transport, facts, options)
      providers[place] = told
      if (list !== undefined) lists.set(facts.provider, list)
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, wanted.length) }, worker))
  if (lists.size > 0) await home.modelLists.put(lists)
  return { at, file: home.modelLists.where(), providers }
}

async function askOne(
  view: View,
  transport: Transport,
  facts: ProviderFacts,
  options: RefreshOptions,
): Promise<{ told: RefreshedProvider; list?: ModelList }> {
  const { home } = view
  const { provider: id } = facts
  const before = home.modelLists.known().get(id)
  const kept = { keptFrom: before?.at ?? null }
  const provider = view.registry.find(id, view.facts().config.providers.get(id))
  if (provider?.endpoints.models === undefined) {
    return { told: { provider: id, outcome: 'no_list', error: 'it has no list of its models', ...kept } }
  }
  const now = home.system.now()
  const askers = facts.candidates
    .filter((one) => defectOf(one, now) === undefined && one.behind === undefined && placeOf(facts, one, now) >= 0)
    // Who rests is asked last.
    .sort(
      (a, b) =>
        Number(flawOf(a, now) !== undefined) - Number(flawOf(b, now) !== undefined) || byPlace(facts, a, b, now),
    )
  if (askers.length === 0) {
    return { told: { provider: id, outcome: 'no_account', error: 'no account of it can be used', ...kept } }
  }
  let error = ''
  for (const asker of askers.slice(0, MOST_ACCOUNTS)) {
    const answer = await question(view, transport, provider, asker, options.timeoutMs)
    if (typeof answer === 'string') {
      error = `${asker.id}: ${answer}`
      continue
    }
    const list = { at: now, by: asker.id, models: answer }
    return {
      told: { provider: id, outcome: 'listed', by: asker.id, models: answer.length, ...changes(before, list) },
      list,
    }
  }
  return { told: { provider: id, outcome: 'failed', error, ...kept } }
}

function byPlace(facts: ProviderFacts, a: Candidate, b: Candidate, now: number): number {
  return placeOf(facts, a, now) - placeOf(facts, b, now)
}

function changes(before: ModelList | undefined, { models }: ModelList): Pick<RefreshedProvider, 'added' | 'gone'> {
  const [old, present] = [new Set(before?.models.map(({ id }) => id)), new Set(models.map(({ id }) => id))]
  return { added: [...present].filter((id) => !old.has(id)), gone: [...old].filter((id) => !present.has(id)) }
}

/** Anthropic tells twenty at a time, and Google fifty, unless they are asked for more. */
function pageOf({ endpoints }: Provider): string {
  if (endpoints.messages !== undefined) return '?limit=1000'
  return endpoints.generate_content === undefined ? '' : '?pageSize=1000'
}

/** @returns the models, or what went wrong */
async function question(
  view: View,
  transport: Transport,
  provider: Provider,
  { kind, secret }: Candidate,
  timeoutMs: number,
): Promise<ListedModel[] | string> {
  const { system } = view.home
  const { origin, prefix, reach } = routeOf(provider, view.facts().config.providers.get(provider.id)?.baseUrl)
  const isAnthropic = provider.endpoints.messages !== undefined
  const signature = secret === undefined || kind === 'unknown' ? [] : provider.sign(kind, secret)
  const headers = [...OWN_HEADERS, 'accept', 'application/json', ...signature]
  const path = `${prefix}${provider.endpoints.models}${pageOf(provider)}`
  if (isAnthropic) headers.push('anthropic-version', '2023-06-01')
  const request = { origin, reach, path, method: 'GET', headers, firstByteMs: timeoutMs, idleMs: timeoutMs } as const
  const answer = await ask(transport, system.timer, request, { timeoutMs, needsWhole: true, mostBytes: MOST_BYTES })
  if ('failure' in answer) return transportFailure(answer.failure, origin).detail
  if (answer.status < 200 || answer.status >= 300) {
    return `status ${answer.status}: ${system.log.scrub(verdictOf(provider, { ...answer, now: system.now() }).detail)}`
  }
  return readModelAnswer(parseLine(answer.body)) ?? 'what it answered is no list of models'
}
