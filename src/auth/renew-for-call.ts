// Renews the login that a call took: the call waits for it, but not longer than it pays, and a login that has ended is passed over.
import type { Failure } from '../core/failure.ts'
import type { Secret } from '../core/secret.ts'
import { type Access, reacquire } from './acquire.ts'
import type { View } from './auth.ts'
import { refresh } from './refresh.ts'

/** A call waits so long for a renewal before it takes another profile that is ready. */
const RENEWAL_PATIENCE_MS = 3000

/** A login that has ended is passed over for that reason; its health has no part in it. */
const ENDED: Failure = { class: 'unknown', scope: 'account', detail: 'OAuth token refresh failed: the login has ended' }

/** The call that waits. */
export type Waiting = {
  isAborted(): boolean
  /** Whether another profile can be taken that needs no waiting. */
  isAnotherReady(): boolean
  /** The renewal takes too long, and goes on behind: another profile is taken. */
  next(): void
  /** It is renewed. */
  ask(access: Access): void
  failed(access: Access, judge: () => Failure): void
  /** It cannot be renewed any more. */
  ended(): void
}

/** Renews the login of the profile for a call. @param options.rejected the token that was just refused */
export function renewForCall(view: View, access: Access, options: { rejected?: Secret }, call: Waiting): void {
  const { system } = view.home
  const { id } = access.candidate
  let isOver = false
  // A vendor that hangs, or a process that holds the right, costs a renewal half a minute; the renewal goes on behind.
  const patience = system.timer(RENEWAL_PATIENCE_MS, () => {
    if (isOver || call.isAborted() || !call.isAnotherReady()) return
    isOver = true
    call.next()
  })
  refresh(view, id, options).then(
    (done) => {
      patience.cancel()
      if (isOver || call.isAborted()) return
      isOver = true
      const again = done.kind === 'live' ? reacquire(view, access, system.now()) : undefined
      if (again !== undefined) call.ask(again)
      else if (done.kind === 'failed') call.failed(access, () => done.failure)
      else call.ended()
    },
    (error: unknown) => {
      patience.cancel()
      unforeseen(view, id, error)
      if (isOver) return
      isOver = true
      call.failed(access, () => ENDED)
    },
  )
}

/** Renews a login that still serves, behind the call. */
export function renewBehind(view: View, { candidate }: Access): void {
  refresh(view, candidate.id).catch((error: unknown) => unforeseen(view, candidate.id, error))
}

function unforeseen(view: View, profile: string, error: unknown): void {
  const why = error instanceof Error ? error.message : 'unknown'
  view.home.system.log.error('a login could not be renewed', { profile, why })
}
