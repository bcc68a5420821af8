// Sets a profile aside, and takes it back into use: it is kept and renewed meanwhile, and never chosen.

import { AuthError } from '../core/errors.ts'
import { guessProfile } from '../core/nearest.ts'
import { isPlain } from '../core/needs.ts'
import { type Candidate, sourceLabel } from '../core/order.ts'
import { isPaused, type Pause } from '../core/pause.ts'
import { printable } from '../core/profile.ts'
import type { ProfileBook } from '../store/profiles.ts'
import type { Auth } from './auth.ts'
import { importLegacy } from './import-legacy.ts'
import { agentFlag, ownStore } from './own-store.ts'

type Which = { agentId: string; profileId: string }

export type Paused = {
  provider: string
  where: string
  /** As it stands now; undefined: it is used. */
  pause: Pause | undefined
  /** Whether it was paused before. */
  wasPaused: boolean
  /** Names the change for `undo`; absent: nothing has changed, or it was not kept. */
  changeId?: string
}

/**
 * @param input.until from when it serves again by itself, ms epoch; absent: once somebody resumes it
 * @throws AuthError usage (another agent's, of the environment), unknown_profile, wrong_kind, and what the store throws; then nothing has changed
 */
export function pause(auth: Auth, { until, ...which }: Which & { until?: number }): Promise<Paused> {
  return change(auth, which, 'pause', until === undefined ? {} : { until })
}

/** Takes it back into use; one that is in use stays so. @throws AuthError as `pause` does */
export function resume(auth: Auth, which: Which): Promise<Paused> {
  return change(auth, which, 'resume', undefined)
}

async function change(
  auth: Auth,
  { agentId, profileId }: Which,
  verb: 'pause' | 'resume',
  wanted: Pause | undefined,
): Promise<Paused> {
  const { home } = auth
  const { profiles, changes } = ownStore(home, agentId, (flag) => {
    return isPlain(profileId) ? `openclaw models auth ${verb} ${profileId}${flag}` : `openclaw models auth list${flag}`
  })
  const where = profiles.where()
  await importLegacy(auth, agentId)
  // Looked for before anything is written: a credential of the environment has another answer than none at all.
  if (!has(await profiles.read(), profileId)) throw await nobody(auth, agentId, profileId, where)
  const recorder = changes.begin(verb)
  let done: Omit<Paused, 'where'> = { provider: '', pause: wanted, wasPaused: false }
  await profiles.setPause(
    profileId,
    (book) => {
      const profile = book.profiles.find(({ id }) => id === profileId)
      if (profile === undefined) throw gone(book, agentId, profileId, where)
      done = {
        provider: profile.provider,
        pause: wanted,
        wasPaused: isPaused(profile.paused, home.system.now()),
      }
      return wanted
    },
    recorder.store,
  )
  await auth.peek(agentId)?.reload()
  return { ...done, where, ...(recorder.isKept() ? { changeId: recorder.id } : {}) }
}

function has({ profiles, foreign }: ProfileBook, profileId: string): boolean {
  return [...profiles, ...foreign].some(({ id }) => id === profileId)
}

function gone({ profiles, foreign }: ProfileBook, agentId: string, profileId: string, where: string): AuthError {
  const remedy = `openclaw models auth list --agent ${agentId}`
  const name = printable(profileId)
  const there = `${where} (agent ${agentId})`
  if (!foreign.some(({ id }) => id === profileId)) {
    const meant = guessProfile(
      profileId,
      profiles.map(({ id }) => id),
    )
    return new AuthError(
      'unknown_profile',
      `There is no profile "${name}" in ${there}${meant || '.'} Nothing was changed.`,
      { remedy },
    )
  }
  const message = `Profile ${name} in ${there} holds something that is not known here, so it is never used. Nothing was changed.`
  return new AuthError('wrong_kind', message, { remedy })
}

/** Nothing of ours holds it, so nothing can say that it is paused: a variable is unset, or left out by an order. */
async function nobody(auth: Auth, agentId: string, profileId: string, where: string): Promise<AuthError> {
  const view = await auth.view(agentId)
  const all = [...view.facts().providers.values()].flatMap(({ candidates }) => candidates)
  const found = all.find(({ id, source }) => id === profileId && source.kind !== 'profile')
  if (found === undefined) return gone(await view.store.profiles.read(), agentId, profileId, where)
  const { provider, source } = found
  const stored = all.filter((one) => one.provider === provider && one.source.kind === 'profile' && isPlain(one.id))
  const flag = agentFlag(auth, agentId)
  const instead = insteadOf(found, stored)
  return new AuthError(
    'usage',
    `${printable(profileId)} (agent ${agentId}) is not kept here but comes from ${sourceLabel(source)}${'file' in source ? ` in ${source.file}` : ''}, so it cannot be paused in ${where}. ${instead} Nothing was changed.`,
    {
      remedy:
        stored.length > 0
          ? `openclaw models auth order set --provider ${provider}${flag} ${stored.map(({ id }) => id).join(' ')}`
          : `openclaw models where ${provider}${flag}`,
    },
  )
}

function insteadOf({ source }: Candidate, stored: readonly Candidate[]): string {
  const away = 'file' in source ? 'Take it out of that file' : 'Unset it where the gateway starts'
  return stored.length > 0 ? `${away}, or set an order, which leaves it out.` : `${away}.`
}
