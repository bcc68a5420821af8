// Removes a profile here: the credential, its health, every mention in orders and in the config.

import type { OAuth } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { guessProfile } from '../core/nearest.ts'
import { printable } from '../core/profile.ts'
import { UNDO_MS } from '../core/undo.ts'
import type { Recorder } from '../store/changes.ts'
import { isObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'
import { codeOf } from '../system/files.ts'
import type { Auth } from './auth.ts'
import { changeAuth } from './change-auth.ts'
import { importLegacy } from './import-legacy.ts'
import { ownStore } from './own-store.ts'

export type LogoutInput = {
  agentId: string
  profileId: string
  /** Takes a login back at the vendor as well, where it can be. */
  revokes?: boolean
  /** Keeps nothing of it for `models auth undo`, and drops what was kept before. */
  forgets?: boolean
  /** The change that it is a part of; absent: a change of its own. */
  recorder?: Recorder
}

export type LoggedOut = {
  /** Undefined when there was no profile any more, and what was kept of it was dropped. */
  provider: string | undefined
  where: string
  isRevoked: boolean
  /** `models auth undo` brings it back until then, ms epoch. */
  undoUntil?: number
  /** Names the change for `undo`, where it can be brought back. */
  changeId?: string
}

/**
 * The credential is gone before the mentions are: whatever interrupts this, it is not used again. A login that is taken back at the vendor is not kept
 * for `models auth undo`: it would look alive, and not be.
 * @throws AuthError unknown_profile
 */
export async function logout(auth: Auth, input: LogoutInput): Promise<LoggedOut> {
  const { home } = auth
  const { agentId, profileId } = input
  const store = ownStore(home, agentId, (flag) => `openclaw models auth logout ${profileId}${flag}`)
  const where = store.profiles.where()
  await importLegacy(auth, agentId)
  // A renewal that waits goes first, so that what is revoked, or kept, is not a spent token.
  await home.spool.absorb(store.profiles)
  const { profiles } = await home.spool.applied(where, store.profiles.read)
  const credential = profiles.find(({ id }) => id === profileId)?.credential
  const revocable = input.revokes === true && credential?.kind === 'oauth' ? credential : undefined
  const provider = profiles.find(({ id }) => id === profileId)?.provider ?? ''
  const canRevoke = revocable !== undefined && auth.registry.get(provider)?.revoke !== undefined
  const isForgotten = input.forgets === true || canRevoke
  // What cannot be read stops us here, before anything is removed.
  if (isForgotten) await store.changes.list()
  const recorder = isForgotten ? undefined : (input.recorder ?? store.changes.begin('logout'))
  const at = home.system.now()
  const removed = await store.profiles.remove(profileId, recorder?.store)
  await dropSpooled(home, where, profileId)
  const isDropped = isForgotten && (await store.changes.forget(profileId))
  if (removed === undefined) {
    if (isDropped) return { provider: undefined, where, isRevoked: false }
    throw new AuthError(
      'unknown_profile',
      `There is no profile "${printable(profileId)}" in ${where} (agent ${agentId})${guessProfile(
        profileId,
        profiles.map(({ id }) => id),
      )}.`,
      { remedy: `openclaw models auth list --agent ${agentId}` },
    )
  }
  await store.health.forget(profileId)
  await changeAuth(home, recorder, (draft) => {
    const section = isObject(draft.auth) ? draft.auth : {}
    if (isObject(section.profiles)) delete section.profiles[profileId]
    if (!isObject(section.order)) return
    for (const [name, ids] of Object.entries(section.order)) {
      if (!Array.isArray(ids) || !ids.includes(profileId)) continue
      const left = ids.filter((id) => id !== profileId)
      if (left.length > 0) section.order[name] = left
      else delete section.order[name]
    }
  })
  await home.reload()
  await auth.peek(agentId)?.reload()
  const isRevoked = revocable !== undefined && (await revoked(auth, provider, revocable))
  const back = recorder?.isKept() === true ? { undoUntil: at + UNDO_MS, changeId: recorder.id } : {}
  return { provider: removed, where, isRevoked, ...back }
}

/** Best effort: the credential is gone from here, whatever the vendor says. */
async function revoked({ home, registry }: Auth, provider: string, credential: OAuth): Promise<boolean> {
  const known = registry.get(provider)
  if (known?.revoke === undefined) return false
  const room = { machine: home.system, env: home.system.env, signal: new AbortController().signal }
  return known.revoke(room, credential)
}

/** A renewal that was put aside would be a credential left behind. */
async function dropSpooled({ spool }: Home, where: string, profileId: string): Promise<void> {
  try {
    await spool.drop(where, profileId)
  } catch (error) {
    throw new AuthError(
      'write_failed',
      `${printable(profileId)} was removed from ${where}, but not what a renewal of it put aside (${codeOf(error)}).`,
      { remedy: 'openclaw doctor', cause: error },
    )
  }
}
