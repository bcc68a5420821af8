// `models explain`: the decision for a model, with one line per candidate. The same pick as a call's, without acting.
import type { Command } from 'commander'
import type { View } from '../../auth/auth.ts'
import { pricing } from '../../auth/metered.ts'
import { openingOf } from '../../auth/spend-refusal.ts'
import { explainTurn } from '../../chat/explain.ts'
import { catalogueRow } from '../../core/catalogue.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import type { Explanation } from '../../core/explanation.ts'
import { resuming } from '../../core/needs.ts'
import { formatUntil } from '../../core/order.ts'
import { pinText, type TraceLine } from '../../core/pick.ts'
import { printable } from '../../core/profile.ts'
import { ASKERS, type Asker } from '../../core/reserve.ts'
import { sessionKey } from '../../core/session.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, ownerFlag } from '../invocation.ts'
import { cacheText } from '../status-text.ts'
import { columns, type Terminal } from '../terminal.ts'

type Flags = CommonFlags & { session?: string; for?: string; if?: string[]; last?: string | true }

/** Flags and help of `models explain`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .argument('[ref]', 'provider, provider/model or alias (default: the model of the conversation or agent)')
    .option('--session <key>', "a conversation's key or id: its model and its pin are applied")
    .option('--for <who>', 'who would ask: chat, or program, from which some may be kept (auth.reserve)')
    .option(
      '--if <profile=what>',
      'suppose that it, a provider or "all" answers so: 429, billing, expired, down …; may be repeated',
      collect,
    )
    .option('--last [n]', 'the last call, or the last n, or the one of this id: who was asked, and why')
    .option('--json', 'the decision as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models explain', 'for the default model'],
        ['openclaw models explain anthropic', 'which account pays at Anthropic, and why'],
        ['openclaw models explain opus --session main', 'as the conversation "main" would see it'],
        ['openclaw models explain --if anthropic:work=429', 'who would serve if that account were limited'],
        ['openclaw models explain --if opus@anthropic:work=429', 'the same, of one model alone'],
        ['openclaw models explain --last', 'why the last call went where it went'],
        ['openclaw models explain anthropic --for program', 'who would serve a call of a program'],
        ['openclaw models explain --json --agent work', 'for scripts'],
      ]),
    )
    .action((ref: string | undefined, _flags: unknown, self: Command) =>
      explain(invocation(), ref, self.optsWithGlobals<Flags>()),
    )
}

async function explain(invocation: Invocation, model: string | undefined, flags: Flags): Promise<void> {
  const { terminal } = invocation
  if (flags.last !== undefined) return await lastCalls(invocation, flags.last, model, flags)
  const { auth, view } = await invocation.view(flags)
  const key = flags.session === undefined ? undefined : await keyOf(view, flags.session)
  const decision = await explainTurn(auth, {
    agentId: view.agentId,
    ...(key === undefined ? {} : { sessionKey: key }),
    ...(model === undefined ? {} : { model }),
    ...(flags.if === undefined ? {} : { if: flags.if }),
    ...(flags.for === undefined ? {} : { for: askerOf(flags.for) }),
  })
  const candidates = view.facts().providers.get(decision.provider)?.candidates ?? []
  const labelOf = (id: string): string => candidates.find((candidate) => candidate.id === id)?.label ?? ''
  const authStorePath = view.store.profiles.where()
  if (flags.json === true) {
    const trace = decision.trace.map((line) => ({ ...line, label: labelOf(line.id) }))
    return terminal.json({ ...decision, authStorePath, trace })
  }
  const [provider, name] = splitRef(decision.model)
  if (model !== undefined && name !== '' && catalogueRow(provider, name) === undefined) {
    terminal.note(`${decision.model} is not a model we know; ${provider} will say whether it exists.`)
  }
  const lines = [`Agent: ${view.agentId}`, `Auth file: ${authStorePath}`]
  if (view.store.owner !== view.agentId) lines.push(`Credentials of: ${view.store.owner}`)
  if (name !== '' && decision.promptCache !== null) lines.push(`Prompt cache: ${cacheText(decision.promptCache)}`)
  if (decision.sessionKey !== undefined)
    lines.push(`Session: ${decision.sessionKey} (${decision.pin === undefined ? 'no pin' : pinText(decision.pin)})`)
  lines.push(...(decision.if ?? []).map((one) => supposedText(one, decision.at)))
  lines.push(`Model: ${terminal.paint('bold', decision.model)}`)
  const remedies = {
    metered: openingOf(view.facts().config.spend.rule),
    cap_reached: 'openclaw models auth spend',
    no_price: pricing(view),
  }
  const decided = decisionLines(decision, labelOf, terminal, { flag: ownerFlag(auth, view.agentId), remedies })
  terminal.out([...lines, ...decided, ...chainLines(decision), ...timelineLines(decision)].join('\n'))
}

/** What was is not asked for in the same breath as what would be. */
async function lastCalls(
  invocation: Invocation,
  last: string | true,
  model: string | undefined,
  flags: Flags,
): Promise<void> {
  const other = model ?? (flags.session === undefined ? flags.if?.[0] : '--session')
  if (other !== undefined) {
    throw new AuthError('usage', `--last shows calls as they were; "${printable(other, 40)}" has no part in it.`, {
      remedy: 'openclaw models explain --last',
    })
  }
  const { explainLast } = await import('./models-last.ts')
  await explainLast(invocation, last, flags)
}

/** @throws AuthError usage */
function askerOf(text: string): Asker {
  const known = ASKERS.find((one) => one === text)
  if (known !== undefined) return known
  throw new AuthError('usage', `--for takes ${ASKERS.join(' or ')}, not "${printable(text)}".`, {
    remedy: 'openclaw models explain --for program',
  })
}

const collect = (text: string, before: string[] = []): string[] => [...before, text]

function supposedText(
  { id, model, what, class: kind, until, restsMs = [], fails }: NonNullable<Explanation['if']>[number],
  now: number,
): string {
  const named = kind === what ? what : `${what} (${kind})`
  const more = restsMs.slice(1).map(formatRemaining).join(', ')
  const again = more === '' ? '' : `; refused again, it rests ${more}`
  const stays =
    fails === true ? 'each call would ask it and fail, as long as that lasts; it would not rest' : 'it would not rest'
  const rests = until === undefined ? stays : `it would be back ${formatUntil(until, now)}${again}`
  const asked = model === undefined ? '' : ` for ${printable(model, 80)}`
  return `If ${id} meets ${named}${asked}: ${kind === 'expired' ? 'it would be of no use' : rests}`
}

/** What is asked when nobody can serve the model. */
function chainLines({ chain }: Explanation): string[] {
  if (chain.length === 0) return []
  const rows = chain.map(({ model, next, reason }) => [`  ${model}`, next ?? '-', reason ?? ''])
  return ['When nobody can serve it:', ...columns(rows)]
}

/** Who would serve from when on, if nothing else happened. */
function timelineLines({ timeline = [], more, at: now, model: asked }: Explanation): string[] {
  if (timeline.length < 2) return []
  const rows = timeline.map(({ at, model, next, early, turns, back, gone }, index) => [
    index === 0 ? '  now' : `  ${formatUntil(at, now)}`,
    turns?.join(', ') ?? next ?? 'nobody',
    [
      ...(turns === undefined ? [] : ['in turns']),
      ...(next === null || model === asked ? [] : [`with ${model}`]),
      ...(early === true ? ['tried early'] : []),
      ...back.map((id) => `${id} can be asked again`),
      ...gone.map((id) => `${id} cannot be asked any more`),
    ].join('; '),
  ])
  const end =
    more === undefined
      ? []
      : [`  and ${more.isLeast === true ? 'at least ' : ''}${more.count} more until ${formatUntil(more.until, now)}`]
  return ['Who would serve when:', ...columns(rows), ...end]
}

/** Provider and model; the model is empty when only a provider was asked about. */
function splitRef(text: string): [string, string] {
  const slash = text.indexOf('/')
  return slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)]
}

/** The full key of a conversation named by its key, the last part of it, or its id. */
async function keyOf(view: View, wanted: string): Promise<string> {
  const { sessions } = view.store
  const found =
    (await sessions.get(wanted)) ??
    (await sessions.get(sessionKey(view.agentId, wanted))) ??
    (await sessions.list()).find(({ id }) => id === wanted)
  if (found !== undefined) return found.key
  throw new AuthError(
    'unknown_session',
    `Agent ${view.agentId} has no conversation "${printable(wanted)}"; its key (agent:${view.agentId}:main), the last part of it or its id is meant.`,
    { remedy: `openclaw models explain --agent ${view.agentId}` },
  )
}

const WAITS = '; a call waits for it (auth.wait.maxMs)'
const VERDICTS: Record<TraceLine['verdict'], string> = { taken: 'taken', kept: 'kept', passed_over: 'passed over' }
const COLOURS = { taken: 'green', kept: 'cyan', passed_over: 'dim' } as const

function decisionLines(
  { provider, trace, next, soonestAt, untilCallEnds, waits, at: now }: Explanation,
  labelOf: (id: string) => string,
  terminal: Terminal,
  { flag, remedies }: { flag: string; remedies: Partial<Record<TraceLine['rule'], string>> },
): string[] {
  if (trace.length === 0) {
    const command = `openclaw models auth paste-api-key --provider ${provider}${flag}`
    return [`  no credential from any source; run \`${command}\``]
  }
  const rows = trace.map(({ verdict, id, rule, reason }) => [
    `  ${VERDICTS[verdict]}`,
    id,
    labelOf(id),
    `${rule}: ${reason}`,
  ])
  const lines = columns(rows).flatMap((line, at) => {
    const { id, rule, verdict } = trace[at] ?? { id: '', rule: 'next', verdict: 'kept' }
    const command = rule === 'paused' ? resuming(id, flag) : remedies[rule]
    const help = command === undefined ? [] : [terminal.paint('dim', `    run: ${command}`)]
    return [terminal.paint(COLOURS[verdict], line), ...help]
  })
  if (next !== null) return lines
  const end = waits === true ? WAITS : ''
  const when =
    untilCallEnds === true
      ? `nothing can be taken until another call ends${end}`
      : soonestAt === undefined
        ? 'nothing can be taken until a person acts'
        : `nothing can be taken now; the first is back ${formatUntil(soonestAt, now)}${end}`
  return [...lines, terminal.paint('red', `  ${when}`)]
}
