// Live calls that prove credentials, one per profile, without touching order or health: a tiny request where a model is configured, which is noted
// in the ledger as what it is, else the vendor's free endpoint.
import { DEFAULT_PROVIDER, modelsOf } from '../core/config.ts'
import type { FailureClass } from '../core/failure.ts'
import { parseModelRef } from '../core/model-ref.ts'
import { type Candidate, defectOf, type ProviderFacts, placeOf, sourceLabel } from '../core/order.ts'
import { explain } from '../core/pick.ts'
import { OWN_HEADERS } from '../providers/headers.ts'
import { transportFailure } from '../providers/http-failure.ts'
import { type Endpoint, type Provider, pathOf } from '../providers/provider.ts'
import { verdictOf } from '../providers/verdict.ts'
import { ask } from '../system/ask.ts'
import type { OutgoingRequest, Transport } from '../system/send.ts'
import { routeOf } from './acquire.ts'
import type { View } from './auth.ts'
import { noteProbe, type Probed } from './note-probe.ts'

export type ProbeStatus = 'ok' | 'auth' | 'rate_limit' | 'billing' | 'timeout' | 'format' | 'unknown' | 'no_model'

export type ProbeResult = {
  provider: string
  model?: string
  profileId?: string
  label: string
  source: 'profile' | 'env' | 'models.json'
  mode?: string
  status: ProbeStatus
  error?: string
  latencyMs?: number
}

export type ProbeReport = {
  startedAt: number
  finishedAt: number
  durationMs: number
  totalTargets: number
  options: {
    timeoutMs: number
    concurrency: number
    maxTokens: number
    provider?: string
    profileIds?: readonly string[]
  }
  results: ProbeResult[]
}

export type ProbeOptions = {
  provider?: string
  profileIds?: readonly string[]
  timeoutMs: number
  concurrency: number
  maxTokens: number
  /** Called after each result, for progress. */
  onDone?: (result: ProbeResult, done: number, total: number) => void
}

type Target = { provider: Provider; candidate: Candidate; facts: ProviderFacts }

/** Probes every credential of the agent, or those asked for. Reads health, writes none. */
export async function probe(view: View, options: ProbeOptions): Promise<ProbeReport> {
  const { system } = view.home
  const startedAt = system.now()
  const targets = targetsOf(view, options)
  const transport = targets.length === 0 ? undefined : await system.transport()
  const results: ProbeResult[] = new Array<ProbeResult>(targets.length)
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < targets.length; at = next++) {
      const target = targets[at]
      if (target === undefined || transport === undefined) return
      const result = await probeOne(view, transport, target, options)
      results[at] = result
      done++
      options.onDone?.(result, done, targets.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.concurrency, targets.length) }, worker))
  await view.store.ledger.flush()
  const { onDone: _, ...asked } = options
  const finishedAt = system.now()
  return {
    startedAt,
    finishedAt,
    durationMs: finishedAt - startedAt,
    totalTargets: targets.length,
    options: asked,
    results,
  }
}

function targetsOf(view: View, options: ProbeOptions): Target[] {
  const { providers, config } = view.facts()
  return [...providers.values()]
    .filter((facts) => options.provider === undefined || facts.provider === options.provider)
    .flatMap((facts) => {
      const provider = view.registry.find(facts.provider, config.providers.get(facts.provider))
      if (provider === undefined) return []
      return facts.candidates
        .filter((candidate) => options.profileIds === undefined || options.profileIds.includes(candidate.id))
        .map((candidate) => ({ provider, candidate, facts }))
    })
}

async function probeOne(view: View, transport: Transport, target: Target, options: ProbeOptions): Promise<ProbeResult> {
  const { provider, candidate, facts } = target
  const { system } = view.home
  const now = system.now()
  const model = modelFor(view, provider.id)
  const base: Omit<ProbeResult, 'status'> = {
    provider: provider.id,
    ...(model === undefined ? {} : { model: `${provider.id}/${model}` }),
    ...(candidate.source.kind === 'profile' ? { profileId: candidate.id } : {}),
    label: candidate.label,
    source: sourceOf(candidate),
    ...(candidate.kind === 'unknown' ? {} : { mode: candidate.kind }),
  }
  const passed = explain(facts, { now }).find(({ id }) => id === candidate.id)
  if (defectOf(candidate, now) !== undefined || candidate.behind !== undefined || placeOf(facts, candidate, now) < 0) {
    return { ...base, status: 'unknown', error: `${passed?.rule ?? 'passed_over'}: ${passed?.reason ?? ''}` }
  }
  const request = requestFor(view, target, model, options)
  if (request === undefined) return { ...base, status: 'no_model', error: 'no model of this provider is configured' }
  const began = system.monotonic()
  const answer = await ask(transport, system.timer, request, { timeoutMs: options.timeoutMs })
  const ms = system.monotonic() - began
  const latencyMs = Math.round(ms)
  const note = (more: Pick<Probed, 'status' | 'body' | 'failure'>): void => {
    const endpoint = modelEndpoint(provider, model)
    if (model === undefined || endpoint === undefined) return
    noteProbe(view, { provider: provider.id, model, endpoint, candidate, origin: request.origin, at: now, ms, ...more })
  }
  if ('failure' in answer) {
    const failure = transportFailure(answer.failure, request.origin)
    note({ failure })
    return { ...base, status: statusOf(failure.class), error: failure.detail, latencyMs }
  }
  const { status, body } = answer
  if (status >= 200 && status < 300) {
    note({ status, body })
    return { ...base, status: 'ok', latencyMs }
  }
  const failure = verdictOf(provider, { ...answer, now })
  note({ status, failure })
  return { ...base, status: statusOf(failure.class), error: system.log.scrub(failure.detail), latencyMs }
}

function sourceOf(candidate: Candidate): ProbeResult['source'] {
  if (candidate.source.kind === 'profile') return 'profile'
  return candidate.source.kind === 'config' && sourceLabel(candidate.source).includes('models.providers')
    ? 'models.json'
    : 'env'
}

/** The first configured model of the provider. */
function modelFor(view: View, provider: string): string | undefined {
  const { config } = view.facts()
  const models = modelsOf(config, view.agentId)
  for (const text of [models.primary, ...models.fallbacks, ...config.configured]) {
    const ref = parseModelRef(text, { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER })
    if (ref.provider === provider) return ref.model
  }
  return undefined
}

const QUESTION = 'Answer with the single word: ready'

function requestFor(
  view: View,
  { provider, candidate }: Target,
  model: string | undefined,
  options: ProbeOptions,
): OutgoingRequest | undefined {
  const { origin, prefix, reach } = routeOf(provider, view.facts().config.providers.get(provider.id)?.baseUrl)
  const signature =
    candidate.secret === undefined || candidate.kind === 'unknown'
      ? []
      : provider.sign(candidate.kind, candidate.secret)
  const headers = [...OWN_HEADERS, 'accept', 'application/json', ...signature]
  const times = { firstByteMs: options.timeoutMs, idleMs: options.timeoutMs }
  const messages = [{ role: 'user', content: QUESTION }]
  const post = (path: string, body: object, more: readonly string[]): OutgoingRequest => {
    const bytes = Buffer.from(JSON.stringify(body))
    return {
      origin,
      reach,
      path: prefix + path,
      method: 'POST',
      headers: [...headers, 'content-type', 'application/json', ...more],
      body: [bytes],
      ...times,
    }
  }
  const version = ['anthropic-version', '2023-06-01']
  const endpoint = modelEndpoint(provider, model)
  if (endpoint === 'messages' && provider.endpoints.messages !== undefined) {
    return post(provider.endpoints.messages, { model, max_tokens: options.maxTokens, messages }, version)
  }
  if (model !== undefined && endpoint === 'generate_content') {
    const contents = [{ role: 'user', parts: [{ text: QUESTION }] }]
    const path = pathOf(provider, { endpoint, streaming: false, model })
    return post(path, { contents, generationConfig: { maxOutputTokens: options.maxTokens } }, [])
  }
  if (endpoint === 'chat_completions' && provider.endpoints.chat_completions !== undefined) {
    const limit = provider.id === 'openai' ? 'max_completion_tokens' : 'max_tokens'
    return post(provider.endpoints.chat_completions, { model, [limit]: options.maxTokens, messages }, [])
  }
  if (provider.probePath === undefined) return undefined
  const extra = provider.endpoints.messages === undefined ? [] : version
  return { origin, reach, path: prefix + provider.probePath, method: 'GET', headers: [...headers, ...extra], ...times }
}

/** Where a model is asked; undefined: nowhere that a tiny request goes to. */
function modelEndpoint({ endpoints }: Provider, model: string | undefined): Endpoint | undefined {
  if (model === undefined) return undefined
  if (endpoints.messages !== undefined) return 'messages'
  if (endpoints.generate_content !== undefined) return 'generate_content'
  return endpoints.chat_completions === undefined ? undefined : 'chat_completions'
}

function statusOf(failure: FailureClass): ProbeStatus {
  switch (failure) {
    case 'auth':
    case 'auth_permanent':
    case 'permission':
      return 'auth'
    case 'quota':
      return 'rate_limit'
    case 'rate_limit':
    case 'billing':
    case 'timeout':
    case 'format':
      return failure
    default:
      return 'unknown'
  }
}
