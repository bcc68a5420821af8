// What a turn of a session would ask, of whom: the model, the dialect and the pin. Turn and explanation use this one function.

import type { View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import { unknownProvider } from '../auth/refuse.ts'
import { modelRefIn, modelsOf } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import type { ModelRef } from '../core/model-ref.ts'
import { formatRef } from '../core/model-ref.ts'
import type { PinWish } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import { type Session, sessionKey } from '../core/session.ts'
import type { AgentFacts } from '../core/status.ts'
import type { Dialect } from './deltas.ts'

export type Plan = { ref: ModelRef; pin?: PinWish }

/** What the caller asks for beside what the session remembers; it holds for this once. */
export type Wish = { ref?: ModelRef; pin?: PinWish }

const KEY = /^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,255}$/

/**
 * The full key of a session: a bare name belongs to the agent.
 * @throws AuthError unknown_session for what cannot be a key, or belongs to another agent
 */
export function fullKey(agentId: string, text: string): string {
  const key = text.startsWith('agent:') ? text : sessionKey(agentId, text)
  if (KEY.test(key) && key.startsWith(`agent:${agentId}:`) && key.length > agentId.length + 7) return key
  throw new AuthError(
    'unknown_session',
    `"${printable(text, 60)}" is not a session of agent ${agentId}: a name of letters, digits and . _ : @ + -, or agent:${agentId}:<name>.`,
    { remedy: `openclaw agent --agent ${agentId} --message "hi"` },
  )
}

/**
 * The model and the pin of the session's next turn.
 * @param session undefined for one that does not exist yet
 * @throws AuthError unknown_model
 */
export function planTurn(facts: AgentFacts, session: Session | undefined, wish: Wish = {}): Plan {
  const { config, agentId } = facts
  const ref = wish.ref ?? session?.model ?? modelRefIn(config, agentId, modelsOf(config, agentId).primary)
  const pin = wish.pin ?? pinOf(facts, session, ref.provider)
  return { ref, ...(pin === undefined ? {} : { pin }) }
}

/** A pin holds for the provider of its profile, and as long as its session, however often that is compacted (D2). */
function pinOf(facts: AgentFacts, session: Session | undefined, provider: string): PinWish | undefined {
  const pin = session?.pin
  if (session === undefined || pin === undefined) return undefined
  const holder = [...facts.providers.values()].find(({ candidates }) => candidates.some(({ id }) => id === pin.id))
  if (holder !== undefined && holder.provider !== provider) return undefined
  return { id: pin.id, by: pin.by }
}

/** The first that a provider has. Google's own takes what its other door does not. */
const SPOKEN: readonly Dialect[] = ['messages', 'generate_content', 'chat_completions', 'responses']

/**
 * The dialect in which a turn talks to the model's provider.
 * @throws AuthError unknown_provider, wrong_dialect
 */
export function dialectOf(view: View, ref: ModelRef): Dialect {
  const provider = view.registry.find(ref.provider, view.facts().config.providers.get(ref.provider))
  if (provider === undefined) throw unknownProvider(view, ref.provider)
  const spoken = SPOKEN.find((dialect) => provider.endpoints[dialect] !== undefined)
  if (spoken !== undefined) return spoken
  throw new AuthError(
    'wrong_dialect',
    `${formatRef(ref)} cannot be talked to: ${provider.label} has no chat endpoint.`,
    {
      remedy: `openclaw models list${agentFlag(view, view.agentId)}`,
    },
  )
}
