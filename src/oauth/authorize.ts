// The beginning of a login: PKCE (RFC 7636), state, the address to open; and reading what came back, from the browser or pasted.
import { hash, timingSafeEqual } from 'node:crypto'
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import type { Machine } from './endpoint.ts'

/** One attempt: a verifier and a state that are never used for another one. */
export type Attempt = { verifier: Secret; challenge: string; state: string }

const VERIFIER_BYTES = 48
const STATE_BYTES = 32

/** A fresh attempt. */
export function beginAttempt(machine: Pick<Machine, 'randomBytes'>): Attempt {
  const word = (bytes: number): string => Buffer.from(machine.randomBytes(bytes)).toString('base64url')
  const verifier = word(VERIFIER_BYTES)
  return { verifier: new Secret(verifier), challenge: hash('sha256', verifier, 'base64url'), state: word(STATE_BYTES) }
}

/**
 * The address at which the person agrees (RFC 6749, 4.1.1), S256 always.
 * @param extra what this vendor wants beside the standard's fields
 */
export function authorizeUrl(
  endpoint: string,
  wish: { clientId: string; redirectUri: string; scope: string; extra?: Readonly<Record<string, string>> },
  { challenge, state }: Attempt,
): string {
  const url = new URL(endpoint)
  const fields = {
    response_type: 'code',
    client_id: wish.clientId,
    redirect_uri: wish.redirectUri,
    scope: wish.scope,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
    ...wish.extra,
  }
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value)
  // A space as %20: some servers read a plus as a plus.
  url.search = url.search.replaceAll('+', '%20')
  return url.href
}

/** What the browser or a person brought back. `foreign`: not an answer to this attempt, so it changes nothing. */
export type Returned =
  | { kind: 'code'; code: Secret }
  | { kind: 'refused'; code: string; detail: string }
  | { kind: 'foreign'; why: string }

const MOST_CODE_CHARACTERS = 4096

/** Reads the query of a callback. Whatever does not show this attempt's state is foreign, an error too. */
export function readReturn(query: URLSearchParams, { state }: Pick<Attempt, 'state'>): Returned {
  const [shown, ...others] = query.getAll('state')
  if (shown === undefined) return { kind: 'foreign', why: 'it shows no state' }
  if (others.length > 0 || !isSame(shown, state)) return { kind: 'foreign', why: 'it belongs to another login' }
  const error = query.get('error')
  if (error !== null) {
    const code = /^[\w.-]{1,64}$/.test(error) ? error : 'error'
    return { kind: 'refused', code, detail: printable(query.get('error_description') ?? '', 200) }
  }
  const [code, ...more] = query.getAll('code')
  return more.length > 0 ? { kind: 'foreign', why: 'it holds more than one code' } : asCode(code ?? '')
}

function asCode(code: string): Returned {
  if (code === '' || code.length > MOST_CODE_CHARACTERS || !/^[\x21-\x7e]+$/.test(code)) {
    return { kind: 'foreign', why: 'it holds no code' }
  }
  return { kind: 'code', code: new Secret(code) }
}

/**
 * Reads what a person pasted at the prompt of this attempt: the address at which the browser ended, `code#state`, `code=…&state=…`, or the code
 * alone. A code alone cannot be checked here; only PKCE binds it to this attempt, so it is taken from this prompt and nowhere else.
 * @param options.needsState for whoever asks elsewhere: a code alone is foreign (V12)
 */
export function readPasted(
  text: string,
  attempt: Pick<Attempt, 'state'>,
  options: { needsState?: boolean } = {},
): Returned {
  // A terminal breaks long addresses; nothing in them is a space.
  const plain = text.replace(/[\s\u200b-\u200d\u2060\ufeff]+/g, '').replace(/^["'<]|["'>]$/g, '')
  if (plain === '') return { kind: 'foreign', why: 'nothing was pasted' }
  if (plain.length > 4 * MOST_CODE_CHARACTERS) return { kind: 'foreign', why: 'it is too long' }
  if (/^https?:/i.test(plain)) {
    if (!URL.canParse(plain)) return { kind: 'foreign', why: 'it is no whole address' }
    const url = new URL(plain)
    return readReturn(url.searchParams, attempt)
  }
  if (/(?:^|[?&])(?:code|error|state)=/.test(plain)) {
    return readReturn(new URLSearchParams(plain.slice(plain.indexOf('?') + 1)), attempt)
  }
  const mark = plain.indexOf('#')
  // A key or a token in the clipboard must not be sent to whoever expects a code.
  if (mark < 0) {
    if (looksSecret(plain)) return { kind: 'foreign', why: 'it looks like a key, not like a code' }
    return options.needsState === true ? { kind: 'foreign', why: 'it is a code without its state' } : asCode(plain)
  }
  return isSame(plain.slice(mark + 1), attempt.state)
    ? asCode(plain.slice(0, mark))
    : { kind: 'foreign', why: 'it belongs to another login' }
}

/** The mask keeps the prefix by which a vendor marks its keys; a JWT begins like its header. */
function looksSecret(text: string): boolean {
  const mask = new Secret(text).mask()
  return (mask !== '****' && !mask.startsWith('…')) || text.startsWith('eyJ')
}

/** Takes as long for a nearly right one as for a wrong one. */
function isSame(shown: string, expected: string): boolean {
  const digest = (text: string): Uint8Array => hash('sha256', text, 'buffer')
  return timingSafeEqual(digest(shown), digest(expected))
}
