// Failures of one call that may be the vendor's or the network's: they rest a profile only when another one then succeeds.
import type { Failure } from '../core/failure.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { settle } from './settle.ts'

export class Undecided {
  readonly #view: View
  readonly #failures: { access: Access; failure: Failure; at: number }[] = []

  constructor(view: View) {
    this.#view = view
  }

  /** @param at when it failed, ms epoch */
  add(access: Access, failure: Failure, at: number): void {
    this.#failures.push({ access, failure, at })
  }

  /** Somebody answered: what others failed with before was their own. */
  served({ candidate, model }: Access): void {
    for (const { access, failure, at } of this.#failures) {
      // The very same account serves another model: it was not the account, but may well be the model.
      const isOther = failure.scope === 'model' && access.model !== model
      if (isOther || access.candidate.id !== candidate.id) settle(this.#view, access, { ok: false, failure }, at)
    }
    this.#failures.length = 0
  }

  /** Nobody is blamed. */
  clear(): void {
    this.#failures.length = 0
  }
}
