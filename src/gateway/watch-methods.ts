// What a WebSocket client may look at as long as it is connected: the accounts of an agent, and what happens with them.
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { SPANS, type Span } from './activity.ts'
import type { MethodName } from './method-table.ts'
import type { MethodCall, MethodHandler } from './methods.ts'
import { optionalMoment, optionalOf, optionalText, text } from './params.ts'
import type { Watched } from './watching.ts'

const MAX_ID = 256
const MOST_CALLS = 200

type WatchMethod = Extract<MethodName, `accounts.${string}` | `activity.${string}`>

export const WATCH_HANDLERS: Readonly<Record<WatchMethod, MethodHandler>> = {
  'accounts.follow': async (call) => {
    const watched = watchedIn(call)
    const wish = call.caller.wishToWatch()
    const report = await call.watching.report(watched)
    // What cannot be told is not watched: whatever was watched before stays.
    call.caller.watch(watched, wish)
    return report
  },
  'activity.follow': async (call) => call.watching.recent(watchedIn(call).agentId),
  'activity.calls': async (call) => {
    const own = await call.watching.activity.of(watchedIn(call).agentId)
    const at = optionalMoment(call.params, 'before', 0)
    if (at === undefined) return { calls: own.calls(MOST_CALLS) }
    // Without the name of a call: all that began before the moment.
    const place = { at, call: optionalText(call.params, 'beforeCall', MAX_ID) ?? '' }
    return { calls: await own.before(place, MOST_CALLS) }
  },
  'activity.chart': async (call) => {
    const span: Span = optionalOf(call.params, 'span', SPANS) ?? 'hour'
    return (await call.watching.activity.of(watchedIn(call).agentId)).chart(span)
  },
  'activity.renewals': async (call) => {
    const { store } = await call.house.auth.view(watchedIn(call).agentId)
    const all = [...(await store.renewals.read())].flatMap(([id, { past }]) =>
      past.map(({ at, outcome }) => ({ at, id, outcome })),
    )
    return { renewals: all.sort((a, b) => b.at - a.at).slice(0, MOST_CALLS) }
  },
  'activity.call': async (call) => {
    const { agentId } = watchedIn(call)
    const name = text(call.params, 'call', MAX_ID)
    const found = await call.watching.activity.past(agentId, name)
    if (found !== undefined) return found
    throw new AuthError('usage', `Of call ${printable(name, 40)} of agent ${agentId} nothing is kept any more.`, {
      remedy: `openclaw models explain --last 5 --agent ${agentId}`,
    })
  },
}

function watchedIn({ house, params }: MethodCall): Watched {
  const agentId = house.auth.home.pickAgent(optionalText(params, 'agentId', MAX_ID))
  const model = optionalText(params, 'model', 400)
  return { agentId, ...(model === undefined ? {} : { model }) }
}
