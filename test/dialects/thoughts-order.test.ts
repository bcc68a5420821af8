// What a Claude thought between its words and calls, through a client of Chat Completions and back: whole or streamed, whichever way the client keeps it,
// the account that made it gets its answer back as it was, and another account gets it without what is not its own.
import fc from 'fast-check'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { describe, expect, test } from 'vitest'
import { completions } from '../../src/dialects/completions/dialect.ts'
import { tellAll } from '../../src/dialects/gather.ts'
import { messages } from '../../src/dialects/messages/dialect.ts'
import type { Answered, Asking, AssistantPart } from '../../src/dialects/neutral.ts'
import { stampedAnswer, stampedTellings, unsealedFor } from '../../src/dialects/seals.ts'

type Message = Record<string, unknown>
const STAMP = { at: 1_700_000_000, wantsUsage: false }
const CLAUDE = { provider: 'anthropic', model: 'claude-opus-5', isStreaming: false }
const RUNS = { numRuns: 150 }

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((said) => said.trim() !== '')
const seal = fc.uint8Array({ minLength: 3, maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const part: fc.Arbitrary<AssistantPart> = fc.oneof(
  fc.tuple(fc.oneof(words, fc.constant('')), seal, fc.boolean()).map(([text, value, isWhole]): AssistantPart => {
    const made = { by: 'messages' as const, value }
    return isWhole ? { kind: 'thinking', text: '', seal: { ...made, isWhole } } : { kind: 'thinking', text, seal: made }
  }),
  words.map((text): AssistantPart => ({ kind: 'text', text })),
  fc.constantFrom('{}', '{"a":1}').map((input): AssistantPart => ({ kind: 'call', id: '', name: 'f', input })),
)
const turns = fc
  .array(part, { minLength: 1, maxLength: 8 })
  .map((parts) => parts.map((one, at) => (one.kind === 'call' ? { ...one, id: `call_${at}` } : one)))

const answer = (parts: readonly AssistantPart[]): Answered => ({
  ...{ id: 'msg_1', model: 'm', parts, stop: 'end', usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 } },
})

function whole(parts: readonly AssistantPart[]): Message {
  const written = completions.writeAnswer(stampedAnswer(answer(parts), 'chat_completions', 'mine'), STAMP)
  const { choices } = JSON.parse(JSON.stringify(written)) as { choices: [{ message: Message }] }
  return choices[0].message
}

function chunks(parts: readonly AssistantPart[]): string[] {
  const write = completions.writer(STAMP)
  let text = ''
  tellAll(
    answer(parts),
    stampedTellings('chat_completions', 'mine', (telling) => {
      text += write(telling)
    }),
  )
  return text.split('\n\n').flatMap((line) => (line === '' || line.endsWith('[DONE]') ? [] : [line.slice(6)]))
}

/** A client that adds every piece to what it has, as those do that know what else stands beside an answer. */
function added(lines: readonly string[]): Message {
  const message: Message = { role: 'assistant', content: '' }
  const calls: { function: { arguments: string } }[] = []
  const details: unknown[] = []
  for (const line of lines) {
    const { content, tool_calls, reasoning_content, reasoning_details } = JSON.parse(line).choices[0].delta
    message.content += content ?? ''
    message.reasoning_content = `${message.reasoning_content ?? ''}${reasoning_content ?? ''}`
    details.push(...(reasoning_details ?? []))
    for (const { index, ...call } of tool_calls ?? []) {
      const known = calls[index]
      if (known === undefined) calls[index] = call
      else known.function.arguments += call.function.arguments
    }
  }
  return { ...message, reasoning_details: details, ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}

/** OpenAI's own, which keeps the last of what it does not know. */
async function official(lines: readonly string[]): Promise<Message> {
  const bytes = new Response(lines.map((line) => `${line}\n`).join('')).body
  if (bytes === null) throw new Error('nothing was said')
  const message = await ChatCompletionStream.fromReadableStream(bytes).finalMessage()
  return JSON.parse(JSON.stringify({ ...message, parsed: undefined }))
}

function back(message: Message, issuer: string): { asking: Asking; parts: readonly AssistantPart[] } {
  const calls = (message.tool_calls ?? []) as { id: string }[]
  const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'Done.' }))
  const asking = unsealedFor(
    completions.readRequest({
      messages: [{ role: 'user', content: 'Hi' }, message, ...results, { role: 'user', content: 'Go on' }],
    }),
    issuer,
  )
  const turn = asking.turns.find(({ role }) => role === 'assistant')
  return { asking, parts: turn?.role === 'assistant' ? turn.parts : [] }
}

/** Words that follow each other are one text for whoever streams or joins them, unless something stands between. */
const blocksOf = (parts: readonly AssistantPart[]): unknown =>
  (
    messages.writeRequest({ ...back(whole(parts), 'mine').asking }, CLAUDE).messages as {
      role: string
      content: unknown
    }[]
  )[1]?.content

describe('thoughts among words and calls', () => {
  test('come back as they were, of a whole answer and of a stream, however the client keeps it', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (parts) => {
        fc.pre(parts.some(({ kind }) => kind === 'thinking'))
        const kept = [whole(parts), added(chunks(parts)), await official(chunks(parts))]
        for (const message of kept) expect(back(message, 'mine').parts).toEqual(parts)
      }),
      RUNS,
    )
  })

  test('are the blocks that the vendor made, when it is asked again', () => {
    const parts: AssistantPart[] = [
      { kind: 'thinking', text: 'First.', seal: { by: 'messages', value: 'c2VhbDE=' } },
      { kind: 'text', text: 'I look.' },
      { kind: 'call', id: 'toolu_1', name: 'look', input: '{"at":1}' },
      { kind: 'thinking', text: '', seal: { by: 'messages', value: 'c2VhbDI=', isWhole: true } },
      { kind: 'thinking', text: 'Second.', seal: { by: 'messages', value: 'c2VhbDM=' } },
      { kind: 'call', id: 'toolu_2', name: 'look', input: '{"at":2}' },
      { kind: 'text', text: 'I have looked.' },
    ]
    expect(blocksOf(parts)).toEqual([
      { type: 'thinking', thinking: 'First.', signature: 'c2VhbDE=' },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 1 } },
      { type: 'redacted_thinking', data: 'c2VhbDI=' },
      { type: 'thinking', thinking: 'Second.', signature: 'c2VhbDM=' },
      { type: 'tool_use', id: 'toolu_2', name: 'look', input: { at: 2 } },
      { type: 'text', text: 'I have looked.' },
    ])
    // Clients that know nothing of it see the answer as ever.
    expect(whole(parts)).toMatchObject({ content: 'I look.I have looked.', reasoning_content: 'First.\n\nSecond.' })
    expect(whole(parts).tool_calls).toHaveLength(2)
  })

  test('are left out for another account, and nothing else is', () => {
    fc.assert(
      fc.property(turns, (parts) => {
        const heard = (all: readonly AssistantPart[]): unknown => [
          all.map((one) => (one.kind === 'text' ? one.text : '')).join(''),
          all.flatMap((one) => (one.kind === 'call' ? [one.id] : [])),
        ]
        const { parts: others } = back(whole(parts), 'other')
        expect(others.every((one) => !('seal' in one))).toBe(true)
        expect(heard(others)).toEqual(heard(parts))
      }),
      RUNS,
    )
  })

  test('survive whatever a client makes of them', () => {
    const message = whole([
      { kind: 'text', text: 'One.' },
      { kind: 'thinking', text: 'Hm.', seal: { by: 'messages', value: 'c2VhbDE=' } },
      { kind: 'text', text: 'Two.\n' },
    ])
    const thought = { kind: 'thinking', text: 'Hm.', seal: { by: 'messages', value: 'c2VhbDE=' } }
    // Trimmed, in parts, without what was thought aloud; and with words of its own at the end.
    const trimmed = { ...message, reasoning_content: null, content: [{ type: 'text', text: 'One.Two.' }] }
    expect(back(trimmed, 'mine').parts).toEqual([
      { kind: 'text', text: 'One.' },
      thought,
      { kind: 'text', text: 'Two.' },
    ])
    const more = { ...message, content: `${message.content}Three.` }
    expect(back(more, 'mine').parts.map((one) => ('text' in one ? one.text : ''))).toEqual([
      'One.',
      'Hm.',
      'Two.\n',
      'Three.',
    ])
    // What others have put there is a seal and nothing more, whatever it looks like.
    for (const data of ['c2VhbDE=', 'a.b', 'a.e30', `a.${Buffer.from('[1]').toString('base64url')}`, '.']) {
      const theirs = {
        role: 'assistant',
        content: 'Hi',
        reasoning: 'Hm.',
        reasoning_details: [{ type: 'reasoning.encrypted', data }],
      }
      expect(back(theirs, 'mine').parts).toEqual([
        { kind: 'thinking', text: 'Hm.', seal: { by: 'chat_completions', value: data } },
        { kind: 'text', text: 'Hi' },
      ])
    }
  })
})
