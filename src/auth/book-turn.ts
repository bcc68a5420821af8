// Books what the prompt cache gave a turn, and why it gave nothing: behind the turn, from what is known in memory.

import { concernsCache, type LastTurn, missOf } from '../core/cache-turn.ts'
import { editionRow } from '../core/catalogue.ts'
import { explain } from '../core/pick.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { View } from './auth.ts'

export type BookedTurn = {
  /** Tells the conversation from every other one of the agent, in memory only; undefined when nobody knows which it is. */
  conversation: string | undefined
  /** The conversation as it may be written down. */
  session: string
  isRelayed: boolean
  /** `provider/model` that answered. */
  model: string
  profile: string
  /** A person or a program named the profile. */
  isNamed: boolean
  usage: ChatUsage
  /** Of how the prompt begins, as far as it is known. */
  prefix: number | undefined
  /** The turn before, where somebody else remembers it. */
  before?: LastTurn | undefined
  /** Why nothing could be cached, where nothing could. */
  off: string | undefined
  /** How long the vendor keeps what it was told to. */
  keptMs: number
}

export function bookTurn(view: View, booked: BookedTurn): void {
  const { conversation, session, isRelayed, model, profile, usage, prefix, off, keptMs } = booked
  const slash = model.indexOf('/')
  if (!concernsCache(usage, editionRow(model.slice(0, slash), model.slice(slash + 1))?.cacheMinimum)) return
  const { cacheTurns } = view.store
  const at = view.home.system.now()
  const turn: LastTurn = { at, profile, model, prefix }
  const before = (conversation === undefined ? undefined : cacheTurns.last(conversation)) ?? booked.before
  const whyLeft = (id: string): string =>
    booked.isNamed ? 'another one was named for this call' : whyPassedOver(view, model, id, at)
  const miss = missOf({ turn, usage, before, off, keptMs, whyLeft })
  const { input, cacheRead, cacheWrite } = usage
  if (conversation !== undefined) cacheTurns.remember(conversation, turn)
  cacheTurns.record({
    at,
    session,
    isRelayed,
    model,
    profile,
    input,
    cacheRead,
    cacheWrite,
    ...(miss === undefined ? {} : { miss }),
  })
}

/** @param model `provider/model` */
function whyPassedOver(view: View, model: string, id: string, now: number): string {
  const slash = model.indexOf('/')
  const provider = model.slice(0, slash)
  const facts = view.facts().providers.get(provider)
  const query = { now, model: model.slice(slash + 1) }
  const line = facts === undefined ? undefined : explain(facts, query).find((one) => one.id === id)
  if (line === undefined) return `it is no account of ${provider}, or gone`
  return line.verdict === 'passed_over' ? line.reason : 'it is usable again'
}
