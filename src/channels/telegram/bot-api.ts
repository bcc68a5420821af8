// The Bot API over our own transport: grammY knows its methods and its errors, we send. grammY never has the token, so that no text of its can
// hold it; the address that does is made here and goes nowhere else.
import { Api, GrammyError } from 'grammy/web'
import type { Secret } from '../../core/secret.ts'
import { issuerFrom } from '../../oauth/endpoint.ts'
import { OWN_HEADERS } from '../../providers/headers.ts'
import { isObject } from '../../store/document.ts'
import { ask, askBytes } from '../../system/ask.ts'
import type { TransportFailure } from '../../system/send.ts'
import type { System } from '../../system/system.ts'

export { type Api, GrammyError }

/** Its name in the config, in bindings and in reports. */
export const CHANNEL = 'telegram'

/** Names another server of the Bot API: https, or http on loopback. For tests, and for a server of one's own. */
export const API_VARIABLE = 'OPENCLAW_TELEGRAM_API_ROOT'
const API_ROOT = 'https://api.telegram.org'

/** What every request may take beside its own waiting, ms. */
const PATIENCE_MS = 15_000
/** A batch of the longest messages there are. */
const MOST_BYTES = 4 * 1024 * 1024
/** What it hands out. */
const LARGEST_FILE = 20 * 1024 * 1024
const FILE_MS = 30_000
const LISTENING: ReadonlySet<string> = new Set(['getMe', 'getUpdates'])

/** The network failed, or what came is no answer of the Bot API. */
export class NoAnswer extends Error {
  readonly kind: TransportFailure['kind']

  constructor(kind: TransportFailure['kind']) {
    super(`no answer of the Bot API (${kind})`)
    this.kind = kind
  }
}

/** One bot. */
export type Bot = {
  api: Api
  /** The bytes of a file, by the path that the vendor gave. @throws NoAnswer */
  fetchFile(path: string): Promise<Buffer>
}

export type BotOptions = {
  /** Ends the requests of whoever listens; what is said goes on. */
  polling?: AbortSignal
  /** How long any request may take beside its own waiting, ms. */
  patienceMs?: number
}

/**
 * The methods of one bot.
 * @throws AuthError unsafe, when the variable names a server that no token may go to
 */
export async function openBot(
  system: System,
  token: Secret,
  { polling, patienceMs: usualMs = PATIENCE_MS }: BotOptions = {},
): Promise<Bot> {
  const { url, reach } = issuerFrom(system.env, API_VARIABLE, API_ROOT, 'the token of a bot')
  const transport = await system.transport()
  const { origin, pathname } = new URL(url)
  const base = pathname.replace(/\/$/, '')
  const api = new Api('0:never-sent')
  api.config.use(async (_next, method, payload) => {
    const body = Buffer.from(JSON.stringify(payload))
    const waits = 'timeout' in payload && typeof payload.timeout === 'number' ? payload.timeout * 1000 : 0
    const patienceMs = usualMs + waits
    const asked = await ask(
      transport,
      system.timer,
      {
        origin,
        reach,
        path: `${base}/bot${token.reveal()}/${method}`,
        method: 'POST',
        headers: ['content-type', 'application/json', ...OWN_HEADERS],
        body: [body],
        firstByteMs: patienceMs,
        idleMs: patienceMs,
      },
      {
        timeoutMs: patienceMs,
        needsWhole: true,
        mostBytes: MOST_BYTES,
        ...(polling !== undefined && LISTENING.has(method) ? { signal: polling } : {}),
      },
    )
    if ('failure' in asked) throw new NoAnswer(asked.failure.kind)
    return answerIn(method, asked.status, asked.body)
  })
  const fetchFile = async (path: string): Promise<Buffer> => {
    // What the vendor says is a path of its own, and nothing else.
    if (path.length > 200 || !/^[\w./-]+$/.test(path) || path.includes('..')) throw new NoAnswer('malformed')
    const asked = await askBytes(
      transport,
      system.timer,
      {
        origin,
        reach,
        path: `${base}/file/bot${token.reveal()}/${path}`,
        method: 'GET',
        headers: [...OWN_HEADERS],
        firstByteMs: FILE_MS,
        idleMs: FILE_MS,
      },
      { timeoutMs: FILE_MS, needsWhole: true, mostBytes: LARGEST_FILE },
    )
    if ('failure' in asked) throw new NoAnswer(asked.failure.kind)
    if (asked.status !== 200) throw new NoAnswer('malformed')
    return asked.bytes
  }
  return { api, fetchFile }
}

type Answer = { ok: true; result: never } | { ok: false; error_code: number; description: string; parameters?: object }

/** What we build on, of the methods that tell us something. */
const FORMS: Readonly<Record<string, ((result: unknown) => boolean) | undefined>> = {
  getMe: (result) => isObject(result) && Number.isSafeInteger(result.id) && typeof result.username === 'string',
  getUpdates: (result) =>
    Array.isArray(result) && result.every((one) => isObject(one) && Number.isSafeInteger(one.update_id)),
  sendMessage: (result) => isObject(result) && Number.isSafeInteger(result.message_id),
  getFile: isObject,
}

/** Proxies between us and Telegram answer in forms of their own. */
function answerIn(method: string, status: number, body: string): Answer {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && 'ok' in value) {
    if (value.ok === true && 'result' in value) {
      const { result } = value
      if (FORMS[method]?.(result) === false) throw new NoAnswer('malformed')
      return { ok: true, result: result as never }
    }
    const { description, parameters } = value as { description?: unknown; parameters?: unknown }
    return {
      ok: false,
      error_code: status,
      description: typeof description === 'string' ? description.slice(0, 200) : 'no description',
      ...(typeof parameters === 'object' && parameters !== null ? { parameters } : {}),
    }
  }
  if (status >= 400 && status < 500 && status !== 404) {
    return { ok: false, error_code: status, description: 'not an answer of the Bot API' }
  }
  throw new NoAnswer('malformed')
}
