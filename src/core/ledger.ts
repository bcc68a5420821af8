// The ledger: one line for each attempt of a call, who was asked, how it went and why this one. Neither content nor secrets.
import { LAST_INSTANT } from './expiry.ts'
import type { FailureClass } from './failure.ts'
import { formatUntil } from './order.ts'
import type { TraceLine } from './pick.ts'
import { printable } from './profile.ts'
import type { ChatUsage } from './protocol.ts'

/** By which way in a call came: a client's request, a turn of a conversation, of a command, or of a schedule; or to prove a credential. */
export type CallFace = 'api' | 'chat' | 'agent' | 'cron' | 'probe'

/** The ways in by which a turn may come that is asked of a gateway. */
export const TURN_FACES = ['chat', 'agent'] as const

/**
 * `served` to its end; `stepped_over` for the next account or model; `refused` to the client, in the vendor's words or in ours; `aborted` by who
 * asked; `broken` off after the answer had begun.
 */
export type AttemptOutcome = 'served' | 'stepped_over' | 'refused' | 'aborted' | 'broken'

/** A line of a trace as it is kept: what moves with the clock is left out of the reason, `until` says it. */
export type KeptTraceLine = {
  id: string
  verdict: TraceLine['verdict']
  rule: string
  reason: string
  /** ms epoch */
  until?: number
}

export type LedgerLine = {
  /** When the attempt began, ms epoch. */
  at: number
  /** Names the call: its attempts share it, and a client hears it as `x-openclaw-trace`. */
  call: string
  /** Which of the call's lines, from 1. */
  attempt: number
  agent: string
  /** One of CallFace; a later version may know others. */
  face: string
  /** Which of the vendor's endpoints was asked: `messages`, `chat_completions`, `responses` … */
  endpoint: string
  /** The key of the agent's session; of a client's conversation a sign that means nothing beyond the process; or empty. */
  session: string
  /** `provider/model` that was asked. */
  model: string
  /** `provider/model` that the call was for, where another one was asked in its place. */
  insteadOf?: string
  /** Absent: nobody was left to be asked, and the call was refused. */
  profile?: string
  outcome: AttemptOutcome
  /** Of the failure; one of FailureClass, as far as this version knows. */
  class?: FailureClass | (string & {})
  /** HTTP status of the vendor; where nobody was asked, the client's. */
  status?: number
  /** From sending to the head of the answer, ms. */
  firstByteMs?: number
  /** From sending to the end, ms. */
  ms: number
  /** As the vendor told them, if it did. */
  tokens?: ChatUsage
  /** What the tokens cost, in US dollars, where prices are known. */
  cost?: number
  /** The candidates as they stood at the choice. */
  trace?: readonly KeptTraceLine[]
  /** `<call>.<attempt>` of the line whose trace is this one's, word for word. */
  traceOf?: string
}

/** How another line refers to this one's trace. */
export function refOf({ call, attempt }: Pick<LedgerLine, 'call' | 'attempt'>): string {
  return `${call}.${attempt}`
}

const VERDICTS: readonly TraceLine['verdict'][] = ['taken', 'kept', 'passed_over']
const ENDS = /(?:,? ends|; more is there) in \d+[smhd] \([\d:]+Z\)$/
const AGO = / \d+[smhd] ago$/
/** An end that changes nothing, such as that of a pause of what has expired meanwhile: the moment stays, how long it is until then moves. */
const IDLE_END = / ends in \d+[smhd] \(([\d:]+Z)\)$/
const LONGEST_REASON = 200

/**
 * A trace as it is kept. Two choices that differ in nothing but the moment are the same: whoever waited longest among equals moves at every
 * call, so that the lines stand by verdict and name.
 */
export function keptTrace(trace: readonly TraceLine[]): KeptTraceLine[] {
  return trace
    .map(({ id, verdict, rule, reason, until }) => ({
      id,
      verdict,
      rule,
      reason: printable(
        until === undefined ? reason.replace(AGO, '').replace(IDLE_END, ' ends at $1') : reason.replace(ENDS, ''),
        LONGEST_REASON,
      ),
      ...(until === undefined ? {} : { until }),
    }))
    .sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) || (a.id < b.id ? -1 : 1))
}

/** `cooldown (rate_limit), ends in 4m (12:04:00Z)`, as it was at that moment. @param at of the choice, ms epoch */
export function keptReason({ reason, until }: KeptTraceLine, at: number): string {
  return until === undefined ? reason : `${reason}, ends ${formatUntil(until, at)}`
}

/** One call: its lines in the order of its attempts. */
export type PastCall = {
  call: string
  /** When its first attempt began, ms epoch. */
  at: number
  lines: readonly LedgerLine[]
}

/**
 * The lines as calls, in the order in which they began, each line with its trace where that is still kept.
 * @param lines oldest first
 */
export function callsIn(lines: readonly LedgerLine[]): PastCall[] {
  const traces = new Map<string, readonly KeptTraceLine[]>()
  const calls = new Map<string, LedgerLine[]>()
  for (const line of lines) {
    if (line.trace !== undefined) traces.set(refOf(line), line.trace)
    const trace = line.trace ?? (line.traceOf === undefined ? undefined : traces.get(line.traceOf))
    const whole = trace === undefined ? line : { ...line, trace }
    const known = calls.get(line.call)
    if (known === undefined) calls.set(line.call, [whole])
    else known.push(whole)
  }
  return [...calls]
    .map(([call, own]) => {
      const sorted = own.sort((a, b) => a.attempt - b.attempt)
      return { call, at: sorted[0]?.at ?? 0, lines: sorted }
    })
    .sort((a, b) => a.at - b.at)
}

const OUTCOMES: ReadonlySet<unknown> = new Set(['served', 'stepped_over', 'refused', 'aborted', 'broken'])

/** A line as it was written down. @returns undefined for what is none */
export function readLedgerLine(value: unknown): LedgerLine | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found = value as Record<string, unknown>
  const { at, call, attempt, agent, face, endpoint, session, model, outcome, ms } = found
  if (!isInstant(at) || !isText(call) || !isCount(attempt) || !isText(agent) || !isText(face)) return undefined
  if (!isText(endpoint) || !isText(session) || !isText(model) || !isCount(ms)) return undefined
  if (!OUTCOMES.has(outcome)) return undefined
  const { insteadOf, profile, status, firstByteMs, cost, traceOf } = found
  const tokens = readTokens(found.tokens)
  const trace = readTrace(found.trace)
  return {
    ...{ at, call, attempt, agent, face, endpoint, session, model },
    ...(isText(insteadOf) ? { insteadOf } : {}),
    ...(isText(profile) ? { profile } : {}),
    outcome: outcome as AttemptOutcome,
    ...(isText(found.class) ? { class: found.class } : {}),
    ...(isCount(status) ? { status } : {}),
    ...(isCount(firstByteMs) ? { firstByteMs } : {}),
    ms,
    ...(tokens === undefined ? {} : { tokens }),
    ...(isCount(cost) ? { cost } : {}),
    ...(trace === undefined ? {} : { trace }),
    ...(isText(traceOf) ? { traceOf } : {}),
  }
}

function readTokens(value: unknown): ChatUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { input, output, cacheRead, cacheWrite } = value as Record<string, unknown>
  if (!isCount(input) || !isCount(output) || !isCount(cacheRead) || !isCount(cacheWrite)) return undefined
  return { input, output, cacheRead, cacheWrite }
}

function readTrace(value: unknown): KeptTraceLine[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.flatMap((one: unknown): KeptTraceLine[] => {
    if (typeof one !== 'object' || one === null) return []
    const { id, verdict, rule, reason, until } = one as Record<string, unknown>
    const known = VERDICTS.find((name) => name === verdict)
    if (known === undefined || !isText(id) || !isText(rule) || !isText(reason)) return []
    return [{ id, verdict: known, rule, reason, ...(isInstant(until) ? { until } : {}) }]
  })
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST_INSTANT
}
