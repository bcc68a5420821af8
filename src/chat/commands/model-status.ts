// `/model status`: every candidate with its reason, the next one marked, and the endpoints. The same decision as the turn that follows.
import { AuthError } from '../../core/errors.ts'
import type { Explanation } from '../../core/explanation.ts'
import { aliasOf, modelChoices } from '../../core/model-choices.ts'
import { formatRef } from '../../core/model-ref.ts'
import { type Candidate, formatUntil } from '../../core/order.ts'
import { pinText } from '../../core/pick.ts'
import { restText } from '../../core/pick-reason.ts'
import { printable } from '../../core/profile.ts'
import { type AgentFacts, restingModels } from '../../core/status.ts'
import { defaultRef } from '../choose-model.ts'
import { explainTurn } from '../explain.ts'
import type { Occasion } from './command.ts'
import { titleOf } from './model.ts'

const KINDS: Record<Candidate['kind'], string> = {
  api_key: 'API key',
  token: 'token',
  oauth: 'login',
  unknown: 'not understood',
}

/** @throws AuthError usage, when the sender may not ask */
export async function showModelStatus(occasion: Occasion): Promise<string> {
  const { auth, view, key, rights } = occasion
  if (!rights.has('read')) throw new AuthError('usage', 'You may not ask for the accounts here.')
  const facts = view.facts()
  const question = { agentId: view.agentId, sessionKey: key, beyondLoopback: occasion.beyondLoopback }
  const own = await explainTurn(auth, question)
  const known = modelChoices(facts, auth.home.system.now())
  const withCredentials = [...facts.providers.values()].filter(({ candidates }) => candidates.length > 0)
  const others = new Set([...known, ...withCredentials].map(({ provider }) => provider))
  others.delete(own.provider)
  const blocks = [block(occasion, own, idsOf(known, own.provider))]
  for (const provider of others) {
    if (view.registry.find(provider, facts.config.providers.get(provider)) === undefined) continue
    const ids = idsOf(known, provider)
    // A model says it even where an alias has the name of a provider.
    const explanation = await explainTurn(auth, { ...question, model: ids[0] ?? provider })
    blocks.push(block(occasion, explanation, ids))
  }
  return [...headLines(occasion, own), ...blocks.flatMap((lines) => ['', ...lines])].join('\n')
}

function idsOf(rows: readonly { id: string; provider: string }[], provider: string): string[] {
  return rows.filter((row) => row.provider === provider).map(({ id }) => id)
}

function headLines({ view, key }: Occasion, own: Explanation): string[] {
  const { config, storePath, owner } = view.facts()
  return [
    `Current: ${titleOf(config, own.model)}`,
    `Default: ${formatRef(defaultRef(view.facts()))}`,
    `Agent: ${view.agentId}`,
    `Session: ${key}, ${tieText(own)}`,
    `Auth file: ${storePath}${owner === undefined ? '' : `, of agent ${owner}`}`,
    `Next: ${nextText(own)}`,
  ]
}

/** What the conversation is tied to. */
export function tieText({ pin }: Pick<Explanation, 'pin'>): string {
  return pin === undefined ? 'no account pinned' : pinText(pin)
}

/** What the next turn takes. */
export function nextText({ next, early, soonestAt, untilCallEnds, waits, at }: Explanation): string {
  if (next !== null) return early ? `${next}, tried early, as everything rests` : next
  if (untilCallEnds === true)
    return `nothing can be taken until another call ends${waits === true ? ', and the turn waits for that' : ''}`
  if (soonestAt === undefined) return 'nothing can be taken until a person acts'
  return `nothing can be taken now; the first is back ${formatUntil(soonestAt, at)}${waits === true ? ', and the turn waits for it' : ''}`
}

/** One provider: its endpoint, its accounts in the order in which they are considered, its models. */
function block({ view }: Occasion, explanation: Explanation, models: readonly string[]): string[] {
  const { provider, trace } = explanation
  const facts = view.facts()
  const lines = trace.map(({ id, verdict, reason }) => {
    const mark = verdict === 'taken' ? ' (next)' : ''
    return `- ${printable(id)}${mark}: ${kindOf(facts, provider, id)}, ${printable(reason, 300)}`
  })
  const none = `- no credential from any source: openclaw models auth add`
  const names = models.map((id) => {
    const alias = aliasOf(facts.config, id)
    return alias === undefined ? id : `${id} (${alias})`
  })
  const { candidates = [] } = facts.providers.get(provider) ?? {}
  const resting = restingModels(candidates, explanation.at).map(
    (rest) => `- ${printable(rest.profileId)} now serves other models only: ${restText(rest, explanation.at)}`,
  )
  return [
    `[${provider}] ${endpointText(view, provider)}`,
    ...(lines.length === 0 ? [none] : lines),
    ...resting,
    ...(names.length === 0 ? [] : [`Models: ${names.join(', ')}`]),
  ]
}

/** What kind of credential it is. Masks stay out of chats: others read along. */
function kindOf(facts: AgentFacts, provider: string, id: string): string {
  const candidate = facts.providers.get(provider)?.candidates.find((one) => one.id === id)
  if (candidate === undefined) return 'gone'
  return candidate.kind === 'oauth' ? printable(candidate.label) : KINDS[candidate.kind]
}

const APIS = [
  ['messages', 'anthropic-messages'],
  ['chat_completions', 'openai-completions'],
  ['responses', 'openai-responses'],
  ['generate_content', 'google-generative-ai'],
] as const

function endpointText({ registry, facts }: Occasion['view'], provider: string): string {
  const settings = facts().config.providers.get(provider)
  const known = registry.find(provider, settings)
  const api = APIS.find(([dialect]) => known?.endpoints[dialect] !== undefined)?.[1]
  const where = settings?.baseUrl === undefined ? 'endpoint: default' : `endpoint: ${bare(settings.baseUrl)}`
  return api === undefined ? where : `${where}, api: ${api}`
}

/** Without what may stand in a URL and is nobody's to read. */
function bare(url: string): string {
  if (!URL.canParse(url)) return 'not a URL'
  const { origin, pathname } = new URL(url)
  return origin + (pathname === '/' ? '' : pathname)
}
