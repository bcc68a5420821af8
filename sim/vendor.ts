// The vendor: a token endpoint that rotates refresh tokens, takes a spent one for theft and revokes the family, and whose answers get lost; and a
// model that answers whoever shows a living access token.
import type { OAuth } from '../src/core/credential.ts'
import type { Answer, OutgoingRequest, Transport, TransportFailure } from '../src/system/send.ts'
import type { Product } from './load.ts'
import { EPOCH, type Process } from './machine.ts'
import type { Schedule } from './schedule.ts'

/** Every secret of a simulation looks like this, so that one in the wrong place is seen. */
export const SECRET_SHAPE = /kcsim_[a-z]+_[0-9a-f]{16}/

/** How often what goes wrong, 0 to 1; each is a fault of its own that a plan has or has not. */
export type Trouble =
  | 'lost_request'
  | 'lost_answer'
  | 'late_answer'
  | 'busy'
  | 'broken_after'
  | 'down'
  | 'half_answer'
  | 'other_account'
  | 'model_busy'
  | 'model_refuses'

export type Habits = {
  /** Of access tokens, ms. */
  lifeMs: number
  /** Answers say when the token ends. */
  tellsEnd: boolean
  /** A renewal brings a new refresh token and spends the old one. */
  rotates: boolean
  /** The account is named in renewals, too. */
  namesAccount: boolean
  troubles: Partial<Record<Trouble, number>>
}

type Family = { name: string; account: string; isRevoked: boolean; current: string; isCurrentSpent: boolean }

/** How one sending of a refresh token ended, as the process that sent it could know. */
export type Sending = {
  token: string
  process: Process
  at: number
  /** `granted` and `ended` are final, `no`: not redeemed, and said so. */
  outcome: 'pending' | 'granted' | 'ended' | 'no' | 'unknown'
  /** Another account's tokens came. */
  isForeign?: boolean
  /** The process gave back the right to renew after it knew. */
  isConcluded: boolean
  /** What the vendor gave for it. */
  next?: string
  /** The vendor redeemed it, whether or not anybody heard. */
  isRedeemed: boolean
  /** Faults of the disk that had struck the process before, and when it was done. */
  struckBefore: number
  struckAfter?: number
}

const LONG_MS = 3_600_000
const TOKENS = 'https://auth.openai.com'

export class Vendor {
  readonly #schedule: Schedule
  readonly #habits: Habits
  readonly #product: Product
  readonly #families = new Map<string, Family>()
  readonly #accesses = new Map<string, { family: Family; endsAt: number; next?: string }>()
  #issued = 0
  #logins = 0
  /** Of refresh tokens, in the order in which they were sent. */
  readonly sendings: Sending[] = []
  /** Calls to the model, per process: how often one left. */
  readonly calls = new Map<Process, { count: number; bearer: string }>()
  /** Hears of each refresh token that is about to be sent. */
  sent: ((sending: Sending) => void) | undefined
  /** Hears that a renewal was answered, in whatever way. */
  heard: (() => void) | undefined
  /** Hears of a call with what a renewal brought, by the refresh token that came with it. */
  used: ((next: string, process: Process) => void) | undefined
  struck: (process: Process) => number = () => 0
  /** Off: everything is answered as it should be. */
  isTroubled = true

  constructor(schedule: Schedule, habits: Habits, product: Product) {
    this.#schedule = schedule
    this.#habits = habits
    this.#product = product
  }

  #secret(kind: string): string {
    const bytes = Array.from({ length: 6 }, () => this.#schedule.between(0, 255).toString(16).padStart(2, '0'))
    return `kcsim_${kind}_${(++this.#issued).toString(16).padStart(4, '0')}${bytes.join('')}`
  }

  /** A static key. */
  key(): string {
    return this.#secret('key')
  }

  /** While all is well tokens live long: who looks on finds nothing that is renewed meanwhile. */
  #lifeMs(): number {
    return this.isTroubled ? this.#habits.lifeMs : LONG_MS
  }

  #access(family: Family): string {
    const access = this.#secret('access')
    this.#accesses.set(access, { family, endsAt: this.#schedule.now + this.#lifeMs() })
    return access
  }

  /** Somebody logs in: a family of its own. @param leftMs of the access token, when not a whole life */
  login(account: string, leftMs = this.#habits.lifeMs): OAuth {
    const { Secret } = this.#product
    const name = `login ${++this.#logins}`
    const family: Family = { name, account, isRevoked: false, current: this.#secret('refresh'), isCurrentSpent: false }
    this.#families.set(family.current, family)
    const access = this.#access(family)
    const known = this.#accesses.get(access)
    if (known !== undefined) known.endsAt = this.#schedule.now + leftMs
    return {
      kind: 'oauth',
      access: new Secret(access),
      refresh: new Secret(family.current),
      expiresAt: Math.floor(EPOCH + this.#schedule.now + leftMs),
      accountId: `id-${account}`,
      email: `${account}@example.com`,
      clientId: CLIENT,
    }
  }

  /** The login that a refresh token belongs to, under one name for all generations, and whether it is the one that can be redeemed. */
  familyOf(refresh: string): { name: string; isRevoked: boolean; isCurrent: boolean } | undefined {
    const family = this.#families.get(refresh)
    return family && { ...family, isCurrent: family.current === refresh }
  }

  #strikes(trouble: Trouble): boolean {
    const chance = this.isTroubled ? (this.#habits.troubles[trouble] ?? 0) : 0
    return chance > 0 && this.#schedule.random() < chance
  }

  /** The network as one process has it. */
  transportFor(process: Process): Transport {
    return {
      close: async () => undefined,
      send: (request, answer) =>
        request.origin === TOKENS ? this.#renewal(process, request, answer) : this.#call(process, request, answer),
    }
  }

  /** @returns hands an end to the process, once, `ms` from now */
  #line(process: Process, request: OutgoingRequest, answer: Answer, gaveUp: () => void = () => undefined) {
    let isOver = false
    const end = (ms: number, how: (now: Answer) => void): void =>
      void this.#schedule.after(process, `answer ${request.path}`, ms, () => {
        if (isOver) return
        isOver = true
        how(answer)
      })
    const fail = (ms: number, kind: TransportFailure['kind']): void =>
      end(ms, (to) => to.fail({ kind, answered: false }))
    const reply = (ms: number, status: number, body: string): void =>
      end(ms, (to) => {
        to.head(status, [], () => undefined)
        to.data(Buffer.from(body))
        to.end()
      })
    fail(request.firstByteMs, 'timeout')
    const abort = (): void => {
      gaveUp()
      fail(0, 'cancelled')
    }
    return { fail, reply, exchange: { abort } }
  }

  #renewal(process: Process, request: OutgoingRequest, answer: Answer) {
    const form = new URLSearchParams(Buffer.concat((request.body ?? []).map((part) => Buffer.from(part))).toString())
    const sending: Sending = {
      token: form.get('refresh_token') ?? '',
      process,
      at: this.#schedule.now,
      outcome: 'pending',
      isConcluded: false,
      isRedeemed: false,
      struckBefore: this.struck(process),
    }
    this.sent?.(sending)
    this.sendings.push(sending)
    const know = (outcome: Sending['outcome']): void => {
      this.heard?.()
      if (sending.outcome === 'pending') sending.outcome = outcome
    }
    let status = 0
    let body = ''
    const { fail, reply, exchange } = this.#line(
      process,
      request,
      {
        head: (code, headers, resume) => {
          status = code
          answer.head(code, headers, resume)
        },
        data: (chunk) => {
          body += Buffer.from(chunk).toString('utf8')
          return answer.data(chunk)
        },
        end: () => {
          const isWhole = body.endsWith('}')
          if (status === 200) know(isWhole ? 'granted' : 'unknown')
          else if (status >= 500 && status !== 503) know('unknown')
          else know(status === 400 && isWhole ? 'ended' : 'no')
          answer.end()
        },
        fail: (failure) => {
          know(failure.kind === 'refused' ? 'no' : 'unknown')
          answer.fail(failure)
        },
      },
      () => know('unknown'),
    )
    const between = (from: number, to: number): number => this.#schedule.between(from, to)
    if (this.#strikes('down')) fail(between(1, 50), 'refused')
    else if (this.#strikes('lost_request')) fail(between(5, 21_000), 'reset')
    else {
      this.#schedule.after(undefined, 'vendor redeems', between(1, 80), () => {
        const [code, text] = this.#redeem(sending)
        if (this.#strikes('lost_answer')) fail(between(1, 21_000), 'reset')
        else if (this.#strikes('half_answer')) reply(between(1, 80), code, text.slice(0, text.length / 2))
        else if (this.#strikes('broken_after')) reply(between(1, 80), 502, 'Bad gateway')
        else reply(this.#strikes('late_answer') ? between(15_000, 40_000) : between(1, 80), code, text)
      })
    }
    return exchange
  }

  #redeem(sending: Sending): [number, string] {
    if (this.#strikes('busy')) return this.#schedule.random() < 0.5 ? [429, '{}'] : [503, '{}']
    const family = this.#families.get(sending.token)
    const refused: [number, string] = [400, JSON.stringify({ error: { code: 'refresh_token_reused' } })]
    if (family === undefined || family.isRevoked) return [400, JSON.stringify({ error: 'invalid_grant' })]
    if (family.current !== sending.token) {
      family.isRevoked = true
      return refused
    }
    sending.isRedeemed = true
    const { rotates, tellsEnd, namesAccount } = this.#habits
    if (rotates) {
      family.current = this.#secret('refresh')
      this.#families.set(family.current, family)
      sending.next = family.current
    }
    let { account } = family
    let access = this.#access(family)
    const issued = this.#accesses.get(access)
    if (issued !== undefined && sending.next !== undefined) issued.next = sending.next
    if (this.#strikes('other_account')) {
      account = 'stranger'
      access = this.#secret('access')
      sending.isForeign = true
    }
    const claims = {
      'https://api.openai.com/auth': { chatgpt_account_id: `id-${account}` },
      email: `${account}@example.com`,
    }
    const idToken = ['e30', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'c2ln'].join('.')
    return [
      200,
      JSON.stringify({
        access_token: access,
        ...(rotates ? { refresh_token: family.current } : {}),
        ...(tellsEnd ? { expires_in: this.#lifeMs() / 1000 } : {}),
        ...(namesAccount || account === 'stranger' ? { id_token: idToken } : {}),
      }),
    ]
  }

  #call(process: Process, request: OutgoingRequest, answer: Answer) {
    const at = request.headers.indexOf('authorization')
    const bearer = (request.headers[at + 1] ?? '').replace('Bearer ', '')
    this.calls.set(process, { count: (this.calls.get(process)?.count ?? 0) + 1, bearer })
    const { reply, exchange } = this.#line(process, request, answer)
    const known = this.#accesses.get(bearer)
    if (known?.next !== undefined && known.family.current === known.next) this.used?.(known.next, process)
    const isLive = known !== undefined && known.endsAt > this.#schedule.now && !this.#strikes('model_refuses')
    const ms = this.#schedule.between(1, 60)
    if (this.#strikes('model_busy')) reply(ms, 429, '{"error":{"type":"usage_limit_reached","resets_in_seconds":20}}')
    else if (isLive || bearer.startsWith('kcsim_key_')) reply(ms, 200, '{"output":[]}')
    else reply(ms, 401, '{"error":{"code":"token_expired"}}')
    return exchange
  }
}

const CLIENT = 'app_EMoamEEZ73f0CkXaXp7hrann'
