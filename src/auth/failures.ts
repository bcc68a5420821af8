// What the profiles of one call failed with: who is blamed at once, whose trouble may be the vendor's or the network's, and what was the request's.
import { MINUTE_MS } from '../core/expiry.ts'
import { type Failure, isSameTrouble, isUndecided, mayBeOfRequest } from '../core/failure.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { settle } from './settle.ts'

/** Whoever served so lately, ms, does not break at every request. */
export const PROVEN_MS = MINUTE_MS

export class Failures {
  readonly #view: View
  /** Of the present request, in their order. */
  readonly #all: { id: string; failure: Failure; access: Access }[] = []
  /** They rest a profile only when another one then succeeds. */
  readonly #undecided: { access: Access; failure: Failure; at: number }[] = []

  /** What the last failure leaves to be done when the next profile has been asked. */
  #late: (() => void) | undefined

  constructor(view: View) {
    this.#view = view
  }

  /**
   * Marks it a little later: the client waits for the next profile to be asked, and nobody for the mark.
   * @param judge what failed, seen from that moment (ms epoch)
   */
  later(access: Access, judge: (now: number) => Failure): void {
    const at = this.#view.home.system.now()
    this.#late = () => this.#add(access, judge(at), at)
  }

  /** Marks what was left for later. */
  mark(): void {
    const late = this.#late
    this.#late = undefined
    late?.()
  }

  /** @param at when it failed, ms epoch */
  #add(access: Access, failure: Failure, at: number): void {
    this.#all.push({ id: access.candidate.id, failure, access })
    if (isUndecided(failure) || mayBeOfRequest(failure)) this.#undecided.push({ access, failure, at })
    else settle(this.#view, access, { ok: false, failure }, at)
    this.#view.home.system.log.info('a profile was stepped over', {
      agent: this.#view.agentId,
      profile: access.candidate.id,
      class: failure.class,
      status: failure.status ?? 0,
    })
  }

  /**
   * Whether another credential met the very same: then it is the request that the vendor breaks over. Only where one of the two has served
   * lately: accounts that break at whatever they are asked must not stand before one that does not.
   */
  isRepeated(access: Access, failure: Failure): boolean {
    this.mark()
    return this.#all.some(
      (before) =>
        before.id !== access.candidate.id &&
        isSameTrouble(before.failure, failure) &&
        (this.#isProven(before.access) || this.#isProven(access)),
    )
  }

  #isProven({ candidate }: Access): boolean {
    const { lastUsedAt } = candidate.health
    return lastUsedAt !== undefined && Math.abs(this.#view.home.system.now() - lastUsedAt) < PROVEN_MS
  }

  /**
   * Nobody is left to ask. What one credential alone was refused is its own; what several were, that of the request.
   * @returns who failed with what
   */
  exhausted(): readonly { id: string; failure: Failure }[] {
    this.mark()
    const alike = this.#undecided.filter(
      ({ failure }) => mayBeOfRequest(failure) && this.#all.some((one) => one.failure === failure),
    )
    const [only] = alike
    if (only !== undefined && alike.length === 1) {
      settle(this.#view, only.access, { ok: false, failure: only.failure }, only.at)
    }
    // Another model that is asked after all these, and serves, proves nothing of them any more.
    for (const one of alike) this.#undecided.splice(this.#undecided.indexOf(one), 1)
    return this.#all
  }

  /** Somebody answered: what others failed with before was their own. */
  served({ candidate, model }: Access): void {
    this.mark()
    for (const { access, failure, at } of this.#undecided) {
      // The very same account serves another model: it was not the account, but may well be the model.
      const isOther = failure.scope === 'model' && access.model !== model
      if (isOther || access.candidate.id !== candidate.id) settle(this.#view, access, { ok: false, failure }, at)
    }
    this.#undecided.length = 0
  }

  /** The request itself was refused: nobody is blamed any more who is not yet. */
  acquit(): void {
    this.mark()
    this.#undecided.length = 0
  }

  /** Another request follows; who failed with the one before may still turn out to have been at fault. */
  turn(): void {
    this.#all.length = 0
  }
}
