// Who may come in: the token, or the cookie that the page got for a one-use code. Authority comes from here, never from the request (V4).
import { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'
import { bucketOf } from './address.ts'
import type { SecretSource } from './found-secret.ts'
import type { Head } from './guard.ts'
import { METHODS } from './method-table.ts'
import type { Scope } from './routes.ts'
import { isOwnVisit, portIn } from './site.ts'
import type { Throttle } from './throttle.ts'
import type { GatewaySecret } from './token.ts'

export type Principal = {
  name: 'token' | 'page'
  scopes: ReadonlySet<Scope>
  generation: number
  /** What the cookie stands for; absent: the token itself was shown. */
  pass?: Session
}

/**
 * `retryAfterMs` is set when nothing was checked, because too many wrong tokens came before. `isForged`: the cookie is good, and who sent it did not
 * show that it is our page.
 */
export type Denied = { retryAfterMs?: number; isForged?: true }

const OWNER: ReadonlySet<Scope> = new Set<Scope>(['read', 'call', 'chat', 'accounts', 'settings', 'admin'])
/** It may change accounts and settings, and can neither read a credential nor let anybody else in (decisions 28, 38 and 40). */
const PAGE: ReadonlySet<Scope> = new Set<Scope>(['read', 'chat', 'accounts', 'settings'])
/** Cookies of a host go to each of its ports: where the page is served by http, the name tells gateways apart. */
const COOKIE = 'openclaw_page'
/** Behind https, browsers keep a name that begins so from everybody but the one host that set it. */
const SECURE_COOKIE = `__Host-${COOKIE}`
const COOKIE_MS = 12 * 60 * 60_000
export const CODE_MS = 10 * 60_000
const MAX_PAGES = 64
const MAX_CODES = 16

type Known = { token: string; principal: Principal }
type Pass = { secret: Secret; until: number; generation: number }
/** The session of a page: the cookie by the name it has, and what shows that a request comes from the page and not from another one that gets its cookie. */
type Session = Pass & { cookie: string; antiForgery: Secret }
/** What of a request's head tells of its session. */
type Sent = Pick<Head, 'method' | 'host' | 'cookie' | 'origin' | 'fetchSite' | 'antiForgery'>
/** A login that was good. */
export type LoggedIn = { setCookie: string; antiForgery: string }

export class Gate {
  readonly #system: System
  readonly #secret: GatewaySecret
  readonly #throttle: Throttle
  /** Connections that have shown a good token under the present generation: guessing by others does not lock them out. */
  readonly #known = new WeakMap<object, Known>()
  #pages: Session[] = []
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
  admit(head: Sent & Pick<Head, 'token' | 'address'>, connection: object): Principal | Denied {
    if (head.token !== undefined) return this.check(head.token, head.address, connection)
    const pass = this.#sessionOf(head)
    if (pass === undefined) return {}
    if (!isSafe(head.method) && !isFromPage(head, pass, head.antiForgery)) return { isForged: true }
    return { name: 'page', scopes: PAGE, generation: this.#secret.generation(), pass }
  }

  /**
   * As `admit`, for a socket: whatever comes over it may change something.
   * @param antiForgery as the first frame shows it; a browser lets no page write a header here
   */
  join(
    head: Sent & Pick<Head, 'token' | 'address'>,
    connection: object,
    antiForgery: string | undefined,
  ): Principal | Denied {
    const admitted = this.admit(head, connection)
    if (!('scopes' in admitted) || admitted.pass === undefined) return admitted
    return isFromPage(head, admitted.pass, antiForgery) ? admitted : { isForged: true }
  }

  /**
   * The session for which a document, or what goes with it, is asked: by our own page or by a person, never by a page of another port.
   * @returns what the page has to show with every change, and what it may do
   */
  visit(head: Sent): { antiForgery: string; scopes: Scope[] } | undefined {
    const session = isOwnVisit(head) ? this.#sessionOf(head) : undefined
    return session === undefined ? undefined : { antiForgery: session.antiForgery.reveal(), scopes: [...PAGE] }
  }

  #sessionOf(head: Sent): Session | undefined {
    if (head.cookie === undefined) return undefined
    const now = this.#system.now()
    this.#pages = this.#pages.filter((pass) => pass.until > now && this.#isOfNow(pass))
    const names = namesOf(head)
    for (const [name, value] of cookiesIn(head.cookie)) {
      const session = names.includes(name) ? holds(this.#pages, value) : undefined
      if (session?.cookie === name) return session
    }
    return undefined
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
   * @returns values of `set-cookie`: none, where there was no session
   */
  logout(head: Sent): string[] | Denied {
    const session = this.#sessionOf(head)
    if (session === undefined) return []
    if (!isFromPage(head, session, head.antiForgery)) return { isForged: true }
    this.#pages = this.#pages.filter((pass) => pass !== session)
    return [setCookie(session.cookie, '', 0)]
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
   */
  login(
    shown: { code?: string; token?: string },
    head: Sent & Pick<Head, 'address'>,
    connection: object,
  ): LoggedIn | Denied {
    const { address } = head
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
    const antiForgery = this.#text(32)
    const [cookie = COOKIE] = namesOf(head)
    // The browser forgets the cookie that it had, and nobody could end that session any more.
    const replaced = this.#sessionOf(head)
    const others = this.#pages.filter((other) => other !== replaced)
    this.#pages = [...others, { ...pass, cookie, antiForgery: new Secret(antiForgery) }].slice(-MAX_PAGES)
    return { setCookie: setCookie(cookie, text, COOKIE_MS), antiForgery }
  }

  #text(bytes: number): string {
    return Buffer.from(this.#system.randomBytes(bytes)).toString('base64url')
  }

  #make(lifeMs: number, bytes: number): { text: string; pass: Pass } {
    const text = this.#text(bytes)
    return {
      text,
      pass: { secret: new Secret(text), until: this.#system.now() + lifeMs, generation: this.#secret.generation() },
    }
  }
}

function holds<T extends Pass>(passes: readonly T[], text: string): T | undefined {
  let found: T | undefined
  for (const pass of passes) if (pass.secret.isKnownBy(text)) found = pass
  return found
}

function cookiesIn(header: string): [string, string][] {
  return header.split(';').map((part) => {
    const at = part.indexOf('=')
    return at < 0 ? ['', ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
  })
}

const isSecure = (origin: string | undefined): boolean => origin?.startsWith('https:') === true

/** The name of the cookie there; a browser that asks for a document does not say whether it came by https. */
function namesOf({ origin, host }: Pick<Head, 'origin' | 'host'>): string[] {
  const plain = `${COOKIE}_${portIn(host)}`
  return origin === undefined ? [plain, SECURE_COOKIE] : [isSecure(origin) ? SECURE_COOKIE : plain]
}

function setCookie(name: string, value: string, lifeMs: number): string {
  const secure = name === SECURE_COOKIE ? ' Secure;' : ''
  return `${name}=${value}; HttpOnly;${secure} SameSite=Strict; Path=/; Max-Age=${lifeMs / 1000}`
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** Browsers name the page with every socket and every change; that it is ours was looked at with the head. */
function isFromPage(
  head: Pick<Head, 'origin' | 'fetchSite'>,
  session: Session,
  antiForgery: string | undefined,
): boolean {
  const isShown = session.antiForgery.isKnownBy(antiForgery ?? '')
  return isShown && head.origin !== undefined && isOwnVisit(head)
}

/** Those of some scopes that are of use from where somebody is: where all of its methods are for this machine alone, a page need not offer them. */
export function scopesFrom(scopes: Iterable<Scope>, beyondLoopback: boolean): Scope[] {
  const isOfUse = (scope: Scope): boolean => {
    const rows = METHODS.filter((row) => row.scope === scope)
    return rows.length === 0 || rows.some(({ onlyHere }) => onlyHere !== true)
  }
  return [...scopes].filter((scope) => !beyondLoopback || isOfUse(scope))
}
