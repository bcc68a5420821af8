// What a WebSocket client may ask, one function per row of the table; `connect` alone belongs to the socket itself.
import { fingerprint } from '../auth/fingerprint.ts'
import { inspect } from '../auth/inspect.ts'
import { chooseModel } from '../chat/choose-model.ts'
import { COMMAND_LINES } from '../chat/commands/help.ts'
import type { Right } from '../chat/commands.ts'
import { explainTurn } from '../chat/explain.ts'
import { fullKey } from '../chat/plan.ts'
import { agentIds, modelRefIn } from '../core/config.ts'
import { wordsWithout } from '../core/enclosure.ts'
import { AuthError } from '../core/errors.ts'
import { TURN_FACES } from '../core/ledger.ts'
import { modelChoices } from '../core/model-choices.ts'
import { readPin } from '../core/pick.ts'
import type { ChatMessage, ToldMessage } from '../core/protocol.ts'
import { ASKERS } from '../core/reserve.ts'
import { routeTo } from '../core/route.ts'
import { begin, type Session, staysIn } from '../core/session.ts'
import { usageOf } from '../core/status.ts'
import { VERSION } from '../system/version.ts'
import { ACCOUNT_HANDLERS } from './account-methods.ts'
import { CHANGE_HANDLERS } from './change-methods.ts'
import type { Enclosing } from './enclosing.ts'
import { CODE_MS, type Principal } from './gate.ts'
import { failingOf } from './health.ts'
import type { House } from './house.ts'
import type { Logins } from './logins.ts'
import type { MethodName } from './method-table.ts'
import { count, optionalOf, optionalText, optionalTexts, type Params, resettable, spot, text } from './params.ts'
import type { Settings } from './settings.ts'
import { SETTINGS_HANDLERS } from './settings-methods.ts'
import type { Turns } from './turns.ts'
import { WATCH_HANDLERS } from './watch-methods.ts'
import type { Watched, Watching } from './watching.ts'

/** The client that asks. */
export type Caller = {
  beyondLoopback: boolean
  principal: Principal | undefined
  /** What it may do in a conversation. */
  rights(): ReadonlySet<Right>
  /** What it is about to show. */
  readonly enclosing: Enclosing
  /** From now on it hears the events of this conversation. */
  follow(sessionKey: string): void
  /** From now on it hears of these accounts, and of no others, unless another wish came later. @param wish as `wishToWatch` gave it before it was found out whether it can be watched */
  watch(watched: Watched, wish: number): void
  /** @returns which wish of it this is */
  wishToWatch(): number
  /** From now on it hears of the settings. */
  watchSettings(): void
  /** Tells it alone. */
  event(event: string, payload: unknown): void
}

export type MethodCall = {
  house: House
  turns: Turns
  logins: Logins
  watching: Watching
  settings: Settings
  caller: Caller
  params: Params
}

export type MethodHandler = (call: MethodCall) => unknown

const MAX_MESSAGES = 200
const MAX_ID = 128
/** Of one message; and of one piece, characters of base64: a frame holds it. */
const MAX_SHOWN = 20
const MAX_PIECE = 400_000

function agentOf({ house, params }: MethodCall, key?: string): string {
  const { home } = house.auth
  const named = optionalText(params, 'agentId', MAX_ID) ?? /^agent:([^:]+):/.exec(key ?? '')?.[1]
  const chat = spot(params)
  if (named !== undefined || chat === undefined) return home.pickAgent(named)
  return routeTo(home.config().bindings, home.pickAgent(undefined), chat).agentId
}

/** The conversation meant: `sessionKey`, or `key` as the reference's clients say. */
function conversation(call: MethodCall): { agentId: string; key: string } {
  const { params } = call
  const given = optionalText(params, 'sessionKey', 400) ?? text(params, 'key', 400)
  const agentId = agentOf(call, given)
  return { agentId, key: fullKey(agentId, given) }
}

function unknownSession(key: string): AuthError {
  return new AuthError('unknown_session', `There is no session ${key}.`, {
    remedy: 'openclaw gateway call sessions.list',
  })
}

/** For who draws what was shown: the words of the person alone beside it. */
function saidOf(message: ChatMessage): ToldMessage {
  const { content, enclosures } = message
  if (enclosures === undefined) return message
  return { ...message, said: wordsWithout(content.map(({ text }) => text).join(''), enclosures) }
}

async function patch(call: MethodCall): Promise<{ session: Session }> {
  const { house, params } = call
  const { agentId, key } = conversation(call)
  const view = await house.auth.view(agentId)
  const model = resettable(params, 'model')
  const profile = resettable(params, 'profile')
  const ref = typeof model === 'string' ? modelRefIn(view.facts().config, agentId, model) : model
  return {
    session: await chooseModel(view, key, {
      ...(ref === undefined ? {} : { model: ref }),
      ...(profile === undefined ? {} : { pin: profile === null ? null : readPin(profile) }),
    }),
  }
}

export const METHOD_HANDLERS: Readonly<Record<Exclude<MethodName, 'connect'>, MethodHandler>> = {
  health: ({ house }) => ({
    ok: true,
    status: 'live',
    failing: failingOf(house),
    uptimeMs: Math.round(house.system.now() - house.startedAt),
    calls: house.calls,
    webSockets: house.webSockets,
  }),
  status: ({ house, turns, caller, params }) => {
    const { home, registry } = house.auth
    const config = home.config()
    const salt = optionalText(params, 'salt', MAX_ID)
    const agents = agentIds(config)
    return {
      version: VERSION,
      pid: house.system.pid,
      stateDir: home.layout.stateDir,
      config: home.layout.config,
      agentDir: home.layout.agentDir(home.pickAgent(undefined)),
      ...house.address,
      defaultAgent: home.pickAgent(undefined),
      agents,
      failing: failingOf(house),
      uptimeMs: Math.round(house.system.now() - house.startedAt),
      calls: house.calls,
      turns: turns.count(),
      webSockets: house.webSockets,
      // For a shell of this machine that wants to know whether it sees the same keys.
      ...(salt === undefined || caller.beyondLoopback ? {} : { variables: fingerprint(home, registry, salt) }),
    }
  },
  'page.code': ({ house }) => ({ code: house.gate.makeCode(), expiresInMs: CODE_MS }),
  'models.list': async (call) => ({
    models: modelChoices((await call.house.auth.view(agentOf(call))).facts(), call.house.system.now()),
  }),
  'models.authStatus': async (call) => {
    const named = optionalText(call.params, 'agentId', MAX_ID) !== undefined
    return inspect(await call.house.auth.view(agentOf(call)), { named })
  },
  'models.explain': async (call) => {
    const { house, params, caller } = call
    const sessionKey = optionalText(params, 'sessionKey', 400)
    const model = optionalText(params, 'model', 400)
    const wishes = optionalTexts(params, 'if', 32, 300)
    const asker = optionalOf(params, 'for', ASKERS)
    return explainTurn(house.auth, {
      agentId: agentOf(call, sessionKey),
      ...(sessionKey === undefined ? {} : { sessionKey }),
      ...(model === undefined ? {} : { model }),
      ...(wishes === undefined ? {} : { if: wishes }),
      ...(asker === undefined ? {} : { for: asker }),
      ...(caller.beyondLoopback ? { beyondLoopback: true } : {}),
    })
  },
  'usage.status': async (call) => usageOf((await call.house.auth.view(agentOf(call))).facts(), call.house.system.now()),
  'sessions.list': async (call) => {
    const sessions = await (await call.house.auth.view(agentOf(call))).store.sessions.list()
    return { sessions: sessions.slice(0, count(call.params, 'limit', MAX_MESSAGES)), stays: staysIn(sessions) }
  },
  'sessions.get': async (call) => {
    const { agentId, key } = conversation(call)
    const session = await (await call.house.auth.view(agentId)).store.sessions.get(key)
    if (session === undefined) throw unknownSession(key)
    return { session }
  },
  'sessions.patch': patch,
  'sessions.reset': async (call) => {
    const { agentId, key } = conversation(call)
    const { system } = call.house
    call.turns.abort(key, undefined)
    const { sessions } = (await call.house.auth.view(agentId)).store
    return { session: await sessions.put(key, (before) => begin(key, system.uuid(), system.now(), before)) }
  },
  'sessions.delete': async (call) => {
    const { agentId, key } = conversation(call)
    call.turns.abort(key, undefined)
    return { deleted: await (await call.house.auth.view(agentId)).store.sessions.remove(key) }
  },
  'chat.send': async (call) => {
    const { params, caller, turns } = call
    const { agentId, key } = conversation(call)
    const model = optionalText(params, 'model', 400)
    const idempotencyKey = text(params, 'idempotencyKey', MAX_ID)
    const ids = optionalTexts(params, 'enclosures', MAX_SHOWN, MAX_ID) ?? []
    const message = ids.length === 0 ? text(params, 'message') : (optionalText(params, 'message') ?? '')
    const face = optionalOf(params, 'face', TURN_FACES)
    const traceParent = optionalText(params, 'traceparent', MAX_ID)
    caller.follow(key)
    const said = {
      agentId,
      sessionKey: key,
      message,
      idempotencyKey,
      rights: caller.rights(),
      ...(model === undefined ? {} : { model }),
      ...(face === undefined ? {} : { face }),
      ...(traceParent === undefined ? {} : { traceParent }),
      ...(caller.beyondLoopback ? { beyondLoopback: true } : {}),
    }
    return await turns.send(said, ids.length === 0 ? {} : { shown: () => caller.enclosing.take(ids) })
  },
  'chat.enclose': ({ caller, params }) => {
    const what = {
      id: text(params, 'id', MAX_ID),
      message: optionalText(params, 'message', MAX_ID),
      mediaType: text(params, 'mediaType', MAX_ID),
      name: optionalText(params, 'name', MAX_ID),
    }
    return { id: what.id, bytes: caller.enclosing.add(what, text(params, 'data', MAX_PIECE)) }
  },
  'chat.history': async (call) => {
    const { agentId, key } = conversation(call)
    call.caller.follow(key)
    const { sessions } = (await call.house.auth.view(agentId)).store
    const session = await sessions.get(key)
    const messages = session === undefined ? [] : await sessions.history(session.id)
    const most = count(call.params, 'limit', MAX_MESSAGES)
    const told = most === 0 ? [] : messages.slice(-most)
    return { sessionKey: key, ...(session === undefined ? {} : { sessionId: session.id }), messages: told.map(saidOf) }
  },
  'chat.abort': (call) => {
    const { key } = conversation(call)
    return { aborted: call.turns.abort(key, optionalText(call.params, 'runId', MAX_ID)) }
  },
  'channels.status': ({ house }) => ({ accounts: house.messengers?.report() ?? [] }),
  'chat.commands': () => ({ commands: COMMAND_LINES.map(([text, about]) => ({ text, about })) }),
  ...ACCOUNT_HANDLERS,
  ...CHANGE_HANDLERS,
  ...WATCH_HANDLERS,
  ...SETTINGS_HANDLERS,
}
