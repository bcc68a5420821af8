// What an honest vendor would say to a request: the caller is let in, the body checked, the quota charged, the question answered.
import type { Account } from './accounts.ts'
import { type Ask, answer, tokenCount } from './answer.ts'
import { type Call, eventStream, json, type Made, refuse } from './call.ts'
import type { Reply } from './delivery.ts'
import { parseObject } from './json.ts'
import type { Mark } from './prompt-cache.ts'
import { type Dialect, isRefusal, type Refusal } from './vendor.ts'

/** What the vendor says when nobody meddles. */
export function honest(call: Call): Reply {
  const { stage, vendor, headers, account, path, method } = call
  const served = vendor.serve?.(call)
  if (served !== undefined) return served
  const stranger = vendor.admit(headers, account)
  if (stranger !== undefined || account === undefined) return refuse(call, stranger ?? vendor.refusalFor(401))
  const dialect = vendor.dialects.get(path)
  if (dialect === undefined) return other(call)
  if (method !== 'POST') return refuse(call, vendor.refusals.wrongMethod(method, vendor.prefix + path))
  const ask = readAsk(call, dialect)
  if (isRefusal(ask)) return refuse(call, ask)
  const now = stage.now()
  if (!stage.accounts.take(account, now)) {
    const { resetAt } = stage.accounts.quota(account, now)
    return refuse(call, vendor.usedUp?.(resetAt, now) ?? { ...vendor.refusalFor(429), retryAfterMs: resetAt - now })
  }
  const body = stage.records === undefined ? madeAnswer(call, dialect, ask) : freshAnswer(call, dialect, ask, account)
  return Array.isArray(body)
    ? { status: 200, headers: eventStream(call), body }
    : { status: 200, headers: json(call), body }
}

function readAsk(call: Call, dialect: Dialect): Ask | Refusal {
  const { scanned, parsed, vendor } = call
  if (scanned !== undefined && vendor.models.includes(scanned.model)) {
    return { ...scanned, input: '', fromUser: true, tools: [], toolChoice: 'auto', prompt: [] }
  }
  const body = parsed ?? (scanned === undefined ? undefined : parseObject(call.body))
  return body === undefined ? vendor.refusals.malformedJson : dialect.read(body, call.headers)
}

function other(call: Call): Reply {
  const { vendor, method, path, query, parsed } = call
  const said = vendor.other({ method, path, query, body: parsed ?? parseObject(call.body) })
  if (said === undefined) return refuse(call, vendor.refusalFor(404))
  return isRefusal(said) ? refuse(call, said) : { status: 200, headers: json(call), body: said }
}

function freshAnswer(call: Call, dialect: Dialect, ask: Ask, account: Account): string | readonly string[] {
  const { stage, number } = call
  const inputTokens = tokenCount(ask.prompt)
  const context = {
    number,
    now: stage.now(),
    inputTokens,
    ...(stage.words === undefined ? {} : { words: stage.words }),
  }
  if (ask.marks === undefined) return said(dialect, answer(ask, context))
  const cached = fromCache(call, account, ask.marks, inputTokens - 1)
  const size = cached.cacheRead + cached.cacheWrite
  return said(dialect, answer(ask, { ...context, inputTokens: inputTokens - size, cached }))
}

const FIVE_MINUTES_MS = 300_000
const HOUR_MS = 3_600_000

/** The longest marked prefix that is known is read; what stands between it and the last mark is written. */
function fromCache(call: Call, account: Account, marks: readonly Mark[], most: number) {
  const { accounts } = call.stage
  const now = call.stage.now()
  const looked = marks.toReversed().flatMap(({ prefixes }) => prefixes)
  const known = Math.max(
    0,
    ...looked.filter(({ digest }) => accounts.readCached(account, digest, now)).map(({ tokens }) => tokens),
  )
  const marked = Math.min(most, Math.max(...marks.map(({ prefixes: [here] }) => here.tokens)))
  for (const { prefixes, oneHour } of marks) {
    accounts.cache(account, prefixes[0].digest, oneHour ? HOUR_MS : FIVE_MINUTES_MS, now)
  }
  const cacheRead = Math.min(known, marked)
  return { cacheRead, cacheWrite: marked - cacheRead, oneHour: marks.every(({ oneHour }) => oneHour) }
}

function said(dialect: Dialect, turn: ReturnType<typeof answer>): string | readonly string[] {
  return turn.stream ? dialect.events(turn) : dialect.json(turn)
}

/** The same answer for everybody, kept; tools and short limits get their own. */
function madeAnswer(call: Call, dialect: Dialect, ask: Ask): string | Buffer | readonly string[] {
  const { stage, vendor, path } = call
  const context = { number: 1, now: 0, inputTokens: 1, ...(stage.words === undefined ? {} : { words: stage.words }) }
  const key = `${vendor.name} ${path} ${ask.model} ${ask.stream} ${ask.includeUsage === true} ${ask.thinks === true}`
  const known = stage.made.get(key) ?? make(dialect, ask, context)
  stage.made.set(key, known)
  const special = ask.tools.length > 0 || (ask.limit ?? known.length) < known.length
  return special ? said(dialect, answer(ask, context)) : known.body
}

function make(dialect: Dialect, ask: Ask, context: Parameters<typeof answer>[1]): Made {
  // Nothing of the first who asked stays in what all get.
  const { limit: _limit, instructions: _instructions, marks: _marks, ...rest } = ask
  const turn = answer({ ...rest, input: '', tools: [] }, context)
  const text = said(dialect, turn)
  return { body: typeof text === 'string' ? Buffer.from(text) : text, length: turn.pieces.length }
}
