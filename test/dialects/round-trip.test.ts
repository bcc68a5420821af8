// Requests of any shape: what a dialect can say comes back as it was, by way of another dialect as well, and the played vendors take all of it.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { completions } from '../../src/dialects/completions/dialect.ts'
import { messages } from '../../src/dialects/messages/dialect.ts'
import type { Addressed, Asking, Dialect, UserPart } from '../../src/dialects/neutral.ts'
import { ERROR_MARK } from '../../src/dialects/turns.ts'
import { completions as playedCompletions } from '../../src/sandbox/completions.ts'
import { messages as playedMessages } from '../../src/sandbox/messages.ts'
import { SIGNATURE } from '../../src/sandbox/own.ts'
import { requests } from './arbitraries.ts'

const CLAUDE: Addressed = { provider: 'anthropic', model: 'claude-opus-4-6', maxOutput: 128_000, isStreaming: false }
const GPT: Addressed = { provider: 'openai', model: 'gpt-5.1', maxOutput: 128_000, isStreaming: false }
const RUNS = { numRuns: 60 }

/** Writes a request and reads it again, as the vendor does that takes it. */
function through(dialect: Dialect, asking: Asking): Asking {
  const isClaude = dialect === messages
  const body = JSON.parse(JSON.stringify(dialect.writeRequest(asking, isClaude ? CLAUDE : GPT)))
  expect((isClaude ? playedMessages : playedCompletions).read(body, {})).toHaveProperty('input')
  return dialect.readRequest(body)
}

/** With the seal that the played vendor takes. */
const sealed = (asking: Asking): Asking => ({
  ...asking,
  turns: asking.turns.map((turn) =>
    turn.role === 'assistant'
      ? {
          role: 'assistant',
          parts: turn.parts.map((part) =>
            part.kind === 'thinking' ? { ...part, seal: { by: 'messages', value: SIGNATURE } } : part,
          ),
        }
      : turn,
  ),
})

/** What Chat Completions has no place for: thoughts, failure as anything but a word; and a document must have a name. */
const asChat = (asking: Asking): Asking => ({
  ...asking,
  turns: asking.turns.map((turn) => {
    if (turn.role === 'system') return turn
    if (turn.role === 'assistant') {
      return { role: 'assistant', parts: turn.parts.filter(({ kind }) => kind !== 'thinking') }
    }
    return { role: 'user', parts: turn.parts.map(asChatPart) }
  }),
})

function asChatPart(part: UserPart): UserPart {
  if (part.kind === 'document') return { ...part, name: part.name ?? 'document' }
  if (part.kind !== 'result') return part
  const { isError, content, ...rest } = part
  const said = content.map((shown) => (shown.kind === 'text' ? shown.text : '')).join('\n')
  return { ...rest, content: [{ kind: 'text', text: (isError === true ? ERROR_MARK : '') + said }] }
}

const limited = (asking: Asking): Asking => ({ ...asking, maxTokens: asking.maxTokens ?? 128_000 })

test('Messages says all of it, and wants a limit', () => {
  fc.assert(
    fc.property(requests('messages').map(sealed), (asking) => {
      expect(through(messages, asking)).toEqual(limited(asking))
    }),
    RUNS,
  )
})

test('Chat Completions says all of it but thoughts', () => {
  fc.assert(
    fc.property(requests('chat_completions'), (asking) => {
      expect(through(completions, asking)).toEqual({ ...asChat(asking), wantsUsage: false })
    }),
    RUNS,
  )
})

test('from Messages by way of Chat Completions and back, and the other way round, what both can say is kept', () => {
  fc.assert(
    fc.property(requests('messages').map(sealed), (asking) => {
      expect(through(messages, through(completions, through(messages, asking)))).toEqual(limited(asChat(asking)))
      const chat = through(completions, asking)
      expect(through(completions, through(messages, chat))).toEqual({ ...limited(chat), wantsUsage: false })
    }),
    RUNS,
  )
})
