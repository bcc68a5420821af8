// Whether another model can take a relayed call as it is, or in its vendor's dialect, and the call for it.
import type { View } from '../../auth/auth.ts'
import type { Refused, VendorCall } from '../../auth/vendor-call.ts'
import type { BoundTo } from '../../core/issued.ts'
import type { ModelRef } from '../../core/model-ref.ts'
import type { Candidate } from '../../core/order.ts'
import { Unsayable } from '../../dialects/unsayable.ts'
import type { House } from '../house.ts'
import { Held } from './bound.ts'
import { type Interpreted, type Interpreter, interpreterFor, logMistake, unsaidText } from './interpreter.ts'
import { keptFrom, wishAt } from './profile-wish.ts'
import type { Asked } from './splice.ts'
import { withoutAnyThoughts, withoutThoughts } from './without-thoughts.ts'

const ALL = { items: true, containers: true }

/** The models that one call could go to instead. */
export class StandIns {
  readonly #house: House
  readonly #view: View
  readonly #asked: Asked
  readonly #request: VendorCall
  #interpreter: Interpreter | undefined
  /** As it is asked now, where nothing is translated. */
  #present: VendorCall
  #held: Held | undefined
  /** What another account was shown in vain, and only one is known to open. */
  #bound: BoundTo | undefined
  /** Thoughts that its vendor could not open have been left out. */
  #isLighter = false
  #isAllSeen = false
  /** Accounts that do not have what the request refers to. */
  readonly #without = new Set<string>()

  /**
   * @param request as it is in the client's dialect
   * @param by who knows already what the client said
   * @param held what only one account can open
   */
  constructor(
    house: House,
    view: View,
    asked: Asked,
    request: VendorCall,
    by: Interpreter | undefined,
    held: Held | undefined,
  ) {
    this.#house = house
    this.#view = view
    this.#asked = asked
    this.#request = request
    this.#interpreter = by
    this.#present = request
    this.#held = held
  }

  /** What of the request only one account can open. */
  get boundField(): string | undefined {
    return (this.#request.bound ?? this.#bound)?.field
  }

  /** Back to the model that was asked for. */
  first(): void {
    this.#present = this.#request
  }

  /**
   * The present call without what an account lacks, or for another account that may have it.
   * @param spoken the call as it was translated
   * @returns undefined where the client hears what the vendor said
   */
  without({ failure, by }: Refused, spoken?: VendorCall): VendorCall | undefined {
    if (spoken !== undefined) {
      if (failure?.lacks !== 'thought' || this.#isLighter) return undefined
      this.#isLighter = true
      return withoutAnyThoughts(spoken)
    }
    const { provider, endpoint } = this.#present
    // After a start nobody knew what to look for.
    if (!this.#isAllSeen) this.#held = Held.of(this.#view, provider, endpoint, this.#asked, ALL) ?? this.#held
    this.#isAllSeen = true
    if (failure?.lacks === 'thought') {
      if (this.#isLighter) return undefined
      this.#isLighter = true
      return withoutThoughts(this.#present)
    }
    const { bound: _, pin, ...free } = this.#present
    if (by === undefined || pin?.by === 'user') return undefined
    this.#without.add(by)
    const bound = this.#held?.guess(free, this.#without)
    if (bound === undefined) return undefined
    if (bound.isGuess !== true) this.#bound = bound
    return { ...free, bound }
  }

  /** The request is served: what an account was shown of what it holds is known to be that account's. */
  served(candidate: Candidate): void {
    if (this.#isLighter) this.#held?.unopened(candidate)
    else this.#held?.opened(candidate)
  }

  /** The call in the client's dialect, for another model. */
  asIs({ provider, model }: ModelRef): VendorCall {
    const { pieces, bytes } = this.#asked.withModel(model)
    this.#present = { ...wishAt(this.#request, provider), model, body: pieces, bodyBytes: bytes }
    return this.#present
  }

  /** @returns the call in the dialect of its vendor, undefined where that is the client's own; a sentence: why the model is passed over */
  fit(ref: ModelRef): Interpreted | string | undefined {
    const { provider } = ref
    const kept = keptFrom(this.#request, provider)
    if (kept !== undefined) return kept
    const bound = this.#request.bound ?? this.#bound
    if (bound !== undefined && provider !== this.#request.provider)
      return `is of ${provider}, and only ${bound.profile} can open the ${bound.field} of this request`
    const known = this.#view.registry.find(provider, this.#view.facts().config.providers.get(provider))
    if (known === undefined) return 'is of a provider that nobody knows'
    if (known.endpoints[this.#request.endpoint] !== undefined) return undefined
    this.#interpreter ??= interpreterFor(this.#house, this.#asked, this.#request)
    if (this.#interpreter === undefined) return `would need a translation: ${known.label} does not speak this dialect`
    try {
      return this.#interpreter.speak(this.#view, this.asIs(ref), known, ref)
    } catch (error) {
      if (error instanceof Unsayable) {
        return `cannot be asked this: ${unsaidText(error, this.#request.endpoint, known.label).replace(/\.$/, '')}`
      }
      logMistake(this.#house, provider, error)
      return 'cannot be asked this: its translation failed inside the gateway'
    }
  }
}
