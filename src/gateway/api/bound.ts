// What a client brings back that only one account can open: who is asked for it, who is never shown it, and the request without it. Looked for in bodies as
// they came, where more than one account could serve; a body is parsed only when something has to be left out.

import type { Access } from '../../auth/acquire.ts'
import type { View } from '../../auth/auth.ts'
import { hasOthers, issuedOf, issuerOf } from '../../auth/issuers.ts'
import { queryOf, type Sent, type VendorCall } from '../../auth/vendor-call.ts'
import { type BoundThing, type BoundWanted, boundInRequest } from '../../core/bound.ts'
import { type BoundTo, type Issuer, NOBODY } from '../../core/issued.ts'
import type { Candidate } from '../../core/order.ts'
import { type PinWish, pick } from '../../core/pick.ts'
import type { Endpoint } from '../../providers/provider.ts'
import type { Asked } from './splice.ts'
import { withoutThoughts } from './without-thoughts.ts'

/** The vendor itself leaves out what another account's model thought, and what stands between others must stay; so only what nobody can open goes. */
const LEAVES_OUT: Endpoint = 'messages'

/** So many accounts more are asked for what nobody knows anything of. */
const MOST_GUESSES = 3

/** Only Responses has what is looked for where it was handed out. */
const NOTHING_WANTED: BoundWanted = { items: false, containers: false }

const NOBODY_ELSE: ReadonlySet<string> = new Set()

/** What one request holds. */
export class Held {
  readonly #view: View
  readonly #provider: string
  readonly #endpoint: Endpoint
  readonly #things: readonly { thing: BoundThing; issuer: Issuer | undefined }[]
  /** Whose thoughts the request brings back, by their digests, and whether they are sealed for all of an organisation. */
  readonly #thoughts = new Map<number, { account: string; isShared: boolean }>()

  /**
   * @param wanted absent: what kinds are known of
   * @returns undefined where nothing is held, or nobody else could be shown it
   */
  static of(view: View, provider: string, endpoint: Endpoint, asked: Asked, wanted?: BoundWanted): Held | undefined {
    const memory = issuedOf(view.home)
    const misses = memory.misses(view.home.system.monotonic())
    if (!misses && !hasOthers(view, provider)) return undefined
    // Another agent may have the account that one agent has removed.
    if (misses) memory.follow(NOBODY_ELSE, accountsOf(view, provider), view.home.system.monotonic())
    const things = boundInRequest(
      endpoint,
      asked,
      wanted ?? (endpoint === 'responses' ? memory.wanted : NOTHING_WANTED),
    )
    return things.length === 0 ? undefined : new Held(view, provider, endpoint, things)
  }

  private constructor(view: View, provider: string, endpoint: Endpoint, things: readonly BoundThing[]) {
    this.#view = view
    this.#provider = provider
    this.#endpoint = endpoint
    const now = view.home.system.monotonic()
    const memory = issuedOf(view.home)
    this.#things = things.map((thing) => ({ thing, issuer: memory.of(thing.key, now) }))
    for (const { thing, issuer } of this.#things) {
      if (!thing.isThought || issuer === undefined || (endpoint === LEAVES_OUT && issuer !== NOBODY)) continue
      this.#thoughts.set(thing.key, { account: issuer.account, isShared: thing.field === 'encrypted_content' })
    }
  }

  /** What the request goes out with: who may serve it, who is asked first, and what each account is shown. @throws TwoAccounts */
  on(request: VendorCall): VendorCall {
    const must = this.#must()
    const wish = must?.issuer ?? this.#wish()
    const shown = this.#thoughts.size === 0 ? {} : { sentBy: this.#sentBy }
    if (wish === undefined) return { ...request, ...shown }
    const ids = this.#candidatesOf(wish).map(({ id }) => id)
    const first = ids.includes(wish.profile) ? wish.profile : ids[0]
    const isFree = request.pin === undefined || request.pin.by === 'auto'
    const pin: PinWish | undefined =
      isFree && first !== undefined ? { id: first, by: 'auto', holds: true } : request.pin
    return {
      ...request,
      ...(pin === undefined ? {} : { pin }),
      ...(must === undefined ? {} : { bound: { ids: new Set(ids), profile: wish.profile, field: must.thing.field } }),
      ...shown,
    }
  }

  /** Whoever made or opened the newest of it; what lies at the vendor goes before a thought, which can be left out. */
  #wish(): Issuer | undefined {
    const known = this.#things.filter(({ issuer }) => issuer !== undefined && issuer !== NOBODY)
    return (known.findLast(({ thing }) => !thing.isThought) ?? known.at(-1))?.issuer
  }

  /** What cannot be left out, and who was seen to make it. */
  #must(): { thing: BoundThing; issuer: Issuer } | undefined {
    let found: { thing: BoundThing; issuer: Issuer } | undefined
    for (const { thing, issuer } of this.#things) {
      if (thing.isThought || issuer?.hasMade !== true) continue
      if (found !== undefined && found.issuer.account !== issuer.account) {
        throw new TwoAccounts(
          `${found.thing.field} of this request was made by ${found.issuer.profile}, and ${thing.field} by ${issuer.profile}: no account can open both`,
          thing.field,
        )
      }
      found ??= { thing, issuer }
    }
    return found
  }

  #candidatesOf({ account }: Issuer): readonly Candidate[] {
    const { candidates } = this.#view.facts().providers.get(this.#provider) ?? { candidates: [] }
    return candidates.filter((one) => issuerOf(this.#view, one).account === account)
  }

  readonly #sentBy = ({ candidate }: Access, request: VendorCall): Sent => {
    const { account } = issuerOf(this.#view, candidate)
    const memory = issuedOf(this.#view.home)
    const isForeign = (keys: readonly number[]): boolean =>
      keys.some((key) => {
        const whose = this.#thoughts.get(key)
        if (whose === undefined) return false
        return whose.isShared ? !memory.areOne(whose.account, account) : whose.account !== account
      })
    if (!isForeign([...this.#thoughts.keys()])) return request
    return withoutThoughts(request, isForeign) ?? request
  }

  /**
   * Who may have what an account lacks: whoever has opened it before, and else the next account that is well.
   * @param without who was asked already
   */
  guess(request: VendorCall, without: ReadonlySet<string>): BoundTo | undefined {
    const facts = this.#view.facts().providers.get(this.#provider)
    if (facts === undefined || request.provider !== this.#provider || without.size > MOST_GUESSES) return undefined
    const open = this.#things.filter(({ thing, issuer }) => !thing.isThought && issuer?.hasMade !== true)
    for (const { thing, issuer } of open) {
      if (issuer === undefined) continue
      const ids = this.#candidatesOf(issuer).map(({ id }) => id)
      if (ids.length > 0 && !ids.some((id) => without.has(id)))
        return { ids: new Set(ids), profile: issuer.profile, field: thing.field }
    }
    const [first] = open
    if (first === undefined) return undefined
    const { candidate, early } = pick(facts, queryOf(request, this.#view.home.system.now(), without))
    if (candidate === undefined || early) return undefined
    return { ids: new Set([candidate.id]), profile: candidate.id, field: first.thing.field, isGuess: true }
  }

  /** The account has opened all that it was shown: what nobody knew anything of is its own, too. */
  opened(candidate: Candidate): void {
    if (candidate.provider !== this.#provider) return
    const memory = issuedOf(this.#view.home)
    const now = this.#view.home.system.monotonic()
    const own = issuerOf(this.#view, candidate)
    for (const { thing, issuer } of this.#things) if (issuer === undefined) memory.note(thing.key, own, now)
  }

  /**
   * The account has served what it was asked without any thoughts, after it could not open them: the next request leaves out those that nobody knew. Where
   * each is good only behind those before it, it leaves out all: what was thought since follows none of them.
   */
  unopened({ provider }: Candidate): void {
    if (provider !== this.#provider) return
    const memory = issuedOf(this.#view.home)
    const now = this.#view.home.system.monotonic()
    for (const { thing, issuer } of this.#things)
      if (thing.isThought && (issuer === undefined || this.#endpoint === LEAVES_OUT))
        memory.note(thing.key, NOBODY, now)
  }
}

function accountsOf(view: View, provider: string): ReadonlySet<string> {
  const { candidates } = view.facts().providers.get(provider) ?? { candidates: [] }
  return new Set(candidates.map((one) => issuerOf(view, one).account))
}

/** The request holds what two accounts have made, and neither can open the other's. */
export class TwoAccounts extends Error {
  readonly field: string

  constructor(message: string, field: string) {
    super(message)
    this.field = field
  }
}
