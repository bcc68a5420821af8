// From every dialect into every other: whatever clients send, with ids that say nothing, texts without words and any wish for thinking, the played
// vendor of the other takes it, and the same tools are called and answered as were.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EFFORTS } from '../../src/core/thinking.ts'
import { dialectOf } from '../../src/dialects/dialects.ts'
import { Gathered } from '../../src/dialects/gather.ts'
import type {
  Addressed,
  Asking,
  AssistantPart,
  Dialect,
  DialectName,
  Telling,
  Turn,
} from '../../src/dialects/neutral.ts'
import { completions as chat } from '../../src/sandbox/completions.ts'
import { generateContent } from '../../src/sandbox/generate-content.ts'
import { messages } from '../../src/sandbox/messages.ts'
import { responses } from '../../src/sandbox/responses.ts'
import { holds } from '../support/seeds.ts'
import { answers, requests } from './arbitraries.ts'

const NAMES: readonly DialectName[] = ['messages', 'chat_completions', 'responses', 'generate_content']
const dialect = (name: DialectName): Dialect => {
  const found = dialectOf(name)
  if (found === undefined) throw new Error(`no dialect ${name}`)
  return found
}

const TO: Readonly<Record<DialectName, readonly Addressed[]>> = {
  messages: ['claude-opus-4-6', 'claude-haiku-4-5'].map((model) => ({
    provider: 'anthropic',
    model,
    isStreaming: false,
  })),
  chat_completions: ['gpt-5.1', 'gpt-5-mini', 'gpt-4.1'].map((model) => ({
    provider: 'openai',
    model,
    isStreaming: false,
  })),
  responses: ['gpt-5.1', 'gpt-4.1'].map((model) => ({ provider: 'openai', model, isStreaming: false })),
  generate_content: ['gemini-3-pro-preview', 'gemini-2.5-flash'].map((model) => ({
    provider: 'google',
    model,
    isStreaming: false,
  })),
}
const HEADERS = { 'x-goog-api-key': 'AIza-everywhere' }

/** What the played vendor says to a body; undefined when it takes it. */
function complaint(name: DialectName, body: Record<string, unknown>, { model }: Addressed): string | undefined {
  const played = { messages, chat_completions: chat, responses, generate_content: generateContent }[name]
  const said = played.read(name === 'generate_content' ? { ...body, model, stream: false } : body, HEADERS)
  return 'status' in said ? said.message : undefined
}

type Rough = { asking: Asking; ids: readonly string[] }

/** Ids as some vendors give them, the same in every turn; and spaces between the words. Google's clients tell calls apart by their tools. */
function roughened({ asking, ids }: Rough, from: DialectName): Asking {
  const named = (id: string): string => (from === 'generate_content' ? id : (ids[Number(id.slice(-1))] ?? id))
  const turns = asking.turns.map((turn): Turn => {
    if (turn.role === 'system') return turn
    if (turn.role === 'user') {
      const parts = turn.parts.map((part) => (part.kind === 'result' ? { ...part, callId: named(part.callId) } : part))
      return { role: 'user', parts: [...parts, { kind: 'text', text: ' \n' }] }
    }
    const parts = turn.parts.map(
      (part): AssistantPart => (part.kind === 'call' ? { ...part, id: named(part.id) } : part),
    )
    return { role: 'assistant', parts: parts.filter(({ kind }) => kind !== 'thinking') }
  })
  return { ...asking, turns }
}

/** The calls of a conversation, each with what came of it. */
function callsOf({ turns }: Asking): readonly string[] {
  const made = new Map<string, string>()
  return turns.flatMap(({ role, parts }) =>
    parts.flatMap((part) => {
      if (part.kind === 'call') made.set(part.id, `${part.name} ${part.input}`)
      if (role !== 'user' || part.kind !== 'result') return []
      const said = part.content.map((one) => (one.kind === 'text' ? one.text : '')).join('')
      return [`${made.get(part.callId)} -> ${said.replace(/^Error: /, '')}`]
    }),
  )
}

const PAIRS = NAMES.flatMap((from) => NAMES.filter((into) => into !== from).map((into) => [from, into] as const))

describe.each(PAIRS)('%s into %s', (from, into) => {
  test('every request is taken, and its calls are the same', async () => {
    const rough = fc.record({
      asking: requests(from === 'generate_content' || into === 'generate_content' ? 'responses' : from),
      ids: fc.constantFrom(['', '', ''], ['call_0', 'call_1', 'call_2'], ['0', '0', '0'], ['a b', 'a:b', 'c']),
    })
    await holds(
      fc.property(rough, fc.constantFrom(...EFFORTS), fc.constantFrom(...TO[into]), (one, effort, to) => {
        const [home] = TO[from]
        if (home === undefined) throw new Error('no model')
        const sent = dialect(from).writeRequest(roughened(one, from), { ...home, provider: 'mine' })
        const asking = dialect(from).readRequest(JSON.parse(JSON.stringify(sent)))
        const { maxTokens: _, ...rest } = asking
        const body = dialect(into).writeRequest({ ...rest, reasoning: { effort } }, to)
        expect(complaint(into, body, to)).toBeUndefined()
        expect(callsOf(dialect(into).readRequest(JSON.parse(JSON.stringify(body))))).toEqual(callsOf(one.asking))
      }),
      150,
    )
  })
})

/** Tells the calls of an answer all at once, a few letters of one, then of another. */
function tellMixed(parts: readonly AssistantPart[], order: readonly number[], tell: (telling: Telling) => void): void {
  const rest = parts.map((part) => (part.kind === 'call' ? part.input : part.text))
  tell({ is: 'begin', id: 'a', model: 'm' })
  parts.forEach((part, at) => {
    tell({
      is: 'open',
      at,
      part: part.kind === 'call' ? { kind: 'call', id: part.id, name: part.name } : { kind: part.kind },
    })
  })
  for (const pick of [...order, ...parts.keys()]) {
    const at = pick % parts.length
    const share = order.includes(pick) ? 2 : rest[at]?.length
    const text = rest[at]?.slice(0, share) ?? ''
    rest[at] = rest[at]?.slice(text.length) ?? ''
    if (text !== '') tell({ is: 'piece', at, text })
  }
  parts.forEach((_part, at) => {
    if (rest[at] !== '') tell({ is: 'piece', at, text: rest[at] ?? '' })
  })
  for (const at of [...parts.keys()].reverse()) tell({ is: 'close', at })
  tell({ is: 'stop', stop: 'tools' })
  tell({ is: 'end' })
}

test.each(NAMES)('parts that come mixed are whole in a stream of %s', async (name) => {
  const mixed = fc.tuple(answers(name), fc.array(fc.nat(9), { maxLength: 30 }))
  await holds(
    fc.property(mixed, ([{ parts }, order]) => {
      const calls = parts.filter(({ kind }) => kind === 'call')
      const write = dialect(name).writer({ at: 1, wantsUsage: true })
      const gathered = new Gathered()
      const reader = dialect(name).reader((telling) => gathered.take(telling))
      tellMixed(calls, order, (telling) => reader.push(Buffer.from(write(telling))))
      reader.close()
      const got = gathered.answer()?.parts ?? []
      // Google tells a call when it is whole, so the last that closes comes last there.
      const wanted = name === 'generate_content' ? [...calls].reverse() : calls
      expect(got).toEqual(wanted)
    }),
    150,
  )
})
