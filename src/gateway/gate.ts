// Who may come in: the token, or the cookie that the page got for a one-use code. Authority comes from here, never from the request (V4).
import { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'
import { bucketOf } from './address.ts'
import type { SecretSource } from './found-secret.ts'
import type { Head } from './guard.ts'
import type { Scope } from './routes.ts'
import type { Throttle } from './throttle.ts'
import type { GatewaySecret } from './token.ts'

export type Principal = {
  name: 'token' | 'page'
  scopes: ReadonlySet<Scope>
  generation: number
  /** What the cookie stands for; absent: the token itself was shown. */
  pass?: Pass
}

/** `retryAfterMs` is set when nothing was checked, because too many wrong tokens came before. */
export type Denied = { retryAfterMs?: number }

const OWNER: ReadonlySet<Scope> = new Set<Scope>(['read', 'call', 'chat', 'accounts', 'settings', 'admin'])
/** It may change accounts and settings, and can neither read a credential nor let anybody else in (decisions 28, 38 and 40). */
const PAGE: ReadonlySet<Scope> = new Set<Scope>(['read', 'chat', 'accounts', 'settings'])
export const COOKIE = 'openclaw_page'
const COOKIE_MS = 12 * 60 * 60_000
export const CODE_MS = 10 * 60_000
const MAX_PAGES = 64
const MAX_CODES = 16

type Known = { token: string; principal: Principal }
type Pass = { secret: Secret; until: number; generation: number }

export class Gate {
  readonly #system: System
  readonly #secret: GatewaySecret
  readonly #throttle: Throttle
  /** Connections that have shown a good token under the present generation: guessing by others does not lock them out. */
  readonly #known = new WeakMap<object, Known>()
  #pages: Pass[] = []
  #codes: Pass[] = []
  /** Of pages that change the token at this moment. */
  readonly #staying = new Set<Pass>()

  constructor(system: System, secret: GatewaySecret, throttle: Throttle) {
    this.#system = system
    this.#secret = secret
    this.#throttle = throttle
  }

  /** Changes when everybody has to show their token anew. */
  generation(): number {
    return this.#secret.generation()
  }

  /**
   * @param connection the socket, as an identity
   */
  admit(head: Pick<Head, 'token' | 'cookie' | 'address'>, connection: object): Principal | Denied {
    if (head.token !== undefined) return this.check(head.token, head.address, connection)
    const cookie = cookieOf(head.cookie)
    if (cookie === undefined) return {}
    const generation = this.#secret.generation()
    const now = this.#system.now()
    this.#pages = this.#pages.filter((pass) => pass.until > now && this.#isOfNow(pass))
    const pass = holds(this.#pages, cookie)
    return pass === undefined ? {} : { name: 'page', scopes: PAGE, generation, pass }
  }

  /** Why who came in once may not stay; undefined: it may. */
  endOf({ generation, pass }: Principal): string | undefined {
    const isOfNow = pass === undefined ? generation === this.#secret.generation() : this.#isOfNow(pass)
    if (!isOfNow) return 'the token has changed'
    if (pass === undefined || (pass.until > this.#system.now() && this.#pages.includes(pass))) return undefined
    return 'the session has ended'
  }

  #isOfNow(pass: Pass): boolean {
    return pass.generation === this.#secret.generation() || this.#staying.has(pass)
  }

  /** Where the secret in force comes from. */
  source(): { source: SecretSource; where: string } {
    return { source: this.#secret.source(), where: this.#secret.where() }
  }

  /** Changes the token; the page that asked for it stays in, with its cookie, and everybody else is out. */
  async renew(principal: Principal | undefined, change: () => Promise<unknown>): Promise<void> {
    const pass = principal?.pass
    if (pass !== undefined) this.#staying.add(pass)
    try {
      await change()
      await this.#secret.reload()
    } finally {
      if (pass !== undefined) {
        pass.generation = this.#secret.generation()
        this.#staying.delete(pass)
      }
    }
  }

  /**
   * Ends the session of a page; no session is ended twice.
   * @param header the request's `cookie`
   * @returns the value of `set-cookie`
   */
  logout(header: string | undefined): string {
    const cookie = cookieOf(header)
    const ended = cookie === undefined ? undefined : holds(this.#pages, cookie)
    this.#pages = this.#pages.filter((pass) => pass !== ended)
    return `${COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`
  }

  /** Checks a token that somebody shows, within the budget for wrong ones. */
  check(token: string, address: string, connection: object): Principal | Denied {
    const generation = this.#secret.generation()
    const known = this.#known.get(connection)
    const isKnown = known?.principal.generation === generation
    // Shown on this very connection and found good before: nothing can be learnt from how long this comparison takes.
    if (isKnown && known.token === token) return known.principal
    const bucket = bucketOf(address)
    const now = this.#system.monotonic()
    if (!isKnown) {
      const until = this.#throttle.blockedUntil(bucket, now)
      if (until > 0) return { retryAfterMs: until - now }
    }
    if (this.#secret.matches(token)) {
      const principal: Principal = { name: 'token', scopes: OWNER, generation }
      this.#known.set(connection, { token, principal })
      return principal
    }
    this.#known.delete(connection)
    this.#throttle.failed(bucket, now)
    return {}
  }

  /** A code that lets one page in, once, within ten minutes. Print it; nothing else shows it. */
  makeCode(): string {
    const { text, pass } = this.#make(CODE_MS, 16)
    this.#codes = [...this.#codes, pass].slice(-MAX_CODES)
    return text
  }

  /**
   * Exchanges a code, or the token itself, for the cookie of a page.
   * @returns the value of `set-cookie`
   */
  login(shown: { code?: string; token?: string }, address: string, connection: object): string | Denied {
    if (shown.code !== undefined) {
      const bucket = bucketOf(address)
      const now = this.#system.monotonic()
      const until = this.#throttle.blockedUntil(bucket, now)
      if (until > 0) return { retryAfterMs: until - now }
      const pass = holds(this.#codes, shown.code)
      this.#codes = this.#codes.filter((other) => other !== pass)
      if (pass === undefined || pass.until <= this.#system.now() || pass.generation !== this.#secret.generation()) {
        this.#throttle.failed(bucket, now)
        return {}
      }
    } else {
      const principal = this.check(shown.token ?? '', address, connection)
      if (!('scopes' in principal)) return principal
    }
    const { text, pass } = this.#make(COOKIE_MS, 32)
    this.#pages = [...this.#pages, pass].slice(-MAX_PAGES)
    return `${COOKIE}=${text}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${COOKIE_MS / 1000}`
  }

  #make(lifeMs: number, bytes: number): { text: string; pass: Pass } {
    const text = Buffer.from(this.#system.randomBytes(bytes)).toString('base64url')
    return {
      text,
      pass: { secret: new Secret(text), until: this.#system.now() + lifeMs, generation: this.#secret.generation() },
    }
  }
}

function holds(passes: readonly Pass[], text: string): Pass | undefined {
  let found: Pass | undefined
  for (const pass of passes) if (pass.secret.isKnownBy(text)) found = pass
  return found
}

function cookieOf(header: string | undefined): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.trim().split('=')
    if (name === COOKIE && value !== undefined && value !== '') return value
  }
  return undefined
}
