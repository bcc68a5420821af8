// Names of calls. Some vendors give none, or begin anew with `call_0` in each answer, and others refuse a conversation in which two calls have one
// name: here each gets a name of its own, in answers that are translated and in what clients bring back.
import type { Answered, AssistantPart, CallPart, Telling, Turn, UserPart } from './neutral.ts'

/** Names that the next answer has as well. */
const IS_COMMON = /^(?:call_?)?\d{0,3}$/

/**
 * What a call of an answer is called.
 * @param answer a word that no other answer of the conversation has
 * @param at which part of the answer it is
 */
function nameOf(id: string, answer: string, at: number): string {
  return IS_COMMON.test(id) ? `call_${answer}_${at}` : id
}

/** The calls of a whole answer, named. @param answer as in `nameOf` */
export function withNamedCalls(answered: Answered, answer: string): Answered {
  const named = (part: AssistantPart, at: number): AssistantPart =>
    part.kind === 'call' ? { ...part, id: nameOf(part.id, answer, at) } : part
  return { ...answered, parts: answered.parts.map(named) }
}

/** The calls of a stream, named. @param answer as in `nameOf` @param tell hears its events */
export function namedCalls(answer: string, tell: (telling: Telling) => void): (telling: Telling) => void {
  return (telling) => {
    if (telling.is !== 'open' || telling.part.kind !== 'call') return tell(telling)
    const { at, part } = telling
    tell({ ...telling, part: { ...part, id: nameOf(part.id, answer, at) } })
  }
}

/** A conversation in which no two calls have one name. The same one comes out the same, so that vendors find it in their caches. */
export function withOwnNames(turns: readonly Turn[]): readonly Turn[] {
  const taken = new Set<string>()
  /** What the calls of a name are called now, of the last turn that had any, in order. */
  const latest = new Map<string, string[]>()
  let told = new Map<string, number>()

  const own = (call: CallPart, here: Set<string>): CallPart => {
    let id = call.id
    for (let at = taken.size; id === '' || taken.has(id); at++) id = `${call.id === '' ? 'call' : call.id}_${at}`
    taken.add(id)
    const names = here.has(call.id) ? latest.get(call.id) : undefined
    if (names === undefined) latest.set(call.id, [id])
    else names.push(id)
    here.add(call.id)
    return id === call.id ? call : { ...call, id }
  }
  const answering = (part: UserPart): UserPart => {
    if (part.kind !== 'result') return part
    const names = latest.get(part.callId) ?? []
    const at = told.get(part.callId) ?? 0
    told.set(part.callId, at + 1)
    const callId = names[Math.min(at, names.length - 1)] ?? part.callId
    return callId === part.callId ? part : { ...part, callId }
  }
  return turns.map((turn): Turn => {
    if (turn.role === 'user') return { role: 'user', parts: turn.parts.map(answering) }
    if (turn.role !== 'assistant') return turn
    told = new Map()
    const here = new Set<string>()
    return { role: 'assistant', parts: turn.parts.map((part) => (part.kind === 'call' ? own(part, here) : part)) }
  })
}
