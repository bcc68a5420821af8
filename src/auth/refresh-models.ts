// Asks the providers' own models endpoints which models the accounts of an agent can reach, and keeps what they say. A provider that cannot be asked
// keeps the list that it had.
import { restsUntil } from '../core/health.ts'
import type { ListedModel, ModelList } from '../core/model-list.ts'
import { MOST_LISTED, nextPageIn, readModelAnswer } from '../core/model-list.ts'
import { type Candidate, defectOf, type ProviderFacts, placeOf } from '../core/order.ts'
import { renewalNeedOf } from '../core/pick.ts'
import type { Secret } from '../core/secret.ts'
import { OWN_HEADERS } from '../providers/headers.ts'
import { transportFailure } from '../providers/http-failure.ts'
import type { Provider } from '../providers/provider.ts'
import { verdictOf } from '../providers/verdict.ts'
import { parseLine } from '../store/document.ts'
import { ask } from '../system/ask.ts'
import type { Transport } from '../system/send.ts'
import { routeOf } from './acquire.ts'
import type { View } from './auth.ts'
import { refresh } from './refresh.ts'

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
/** More than any provider has. */
const MOST_PAGES = 50
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
        Number(restsUntil(a.health, now) > 0) - Number(restsUntil(b.health, now) > 0) || byPlace(facts, a, b, now),
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

/** @returns the models, or what went wrong */
async function question(
  view: View,
  transport: Transport,
  provider: Provider,
  asker: Candidate,
  timeoutMs: number,
): Promise<ListedModel[] | string> {
  const ready = await renewed(view, asker, renewalNeedOf(asker, view.home.system.now()) === 'due' ? {} : undefined)
  if (typeof ready === 'string') return ready
  const said = await wholeList(view, transport, provider, ready, timeoutMs)
  if (!('refused' in said)) return said.models
  const { secret, renewable } = ready
  if (said.status !== 401 || renewable !== true || secret === undefined) return said.refused
  // A token may end before its time.
  const again = await renewed(view, ready, { rejected: secret })
  if (typeof again === 'string') return again
  const last = await wholeList(view, transport, provider, again, timeoutMs)
  return 'refused' in last ? last.refused : last.models
}

/** The credential with a token that can be sent. @param wish absent: it has one @returns why it has none */
async function renewed(
  view: View,
  asker: Candidate,
  wish: { rejected?: Secret } | undefined,
): Promise<Candidate | string> {
  if (wish === undefined) return asker
  const done = await refresh(view, asker.id, wish)
  if (done.kind === 'ended') return `its login has ended: ${done.reason}`
  if (done.kind === 'failed') return `its login could not be renewed: ${done.failure.detail}`
  const { candidates } = view.facts().providers.get(asker.provider) ?? { candidates: [] }
  return candidates.find(({ id }) => id === asker.id) ?? 'it was removed'
}

type Said = { models: ListedModel[] } | { refused: string; status?: number }

/** All pages, one after the other; a list in part is none. */
async function wholeList(
  view: View,
  transport: Transport,
  provider: Provider,
  asker: Candidate,
  timeoutMs: number,
): Promise<Said> {
  const { listing } = provider
  const models = new Map<string, ListedModel>()
  const asked = new Set<string>()
  let page: string | undefined = ''
  while (page !== undefined) {
    if (asked.has(page) || asked.size >= MOST_PAGES) return { refused: 'its list of models does not end' }
    asked.add(page)
    const said = await onePage(view, transport, provider, asker, { page, timeoutMs })
    if ('refused' in said) return said
    const listed = readModelAnswer(said.value)
    if (listed === undefined) return { refused: 'what it answered is no list of models' }
    for (const model of listed) if (!models.has(model.id) && models.size < MOST_LISTED) models.set(model.id, model)
    page = nextPageIn(said.value, listing?.after ?? 'after')
  }
  return { models: [...models.values()] }
}

async function onePage(
  view: View,
  transport: Transport,
  provider: Provider,
  { kind, secret }: Candidate,
  { page, timeoutMs }: { page: string; timeoutMs: number },
): Promise<{ value: unknown } | { refused: string; status?: number }> {
  const { system } = view.home
  const { listing, endpoints } = provider
  const { origin, prefix, reach } = routeOf(provider, view.facts().config.providers.get(provider.id)?.baseUrl)
  const signature = secret === undefined || kind === 'unknown' ? [] : provider.sign(kind, secret, 'models')
  const headers = [...OWN_HEADERS, 'accept', 'application/json', ...signature, ...(listing?.headers ?? [])]
  const query = [listing?.query ?? '', page].filter((part) => part !== '').join('&')
  const path = `${prefix}${endpoints.models}${query === '' ? '' : `?${query}`}`
  const request = { origin, reach, path, method: 'GET', headers, firstByteMs: timeoutMs, idleMs: timeoutMs } as const
  const answer = await ask(transport, system.timer, request, { timeoutMs, needsWhole: true, mostBytes: MOST_BYTES })
  if ('failure' in answer) return { refused: transportFailure(answer.failure, origin).detail }
  const { status } = answer
  if (status >= 200 && status < 300) return { value: parseLine(answer.body) }
  const { detail } = verdictOf(provider, { ...answer, now: system.now() })
  return { refused: `status ${status}: ${system.log.scrub(detail)}`, status }
}
