// Why nobody could serve, in words a person can act on, and the status a client sees.

import { AuthError } from '../core/errors.ts'
import type { BoundTo } from '../core/issued.ts'
import { guessProvider } from '../core/nearest.ts'
import { isPlain, replacing, resuming } from '../core/needs.ts'
import { formatUntil, type ProviderFacts } from '../core/order.ts'
import { explain, type PickQuery, pick, soonestRecovery, type TraceLine } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import { isShut } from '../core/slots.ts'
import { hasPlaceSoon } from '../core/wait.ts'
import { isOnline, loginMethods } from '../providers/provider.ts'
import type { View } from './auth.ts'
import { agentFlag } from './own-store.ts'
import { spendRefusal } from './spend-refusal.ts'

/** No vendor of this name is known, nor configured. */
export function unknownProvider(view: View, providerId: string): AuthError {
  const meant = guessProvider(
    providerId,
    view.registry.all().map(({ id }) => id),
  )
  return new AuthError(
    'unknown_provider',
    `There is no provider "${printable(providerId)}"${meant || '.'} A vendor of your own needs models.providers.${printable(providerId)}.baseUrl in ${view.facts().configPath}.`,
    { remedy: 'openclaw models list --all' },
  )
}

/** The command by which the agent gets a credential of the provider. */
export function pasteCommand(view: View, provider: string): string {
  const known = view.registry.find(provider, view.facts().config.providers.get(provider))
  const verb = known !== undefined && loginMethods(known).every(isOnline) ? 'login' : 'paste-api-key'
  return `openclaw models auth ${verb} --provider ${provider}${agentFlag(view, view.store.owner)}`
}

/** What a call to the provider would meet now, when it would find nothing to take. @param model that it would ask for */
export function lackOf(view: View, provider: string, now: number, model?: string): AuthError | undefined {
  const facts = view.facts().providers.get(provider) ?? { provider, candidates: [] }
  const query = model === undefined ? { now } : { now, model }
  return pick(facts, query).candidate === undefined ? refuse(view, facts, query) : undefined
}

/** The command that tells why, up to what is asked for. */
export const EXPLAIN = 'openclaw models explain '

/** As a shell takes it. */
function nameOf(provider: string, model = ''): string {
  return isPlain(model.replaceAll('/', '')) ? `${provider}/${model}` : provider
}

/** Says why nothing can be taken: nothing there, not the one asked for, or everything resting. */
export function refuse(view: View, facts: ProviderFacts, query: PickQuery): AuthError {
  const { provider } = facts
  const where = `agent ${view.agentId}, ${view.store.profiles.where()}`
  const pinned = query.pin?.by === 'user' ? query.pin.id : undefined
  if (pinned !== undefined && !facts.candidates.some(({ id }) => id === pinned)) {
    return new AuthError(
      'no_credential_for_profile',
      `No credentials found for profile "${printable(pinned)}" (${where}).`,
      {
        remedy: `openclaw models auth list${agentFlag(view, view.agentId)}`,
      },
    )
  }
  const { tried: _, ...untried } = query
  const trace = explain(facts, untried)
  if (query.bound !== undefined && query.bound.isGuess !== true)
    return boundRefusal(view, facts, trace, { ...query, bound: query.bound })
  if (trace.some((line) => isHeldBack(line) || (isRest(line) && isShutHere(facts, line, query))))
    return noRoom(view, facts, trace, untried)
  const fenced = spendRefusal(view, facts, query, trace)
  if (fenced !== undefined) return fenced
  const soonest = soonestRecovery(facts, query)
  if (soonest !== undefined) {
    const resting = trace.filter(
      ({ rule }) => rule === 'cooldown' || rule === 'disabled' || rule === 'probe' || rule === 'paused',
    )
    const why = resting.map(({ id, reason }) => `${id}: ${reason}`).join('; ')
    const isOfModel = query.model !== undefined && pick(facts, { ...untried, model: '' }).candidate !== undefined
    const others = isOfModel ? '; other models can be asked' : ''
    return new AuthError(
      'no_available_profile',
      `No available auth profile for ${provider} (all in cooldown or unavailable). ${why}. The first is back ${formatUntil(soonest, query.now)}${others} (${where}).`,
      {
        until: soonest,
        remedy:
          resumption(view, trace, pinned, true) ??
          `${EXPLAIN}${isOfModel ? nameOf(provider, query.model) : provider}${agentFlag(view, view.agentId)}`,
      },
    )
  }
  if (facts.candidates.length === 0) {
    return new AuthError('no_credential', `No API key found for provider "${provider}" (${where}).`, {
      remedy: pasteCommand(view, provider),
    })
  }
  const asked = pinned === undefined ? trace : trace.filter(({ id }) => id === pinned)
  const why = asked.map(({ id, reason }) => `${id}: ${reason}`).join('; ')
  if (asked.some(({ rule }) => rule === 'login_ended')) {
    return new AuthError('login_required', `OAuth token refresh failed for ${provider}. ${why} (${where}).`, {
      remedy: `openclaw models auth login --provider ${provider}${agentFlag(view, view.store.owner)}`,
    })
  }
  return new AuthError(
    pinned === undefined ? 'no_credential' : 'no_credential_for_profile',
    pinned === undefined
      ? `No usable credential for provider "${provider}". ${why} (${where}).`
      : `The credentials of profile "${printable(pinned)}" cannot be used. ${why} (${where}).`,
    { remedy: mending(view, facts, trace, pinned) },
  )
}

/** The only account that can open what the request holds cannot serve now. */
function boundRefusal(
  view: View,
  facts: ProviderFacts,
  trace: readonly TraceLine[],
  query: PickQuery & { bound: BoundTo },
): AuthError {
  const { provider } = facts
  const { ids, profile, field } = query.bound
  const where = `agent ${view.agentId}, ${view.store.profiles.where()}`
  const what = `${printable(profile)} made the ${field} of this request, and no other account of ${provider} can open it`
  const own = trace.filter(({ id }) => ids.has(id))
  const until = soonestRecovery(facts, query)
  const why =
    own.length === 0
      ? `Agent ${view.agentId} has that account no more`
      : own
          .map(
            ({ id, verdict, reason }) =>
              `${id}: ${verdict === 'passed_over' ? reason : 'it has just refused this call'}`,
          )
          .join('; ')
  const back = until === undefined ? '' : ` It is back ${formatUntil(until, query.now)}.`
  return new AuthError(
    'bound_to_account',
    `${what}. ${why}.${back} Begin the conversation anew to have another account serve it (${where}).`,
    {
      ...(until === undefined ? {} : { until }),
      remedy: resumption(view, own, undefined, false) ?? `${EXPLAIN}${provider}${agentFlag(view, view.agentId)}`,
    },
  )
}

/** A client that was refused for want of a place asks again after so long, ms. */
const PLACE_SOON_MS = 1000

const isHeldBack = ({ rule }: TraceLine): boolean => rule === 'busy' || rule === 'reserved'

const isRest = ({ rule }: TraceLine): boolean => rule === 'cooldown' || rule === 'disabled'

/** Whether what the line is about serves no call of this kind, well or not. */
const isShutHere = ({ candidates }: ProviderFacts, { id }: TraceLine, query: PickQuery): boolean =>
  candidates.some((one) => one.id === id && isShut(one, query))

/** The command that leaves an account a place for programs again. @param most how many calls it may have at once */
export function lessKept(most: number): string {
  return most > 1 ? `openclaw config set auth.reserve.slots ${most - 1}` : 'openclaw config unset auth.reserve.slots'
}

/** Somebody is well, but serves as many calls as it may, or what is left of it is kept for people who talk. */
function noRoom(view: View, facts: ProviderFacts, trace: readonly TraceLine[], query: PickQuery): AuthError {
  const { provider } = facts
  const { config, configPath } = view.facts()
  const asker = query.for === 'program' ? ' --for program' : ''
  const isSoon = hasPlaceSoon(facts, query)
  const shut = facts.candidates.filter((one) => isShut(one, query)).map(({ slots }) => slots?.most ?? 0)
  const why = trace
    .filter((line) => isHeldBack(line) || line.until !== undefined)
    .map(({ id, reason }) => `${id}: ${reason}`)
    .join('; ')
  const what = trace.some(({ rule }) => rule === 'busy') ? 'no room for one more call' : 'what is left is kept for chat'
  // Nobody knows when the next call ends, but it is soon.
  const until = isSoon ? query.now + PLACE_SOON_MS : soonestRecovery(facts, query)
  return new AuthError(
    'no_available_profile',
    `No available auth profile for ${provider} (${what}). ${why} (agent ${view.agentId}, ${configPath}).`,
    {
      ...(until === undefined ? {} : { until }),
      // Calls that wait are served one after the other.
      remedy:
        isSoon && config.waitMaxMs === 0
          ? 'openclaw config set auth.wait.maxMs 60000'
          : !isSoon && shut.length > 0
            ? lessKept(Math.max(...shut))
            : `${EXPLAIN}${provider}${asker}${agentFlag(view, view.agentId)}`,
    },
  )
}

/**
 * The command that takes the first paused profile back into use.
 * @param isAlone only where nothing but pauses stands in the way
 */
function resumption(
  view: View,
  trace: readonly TraceLine[],
  pinned: string | undefined,
  isAlone: boolean,
): string | undefined {
  const meant = pinned === undefined ? trace : trace.filter(({ id }) => id === pinned)
  const paused = meant.find(({ rule }) => rule === 'paused')
  const isOnly = meant.every(({ rule }) => rule === 'paused' || rule === 'same_as' || rule === 'not_in_order')
  if (paused === undefined || (isAlone && !isOnly)) return undefined
  return resuming(paused.id, agentFlag(view, view.store.owner))
}

/** The command that makes a candidate usable: it is taken into the order, or given another secret. */
function mending(
  view: View,
  { provider, candidates }: ProviderFacts,
  trace: readonly TraceLine[],
  pinned: string | undefined,
): string {
  const agent = agentFlag(view, view.store.owner)
  const left = trace.find(({ source }) => source.kind === 'profile')
  if (left !== undefined && isPlain(left.id) && trace.every(({ rule }) => rule === 'not_in_order')) {
    return `openclaw models auth order set --provider ${provider}${agent} ${left.id}`
  }
  const wrong = trace.find(
    ({ id, source, rule }) =>
      (pinned === undefined || id === pinned) &&
      source.kind === 'profile' &&
      (rule === 'expired' || rule === 'wrong_origin'),
  )
  const ended = candidates.find(({ id, kind }) => id === wrong?.id && (kind === 'token' || kind === 'api_key'))
  return ended === undefined
    ? (resumption(view, trace, pinned, false) ?? pasteCommand(view, provider))
    : replacing({ profileId: ended.id, provider, type: ended.kind }, agent)
}
