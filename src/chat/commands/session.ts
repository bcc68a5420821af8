// Commands about the conversation itself: how it stands, a fresh one, the end of an answer.
import { modelRefIn } from '../../core/config.ts'
import { formatRemaining } from '../../core/expiry.ts'
import type { Explanation } from '../../core/explanation.ts'
import { factsOf } from '../../core/model-choices.ts'
import { printable } from '../../core/profile.ts'
import { begin, type Session } from '../../core/session.ts'
import { usageOf } from '../../core/status.ts'
import { usageText } from '../../core/usage-report.ts'
import { VERSION } from '../../system/version.ts'
import { explainTurn } from '../explain.ts'
import type { Occasion } from './command.ts'
import { readWish, switchTo, titleOf } from './model.ts'
import { nextText, tieText } from './model-status.ts'

/** `/status`. */
export async function showSession(_args: string, occasion: Occasion): Promise<string> {
  const { auth, view, key, beyondLoopback } = occasion
  const session = await view.store.sessions.get(key)
  const own = await explainTurn(auth, { agentId: view.agentId, sessionKey: key, beyondLoopback })
  const age =
    session === undefined
      ? 'not begun yet'
      : `last used ${formatRemaining(Math.max(1, own.at - session.updatedAt))} ago`
  return [
    `openclaw ${VERSION}, agent ${view.agentId}`,
    `Model: ${titleOf(view.facts().config, own.model)}`,
    `Account: ${nextText(own)} (${tieText(own)})`,
    tokenLine(session),
    ...limitLines(occasion, own),
    ...contextLines(occasion, own, session),
    ...compactionLines(session),
    `Session: ${key}, ${age}${occasion.running() === undefined ? '' : ', an answer is under way'}`,
  ].join('\n')
}

/** All that this conversation took, since it began. */
export function tokenLine(session: { inputTokens: number; outputTokens: number } | undefined): string {
  return `Tokens: ${session?.inputTokens ?? 0} in, ${session?.outputTokens ?? 0} out`
}

/** How much of what the model can be told is taken. */
function contextLines({ view }: Occasion, { model }: Explanation, session: Session | undefined): string[] {
  const used = session?.contextTokens
  if (used === undefined) return []
  const { config, agentId, modelLists } = view.facts()
  const { contextWindow } = factsOf(modelLists?.(), modelRefIn({ ...config, aliases: new Map() }, agentId, model))
  if (contextWindow === undefined) return [`Context: ${used} tokens`]
  return [`Context: ${used} of ${contextWindow} tokens (${Math.round((used / contextWindow) * 100)}%)`]
}

function compactionLines(session: { compactionCount: number } | undefined): string[] {
  const count = session?.compactionCount ?? 0
  return count === 0 ? [] : [`Compacted: ${count === 1 ? 'once' : `${count} times`}`]
}

/** What the vendor said last of the account that the next turn takes, or that is back first. */
export function limitLines({ view }: Occasion, { next, trace, provider, at }: Explanation): string[] {
  const id = next ?? trace[0]?.id
  const known = usageOf(view.facts(), at).providers.find((one) => one.provider === provider && one.profileId === id)
  const text = known === undefined ? '' : usageText(known, at)
  return text === '' ? [] : [`Limits of ${printable(id ?? '')}: ${text}`]
}

/** `/whoami`. */
export function showWho(_args: string, { view, key, beyondLoopback, rights }: Occasion): string {
  return [
    `You speak from ${beyondLoopback ? 'another machine' : 'this machine'} and may: ${[...rights].join(', ')}`,
    `Agent: ${view.agentId}`,
    `Session: ${key}`,
  ].join('\n')
}

/** `/new`, `/reset`: pin and model end with the old conversation (D2), whose transcript stays on disk. @param args a model to begin with */
export async function beginAnew(args: string, occasion: Occasion): Promise<string> {
  const { auth, view, key } = occasion
  const { system } = auth.home
  // A wish that cannot be fulfilled ends nothing.
  const wish = args === '' ? undefined : await readWish(args, occasion)
  await end(occasion)
  await view.store.sessions.put(key, (before) => begin(key, system.uuid(), system.now(), before))
  const said = 'A new conversation begins.'
  return wish === undefined ? said : `${said} ${await switchTo(wish, occasion)}`
}

/** `/stop`. */
export async function stopTurn(_args: string, occasion: Occasion): Promise<string> {
  return (await end(occasion)) ? 'Stopped.' : 'No answer is under way in this conversation.'
}

/** Ends the turn that is under way, and waits until it has. @returns whether there was one */
async function end({ running }: Occasion): Promise<boolean> {
  // One that could not begin has nothing to end.
  const turn = await running()?.catch(() => undefined)
  if (turn === undefined) return false
  turn.abort()
  await turn.done
  return true
}
