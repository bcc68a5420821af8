// Logins on another device (RFC 8628): a code is shown, and the server asked until somebody has agreed. The waiting serves vendors with a
// protocol of their own as well.
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { type AskOptions, type Endpoint, type Machine, post, type Reply } from './endpoint.ts'
import { errorCode, judgeTokens, parseObject, type Tokens, type Verdict } from './token.ts'

/** What the person needs, and what the waiting goes by. */
export type DeviceCode = {
  /** Shown to the server only. */
  deviceCode: Secret
  /** Shown to the person. */
  userCode: string
  verificationUrl: string
  /** The same with the code filled in, where the vendor has it. */
  completeUrl?: string
  intervalMs: number
  lifeMs: number
}

/** One answer to the question whether somebody has agreed. */
export type Poll<T> =
  | { kind: 'pending' }
  /** Asked too often: wait five seconds longer from now on (RFC 8628, 3.5). */
  | { kind: 'slow_down' }
  /** No answer, or one that says nothing: asked again, less often. */
  | { kind: 'trouble'; detail: string }
  | { kind: 'ended'; code: string; detail: string }
  | { kind: 'done'; value: T }

/** How the waiting ended. */
export type Waited<T> = { kind: 'done'; value: T } | { kind: 'ended'; code: string; detail: string }

const DEFAULT_INTERVAL_MS = 5000
const SLOWER_MS = 5000
const LONGEST_INTERVAL_MS = 60_000
const LONGEST_LIFE_MS = 30 * 60_000

/**
 * Asks until somebody has agreed, said no, or the code has ended. The monotonic clock decides, so a wrong one does no harm.
 * @throws whatever the signal was aborted with
 */
export async function pollDevice<T>(
  machine: Pick<Machine, 'sleep' | 'monotonic'>,
  code: Pick<DeviceCode, 'intervalMs' | 'lifeMs'>,
  askOnce: () => Promise<Poll<T>>,
  signal: AbortSignal,
): Promise<Waited<T>> {
  const endsAt = machine.monotonic() + Math.min(code.lifeMs, LONGEST_LIFE_MS)
  let interval = code.intervalMs
  for (;;) {
    await machine.sleep(interval, signal)
    if (machine.monotonic() >= endsAt) return { kind: 'ended', code: 'expired_token', detail: 'nobody agreed in time' }
    const poll = await askOnce()
    signal.throwIfAborted()
    if (poll.kind === 'done' || poll.kind === 'ended') return poll
    if (poll.kind === 'slow_down') interval += SLOWER_MS
    if (poll.kind === 'trouble') interval = Math.min(interval * 2, LONGEST_INTERVAL_MS)
  }
}

/** How often a server wants to be asked: seconds, as a number or (some vendors) a text. */
export function intervalFrom(value: unknown): number {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return DEFAULT_INTERVAL_MS
  return Math.min(seconds * 1000, LONGEST_INTERVAL_MS)
}

/** Asks for a code (RFC 8628, 3.1). */
export function requestDevice(
  machine: Machine,
  endpoint: Endpoint,
  fields: { client_id: string; scope: string },
  options: AskOptions = {},
): Promise<Reply> {
  return post(machine, endpoint, fields, options)
}

/** Reads the answer (RFC 8628, 3.2). @returns undefined for what is none */
export function readDevice(reply: Reply): DeviceCode | undefined {
  const value = reply.kind === 'answered' && reply.status === 200 ? parseObject(reply.body) : undefined
  const { device_code: deviceCode, user_code: userCode, verification_uri: url } = value ?? {}
  const verificationUrl = webAddress(url)
  if (typeof deviceCode !== 'string' || typeof userCode !== 'string' || verificationUrl === undefined) return undefined
  const completeUrl = webAddress(value?.verification_uri_complete)
  const life = value?.expires_in
  return {
    deviceCode: new Secret(deviceCode),
    userCode: printable(userCode, 40),
    verificationUrl,
    ...(completeUrl === undefined ? {} : { completeUrl }),
    intervalMs: intervalFrom(value?.interval),
    lifeMs: typeof life === 'number' && life > 0 ? life * 1000 : LONGEST_LIFE_MS,
  }
}

/** An address fit to be shown and opened. */
function webAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined
  const url = new URL(value)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
}

/**
 * What an answer to the device grant means. Pure. Some servers say "pending" with status 200 (GitHub), so the words count.
 * @param now ms epoch
 */
export function judgeDevice(reply: Reply, now: number): Poll<Tokens> {
  const code = reply.kind === 'answered' ? errorCode(parseObject(reply.body)) : undefined
  if (code === 'authorization_pending') return { kind: 'pending' }
  if (code === 'slow_down') return { kind: 'slow_down' }
  if (code === 'access_denied' || code === 'expired_token') return { kind: 'ended', code, detail: code }
  const verdict: Verdict = judgeTokens(reply, now)
  if (verdict.kind === 'granted') return { kind: 'done', value: verdict.tokens }
  return verdict.kind === 'ended' ? verdict : { kind: 'trouble', detail: verdict.detail }
}
