// A conversation: the model it talks to, and the profile it is pinned to. A pin lives as long as its session (D2).
import type { PinWish } from './pick.ts'
import type { ChatUsage } from './protocol.ts'

export type SessionPin = PinWish & { compactionCount?: number }

export type Session = {
  key: string
  id: string
  updatedAt: number
  /** Set when the session talks to another model than the default. */
  model?: { provider: string; model: string }
  pin?: SessionPin
  /** Models by number as the picker showed them last: `/model 2` means the second of these, whatever has changed since. */
  listed?: readonly string[]
  compactionCount: number
  /** All that was read, from the vendor's cache or not. */
  inputTokens: number
  outputTokens: number
  /** Of them: read from the vendor's prompt cache, and written to it. */
  cacheRead?: number
  cacheWrite?: number
  /** What the last call took, prompt and answer: about what the next one begins with. */
  contextTokens?: number
  /** What stands below every answer, for whoever wants to see it. */
  usageLine?: UsageLine
}

/** `full`: with cost, account and model. */
export type UsageLine = 'tokens' | 'full'

/** How many conversations go on with a profile, and how many of them somebody pinned to it. */
export type Stays = { id: string; all: number; byYou: number }

/** Of every profile that some of them are pinned to. */
export function staysIn(sessions: readonly Session[]): Stays[] {
  const stays = new Map<string, Stays>()
  for (const { pin } of sessions) {
    if (pin === undefined) continue
    const { all, byYou } = stays.get(pin.id) ?? { all: 0, byYou: 0 }
    stays.set(pin.id, { id: pin.id, all: all + 1, byYou: byYou + (pin.by === 'auto' ? 0 : 1) })
  }
  return [...stays.values()]
}

/** The key under which an agent's session is kept. */
export function sessionKey(agentId: string, name: string): string {
  return `agent:${agentId}:${name}`
}

/** A new conversation under the key: pin and model override end with the old one. How it is shown stays. */
export function begin(key: string, id: string, now: number, before?: Session): Session {
  const usageLine = before?.usageLine === undefined ? {} : { usageLine: before.usageLine }
  return { key, id, updatedAt: now, compactionCount: 0, inputTokens: 0, outputTokens: 0, ...usageLine }
}

/** The profile a turn used becomes the automatic pin; one that was chosen, soft or not, is never touched by that. */
export function served(session: Session, profileId: string, usage: ChatUsage, now: number): Session {
  const cacheRead = (session.cacheRead ?? 0) + usage.cacheRead
  const cacheWrite = (session.cacheWrite ?? 0) + usage.cacheWrite
  const contextTokens = usage.input + usage.cacheRead + usage.cacheWrite + usage.output
  const counted = {
    ...session,
    updatedAt: now,
    inputTokens: session.inputTokens + usage.input + usage.cacheRead + usage.cacheWrite,
    outputTokens: session.outputTokens + usage.output,
    // A conversation that never met a cache does not speak of one.
    ...(cacheRead === 0 ? {} : { cacheRead }),
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
    // Of an answer that was stopped nobody said what it took.
    ...(contextTokens === 0 ? {} : { contextTokens }),
  }
  if (session.pin !== undefined && session.pin.by !== 'auto') return counted
  return { ...counted, pin: { id: profileId, by: 'auto', compactionCount: session.compactionCount } }
}

/**
 * The same conversation with one compaction more.
 * @param summaryTokens how long its summary is
 */
export function compacted(before: Session, summaryTokens: number): Session {
  return { ...oneMore(before), contextTokens: summaryTokens }
}

/** An automatic pin is made as new as that: a compaction alone moves nobody to another account. */
function oneMore(session: Session): Session {
  const compactionCount = session.compactionCount + 1
  const { pin } = session
  if (pin?.by !== 'auto') return { ...session, compactionCount }
  return { ...session, compactionCount, pin: { ...pin, compactionCount } }
}
