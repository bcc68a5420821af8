// What a WebSocket client may change in the accounts that are there: the verbs of the command line, each answer with what takes it back.
import type { Auth } from '../auth/auth.ts'
import { clearRest } from '../auth/clear-rest.ts'
import { importLegacy } from '../auth/import-legacy.ts'
import { logout } from '../auth/logout.ts'
import { pause, resume } from '../auth/pause.ts'
import { probe } from '../auth/probe.ts'
import { reorder } from '../auth/reorder.ts'
import { undo } from '../auth/undo.ts'
import type { MethodName } from './method-table.ts'
import type { MethodHandler } from './methods.ts'
import { optionalMoment, optionalText, optionalTexts, type Params, text } from './params.ts'

const MAX_ID = 256
const MAX_ORDER = 1000
const PROBE = { timeoutMs: 15_000, concurrency: 4, maxTokens: 8 } as const

type ChangeMethod = Extract<
  MethodName,
  'auth.order' | 'auth.pause' | 'auth.resume' | 'auth.reset' | 'auth.probe' | 'auth.remove' | 'auth.undo'
>

/** By which `auth.undo` finds the change again, whatever has come since. */
type Undo = { undo?: { id: string } }

export const CHANGE_HANDLERS: Readonly<Record<ChangeMethod, MethodHandler>> = {
  'auth.order': async ({ house: { auth }, params }) => {
    const agentId = agentIn(auth, params)
    const ids = optionalTexts(params, 'ids', MAX_ORDER, MAX_ID)
    const done = await reorder(auth, { agentId, provider: text(params, 'provider', MAX_ID), ids })
    return { where: done.where, ids: done.ids, ...undoOf(done) }
  },
  'auth.pause': async ({ house: { auth }, params }) => {
    const until = optionalMoment(params, 'until', auth.home.system.now())
    const done = await pause(auth, { ...whichIn(auth, params), ...(until === undefined ? {} : { until }) })
    return { paused: done.pause ?? null, ...undoOf(done) }
  },
  'auth.resume': async ({ house: { auth }, params }) => {
    return { paused: null, ...undoOf(await resume(auth, whichIn(auth, params))) }
  },
  'auth.reset': async ({ house: { auth }, params }) => {
    const { cleared } = await clearRest(auth, whichIn(auth, params))
    return { cleared: cleared.map(({ id, rests }) => ({ id, rests })) }
  },
  'auth.probe': async ({ house: { auth }, params, caller }) => {
    const agentId = agentIn(auth, params)
    const provider = optionalText(params, 'provider', MAX_ID)
    const profileId = optionalText(params, 'profileId', MAX_ID)
    if (provider === undefined && profileId === undefined) text(params, 'profileId', MAX_ID)
    return probe(await auth.view(agentId), {
      ...PROBE,
      onDone: (result) => caller.event('auth.probed', { agentId, result }),
      ...(provider === undefined ? {} : { provider }),
      ...(profileId === undefined ? {} : { profileIds: [profileId] }),
    })
  },
  'auth.remove': async ({ house: { auth }, params }) => {
    const which = whichIn(auth, params)
    const done = await logout(auth, which)
    const { undoUntil } = done
    return { removed: which.profileId, ...(undoUntil === undefined ? {} : { undoUntil }), ...undoOf(done) }
  },
  'auth.undo': async ({ house: { auth }, params }) => {
    const agentId = agentIn(auth, params)
    await importLegacy(auth, agentId, { isOptional: true })
    const { what, notes, pieces } = await undo(auth, { agentId, id: text(params, 'id', MAX_ID) })
    return { undone: what, notes, isWhole: pieces.every(({ verdict }) => verdict === 'restored' || verdict === 'same') }
  },
}

function agentIn({ home }: Auth, params: Params): string {
  return home.pickAgent(optionalText(params, 'agentId', MAX_ID))
}

function whichIn(auth: Auth, params: Params): { agentId: string; profileId: string } {
  return { agentId: agentIn(auth, params), profileId: text(params, 'profileId', MAX_ID) }
}

/** The name of the change, as it was kept: not the newest one, which may be somebody else's by now. */
function undoOf({ changeId }: { changeId?: string }): Undo {
  return changeId === undefined ? {} : { undo: { id: changeId } }
}
