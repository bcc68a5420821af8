// What a WebSocket client may change in the accounts that are there: the verbs of the command line, each answer with what takes it back.
import type { Auth } from '../auth/auth.ts'
import { clearRest } from '../auth/clear-rest.ts'
import { importLegacy } from '../auth/import-legacy.ts'
import { logout } from '../auth/logout.ts'
import { pause, resume } from '../auth/pause.ts'
import { probe } from '../auth/probe.ts'
import { reorder } from '../auth/reorder.ts'
import { undo } from '../auth/undo.ts'
import { type Step, undoable } from '../auth/undoable.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import type { MethodHandler } from './methods.ts'
import { moment, optionalMoment, optionalText, optionalTexts, type Params, text } from './params.ts'
import type { MethodName } from './routes.ts'

const MAX_ID = 256
const MAX_ORDER = 1000
const PROBE = { timeoutMs: 15_000, concurrency: 4, maxTokens: 8 } as const

type ChangeMethod = Extract<
  MethodName,
  'auth.order' | 'auth.pause' | 'auth.resume' | 'auth.reset' | 'auth.probe' | 'auth.remove' | 'auth.undo'
>

/** By which `auth.undo` finds the change again, whatever has come since. */
type Undo = { undo?: { at: number } }

export const CHANGE_HANDLERS: Readonly<Record<ChangeMethod, MethodHandler>> = {
  'auth.order': async ({ house: { auth }, params }) => {
    const agentId = agentIn(auth, params)
    const ids = optionalTexts(params, 'ids', MAX_ORDER, MAX_ID)
    return withUndo(auth, agentId, () => reorder(auth, { agentId, provider: text(params, 'provider', MAX_ID), ids }))
  },
  'auth.pause': async ({ house: { auth }, params }) => {
    const which = whichIn(auth, params)
    const until = optionalMoment(params, 'until', auth.home.system.now())
    return withUndo(auth, which.agentId, async () => {
      const { pause: now } = await pause(auth, { ...which, ...(until === undefined ? {} : { until }) })
      return { paused: now ?? null }
    })
  },
  'auth.resume': async ({ house: { auth }, params }) => {
    const which = whichIn(auth, params)
    return withUndo(auth, which.agentId, async () => {
      await resume(auth, which)
      return { paused: null }
    })
  },
  'auth.reset': async ({ house: { auth }, params }) => {
    const { cleared } = await clearRest(auth, whichIn(auth, params))
    return { cleared: cleared.map(({ id, rests }) => ({ id, rests })) }
  },
  'auth.probe': async ({ house: { auth }, params }) => {
    const agentId = agentIn(auth, params)
    const provider = optionalText(params, 'provider', MAX_ID)
    const profileId = optionalText(params, 'profileId', MAX_ID)
    if (provider === undefined && profileId === undefined) text(params, 'profileId', MAX_ID)
    return probe(await auth.view(agentId), {
      ...PROBE,
      ...(provider === undefined ? {} : { provider }),
      ...(profileId === undefined ? {} : { profileIds: [profileId] }),
    })
  },
  'auth.remove': async ({ house: { auth }, params }) => {
    const which = whichIn(auth, params)
    return withUndo(auth, which.agentId, async () => {
      const { undoUntil } = await logout(auth, which)
      return { removed: which.profileId, ...(undoUntil === undefined ? {} : { undoUntil }) }
    })
  },
  'auth.undo': async ({ house: { auth }, params }) => {
    const agentId = agentIn(auth, params)
    await importLegacy(auth, agentId, { isOptional: true })
    const at = moment(params, 'at', 0)
    const step = (await undoable(auth, agentId)).find((one) => one.at === at)
    if (step === undefined) {
      throw new AuthError(
        'nothing_to_undo',
        `That change of agent ${printable(agentId)} cannot be taken back any more.`,
        {
          remedy: `openclaw models auth undo --list --agent ${agentId}`,
        },
      )
    }
    const { what, notes, pieces } = await undo(auth, { agentId, number: step.number })
    return { undone: what, notes, isWhole: pieces.every(({ verdict }) => verdict === 'restored' || verdict === 'same') }
  },
}

function agentIn({ home }: Auth, params: Params): string {
  return home.pickAgent(optionalText(params, 'agentId', MAX_ID))
}

function whichIn(auth: Auth, params: Params): { agentId: string; profileId: string } {
  return { agentId: agentIn(auth, params), profileId: text(params, 'profileId', MAX_ID) }
}

/** Does the work, and finds the change that it left behind. */
async function withUndo<T extends object>(auth: Auth, agentId: string, work: () => Promise<T>): Promise<T & Undo> {
  const began = auth.home.system.now()
  const done = await work()
  const [newest] = await steps(auth, agentId)
  return newest !== undefined && newest.at >= began && newest.isPossible ? { ...done, undo: { at: newest.at } } : done
}

/** What is kept for undoing cannot be read: the work is done all the same, and cannot be taken back here. */
async function steps(auth: Auth, agentId: string): Promise<Step[]> {
  try {
    return await undoable(auth, agentId)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return []
  }
}
