// Tells a conversation once when another model begins to stand in for its own, or a key that is billed by use for its subscription, and once when
// its own answers again. It is remembered by this
// process alone: nothing of it is written to the session or the config, so that the next turn tries the conversation's own model first.
import type { Access } from '../auth/acquire.ts'
import type { View } from '../auth/auth.ts'
import { crossingNotice } from '../auth/crossing.ts'
import { agentFlag } from '../auth/own-store.ts'
import type { Home } from '../store/home.ts'

/** By session: the model that was asked for, and the one that stands in for it. */
type Standing = Map<string, { asked: string; model: string }>

const MOST_REMEMBERED = 1000
const standing = new WeakMap<Home, Standing>()

/**
 * @param key of the session
 * @param asked `provider/model` that the turn was meant for
 * @param model the one that answered
 * @returns what is to be said about it, if it is news
 */
export function standInNotice(view: View, key: string, asked: string, model: string): string | undefined {
  const known: Standing = standing.get(view.home) ?? new Map()
  standing.set(view.home, known)
  const before = known.get(key)
  known.delete(key)
  if (model === asked) {
    return before?.asked === asked ? `${asked} answers again; ${before.model} no longer stands in for it.` : undefined
  }
  remember(known, key, { asked, model })
  if (before?.asked === asked && before.model === model) return undefined
  const command = `openclaw models explain ${asked}${agentFlag(view, view.agentId)}`
  return `${model} answers while nobody can serve ${asked}, which is tried first at every turn; \`${command}\` says why.`
}

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.set(key, value)
  for (const oldest of known.keys()) {
    if (known.size <= MOST_REMEMBERED) break
    known.delete(oldest)
  }
}

/** By session: the profile that is billed by use instead of a subscription. */
const crossed = new WeakMap<Home, Map<string, string>>()

/**
 * @param key of the session
 * @returns what is to be said about who pays, if it is news
 */
export function billingNotice(view: View, key: string, access: Access): string | undefined {
  const known = crossed.get(view.home) ?? new Map<string, string>()
  crossed.set(view.home, known)
  const before = known.get(key)
  const { id, provider } = access.candidate
  known.delete(key)
  if (access.crossing === undefined)
    return before === undefined ? undefined : `${id} serves again instead of ${before}.`
  remember(known, key, id)
  if (before === id) return undefined
  const command = `openclaw models explain ${provider}${agentFlag(view, view.agentId)}`
  return `From now on ${crossingNotice(access)}; \`${command}\` says why.`
}
