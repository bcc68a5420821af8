// `models explain --last`: who was asked by the last calls, how it went, and how the candidates stood at each choice. Out of the ledger alone.

import { AuthError } from '../../core/errors.ts'
import { callsIn, type KeptTraceLine, keptReason, type LedgerLine, type PastCall } from '../../core/ledger.ts'
import { printable } from '../../core/profile.ts'
import { quoted } from '../../core/quoted.ts'
import type { AgentStore } from '../../store/home.ts'
import { codeOf } from '../../system/files.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { momentText } from '../status-text.ts'
import { columns, type Terminal } from '../terminal.ts'

const MOST_SHOWN = 1000
const LONGEST_CELL = 240

/** @param wanted how many calls, or the id of one; `true` for the last */
export async function explainLast(invocation: Invocation, wanted: string | true, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const store = auth.home.agent(agentId)
  const calls = wantedOf(callsIn(await ledgerOf(store)), wanted, agentId)
  const file = store.ledger.where()
  if (flags.json === true) return terminal.json({ agentId, file, calls: calls.map(callJson) })
  const lines = [`Agent: ${agentId}`, `File: ${file}`]
  if (calls.length === 0) {
    lines.push('No calls yet. Every call of a client and every turn of a chat is noted as it ends.')
  }
  for (const call of calls) lines.push(...callLines(call, terminal))
  terminal.out(lines.join('\n'))
}

/** What is kept of the agent's calls. @throws AuthError unreadable_store */
export async function ledgerOf({ ledger, agentId }: AgentStore): Promise<LedgerLine[]> {
  try {
    return await ledger.read()
  } catch (error) {
    throw new AuthError(
      'unreadable_store',
      `What is noted of the calls of agent ${agentId} cannot be read (${ledger.where()}, ${codeOf(error)}).`,
      { remedy: `ls -ld ${quoted(ledger.where())}`, cause: error },
    )
  }
}

/** @throws AuthError usage */
function wantedOf(calls: readonly PastCall[], wanted: string | true, agentId: string): readonly PastCall[] {
  const count = wanted === true ? 1 : /^\d{1,4}$/.test(wanted) ? Number(wanted) : undefined
  // Nobody chose who was asked by a probe.
  const isChosen = ({ lines }: PastCall): boolean => lines[0]?.face !== 'probe'
  if (count !== undefined && count >= 1 && count <= MOST_SHOWN) return calls.filter(isChosen).slice(-count)
  if (count === undefined) {
    const found = calls.filter(({ call }) => call === wanted)
    if (found.length > 0) return found
  }
  throw new AuthError(
    'usage',
    `--last "${printable(String(wanted), 40)}" is neither a number from 1 to ${MOST_SHOWN} nor a call that is kept of agent ${agentId}; an answer names its call in x-openclaw-trace.`,
    { remedy: 'openclaw models explain --last 5' },
  )
}

/** The first line says what was asked, the last one how it ended. */
function headOf({ lines }: PastCall): { first: LedgerLine; last: LedgerLine; model: string; ms: number } | undefined {
  const [first, last] = [lines[0], lines.at(-1)]
  if (first === undefined || last === undefined) return undefined
  return { first, last, model: first.insteadOf ?? first.model, ms: Math.max(0, last.at + last.ms - first.at) }
}

function callJson(call: PastCall): object {
  const head = headOf(call)
  if (head === undefined) return {}
  const { first, last, model, ms } = head
  const { agent, face, endpoint, session } = first
  return {
    ...{ call: call.call, at: call.at, agent, face, endpoint, session, model, outcome: last.outcome, ms },
    lines: call.lines.map(({ call: _call, agent: _agent, face: _face, session: _session, traceOf: _, ...line }) => ({
      ...line,
      trace: line.trace ?? null,
    })),
  }
}

const FACES: Readonly<Record<string, string>> = {
  api: 'by a client',
  chat: 'in a chat',
  agent: 'by openclaw agent',
  cron: 'by a schedule',
  probe: 'to prove a credential',
}

function callLines(call: PastCall, terminal: Terminal): string[] {
  const head = headOf(call)
  if (head === undefined) return []
  const { first, model } = head
  const face = FACES[first.face] ?? `by ${shown(first.face)}`
  const where = [shown(first.endpoint), ...(first.session === '' ? [] : [shown(first.session)])].join(', ')
  return [
    `Call ${shown(call.call)}: ${momentText(call.at)}, ${terminal.paint('bold', shown(model))}, ${face} (${where})`,
    ...call.lines.flatMap((line) => [`  ${attemptText(line, model)}`, ...traceLines(line, terminal)]),
  ]
}

function attemptText(line: LedgerLine, asked: string): string {
  const other = line.model === asked ? '' : `, ${shown(line.model)}`
  if (line.profile === undefined) return `nobody was left to ask${other}: refused with status ${line.status ?? 0}`
  const why = [
    ...(line.class === undefined ? [] : [shown(line.class)]),
    ...(line.status === undefined ? [] : [`status ${line.status}`]),
  ]
  const told = [
    why.join(', '),
    ...(line.firstByteMs === undefined ? [] : [`answer begun after ${line.firstByteMs} ms`]),
  ]
  const { tokens } = line
  if (tokens !== undefined) {
    const cached = tokens.cacheRead + tokens.cacheWrite
    const cache = cached === 0 ? '' : `, ${tokens.cacheRead} read from and ${tokens.cacheWrite} written to a cache`
    told.push(`tokens: ${tokens.input} in, ${tokens.output} out${cache}`)
  }
  const text = told.filter((part) => part !== '').join('; ')
  return `${shown(line.profile)}${other}: ${line.outcome.replace('_', ' ')} after ${line.ms} ms${text === '' ? '' : ` (${text})`}`
}

const VERDICTS: Record<KeptTraceLine['verdict'], string> = { taken: 'taken', kept: 'kept', passed_over: 'passed over' }
const COLOURS = { taken: 'green', kept: 'cyan', passed_over: 'dim' } as const

function traceLines({ trace, at }: LedgerLine, terminal: Terminal): string[] {
  if (trace === undefined) return ['    how the candidates stood is not kept any more']
  const rows = trace.map((line) => [
    `    ${VERDICTS[line.verdict]}`,
    shown(line.id),
    shown(`${line.rule}: ${keptReason(line, at)}`),
  ])
  return columns(rows).map((text, index) => terminal.paint(COLOURS[trace[index]?.verdict ?? 'kept'], text))
}

/** What a file says cannot command the terminal. */
function shown(text: string): string {
  return printable(text, LONGEST_CELL)
}
