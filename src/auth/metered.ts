// A call that is billed by use while there is a cap (`auth.spend.capUsdPerDay`): what it may cost is put by before it is sent, and what it has cost
// takes the place of that when it ends. Calls without a cap never come here.
import { billingOf } from '../core/billing.ts'
import { AuthError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import { answersIn, brokenCost, costOf, inputCost, limitIn, mostCost, type Price, priceFrom } from '../core/price.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import type { Endpoint, UsageReader } from '../providers/provider.ts'
import type { Answer, RawHeaders, TransportFailure } from '../system/send.ts'
import type { Access } from './acquire.ts'
import type { Attempt } from './attempt.ts'
import type { View } from './auth.ts'
import { budgetOf, type Reservation } from './budget.ts'
import { isBilled, type VendorCall } from './vendor-call.ts'

/** Endpoints where one request may ask for several answers. */
const HAVE_SEVERAL: ReadonlySet<Endpoint> = new Set(['chat_completions', 'generate_content'])

/** Whether what the call may cost must be put by. */
export function isCapped(view: View, access: Access, { endpoint }: VendorCall): boolean {
  if (view.facts().config.spend.capUsdPerDay === undefined || !isBilled(endpoint)) return false
  return isMetered(view, access)
}

/** Whether what is asked of the credential is billed by use. */
export function isMetered(view: View, { candidate }: Pick<Access, 'candidate'>): boolean {
  return billingOf(view.facts().providers.get(candidate.provider) ?? {}, candidate) === 'metered'
}

/** An answer that tells when it turns out to be none, or broke off with an error. */
type Attended = Answer & Pick<Attempt, 'faulty'>

/** The call that waits. */
export type Paying = {
  isAborted(): boolean
  /** It may be sent. @param watch hears the answer before whoever else does */
  go(watch: (attempt: Attended) => Answer): void
  refused(failure: Failure): void
  /** A mistake of ours, behind the wait: nothing was sent, and nobody else tells the client. */
  broken(error: unknown): void
}

/** Puts by what the call may cost. */
export function payFor(view: View, access: Access, request: VendorCall, call: Paying): void {
  const { provider, model = '' } = request
  const price = priceOf(view, provider, model)
  if (price === undefined) {
    call.refused(failureOf(priceless(view, provider, model)))
    return
  }
  const { body = [], bodyBytes } = request.sentBy?.(access, request) ?? request
  const bytes = body.length === 1 && body[0] !== undefined ? body[0] : Buffer.concat(body)
  const answers = HAVE_SEVERAL.has(request.endpoint) ? answersIn(bytes) : 1
  const amount = mostCost(price, bodyBytes, { limit: limitIn(bytes), answers })
  let isBehind = false
  budgetOf(view.home).reserve(`${view.agentId} ${access.candidate.id}`, amount, (reserved) => {
    try {
      if (reserved instanceof AuthError) {
        if (!call.isAborted()) call.refused(failureOf(reserved))
      } else if (call.isAborted()) reserved.settle(0)
      else {
        const reader = (): UsageReader => access.provider.readUsage(request.endpoint, request.streaming)
        const bill = { reserved, price, most: amount, least: inputCost(price, bodyBytes), reader }
        call.go((attempt) => {
          const billed = new Billed(attempt, bill)
          attempt.faulty = (how) => billed.faulty(how)
          return billed
        })
      }
    } catch (error) {
      if (!(reserved instanceof AuthError)) reserved.settle(0)
      // Whoever stands above hears of it, as long as anybody does.
      if (!isBehind) throw error
      call.broken(error)
    }
  })
  isBehind = true
}

/** What the config says of the model, else what its provider told of it, else what stands in the catalogue. */
export function priceOf(view: View, provider: string, model: string): Price | undefined {
  const own = view.facts().config.providers.get(provider)?.prices
  return priceFrom(own, view.home.modelLists.known(), provider, model)
}

/** The account is well: its health has no part in it. */
function failureOf({ code, message, remedy }: AuthError): Failure {
  return {
    class: 'unknown',
    scope: 'account',
    status: 402,
    code,
    detail: message,
    ...(remedy === undefined ? {} : { remedy }),
  }
}

/** The command for whoever has to say what a model costs. None is made up for him: a price that is pasted and wrong is a wrong cap. */
export function pricing(view: View): string {
  return `\${EDITOR:-vi} ${quoted(view.facts().configPath)}`
}

/** Nobody knows what the model costs. */
export function priceless(view: View, provider: string, model: string): AuthError {
  const name = printable(`${provider}/${model}`, 120)
  return new AuthError(
    'spend_not_allowed',
    `it is billed by use, auth.spend.capUsdPerDay is set, and nobody knows what ${name} costs: say so in models.providers.${printable(provider)}.models of ${view.facts().configPath}, such as [{ id: "${printable(model, 80)}", cost: { input: 3, output: 15 } }] (USD for a million tokens)`,
    { remedy: pricing(view) },
  )
}

type Bill = { reserved: Reservation; price: Price; most: number; least: number; reader(): UsageReader }

/** Nothing of the request had been sent. */
const UNSENT: ReadonlySet<TransportFailure['kind']> = new Set(['refused', 'unreachable', 'forbidden', 'tls'])

/** Reads the counts of an answer beside whoever it is for. */
class Billed implements Answer {
  readonly #answer: Answer
  readonly #bill: Bill
  #usage: UsageReader | undefined
  #hasHead = false
  #bytes = 0

  constructor(answer: Answer, bill: Bill) {
    this.#answer = answer
    this.#bill = bill
  }

  head(status: number, headers: RawHeaders, resume: () => void): void {
    this.#hasHead = true
    if (status >= 200 && status < 300) this.#usage = this.#bill.reader()
    this.#answer.head(status, headers, resume)
  }

  data(chunk: Uint8Array): boolean {
    // What is not an answer may be handed to the next account at its end, and this one's room with it.
    this.#usage?.push(chunk)
    this.#bytes += chunk.byteLength
    return this.#answer.data(chunk)
  }

  /** An answer that is none costs nothing; one that broke off what is known of it. */
  faulty(how: 'refused' | 'broken'): void {
    this.#bill.reserved.settle(how === 'refused' ? 0 : this.#soFar())
  }

  end(): void {
    const { reserved, most } = this.#bill
    if (this.#usage === undefined) {
      reserved.settle(0)
      this.#answer.end()
      return
    }
    try {
      // An error may have been its last word.
      this.#answer.end()
    } finally {
      // Who ends well and says nothing of counts is charged what it may have been.
      reserved.settle(this.#counted() || most)
    }
  }

  fail(failure: TransportFailure): void {
    const { reserved, least } = this.#bill
    if (this.#usage !== undefined) reserved.settle(this.#soFar())
    else reserved.settle(this.#hasHead || UNSENT.has(failure.kind) ? 0 : least)
    this.#answer.fail(failure)
  }

  /** What was cut off is billed as far as it came, and its input in any case. */
  #soFar(): number {
    const { price, most, least } = this.#bill
    return Math.max(this.#counted(), Math.min(most, least + brokenCost(price, this.#bytes)))
  }

  #counted(): number {
    return this.#usage === undefined ? 0 : costOf(this.#bill.price, this.#usage.usage())
  }
}
