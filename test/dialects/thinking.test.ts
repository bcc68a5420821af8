// A wish for thinking as it goes to models of each kind, in the dialect of their vendor.
import { describe, expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import type { Addressed, Dialect, DialectName, Reasoning } from '../../src/dialects/neutral.ts'

const dialect = (name: DialectName): Dialect => {
  const found = dialectOf(name)
  if (found === undefined) throw new Error(`no dialect ${name}`)
  return found
}

/** What the body says of thinking. */
function told(name: DialectName, provider: string, model: string, reasoning: Reasoning): unknown {
  const asking = dialect('messages').readRequest({ max_tokens: 9000, messages: [{ role: 'user', content: 'Hi' }] })
  const to: Addressed = { provider, model, isStreaming: false }
  const body = dialect(name).writeRequest({ ...asking, reasoning }, to)
  const { thinking, output_config, reasoning_effort, reasoning: own, include, generationConfig } = body
  const all = { thinking, output_config, reasoning_effort, reasoning: own, include }
  const { thinkingConfig } = { ...(generationConfig as { thinkingConfig?: unknown } | undefined) }
  return JSON.parse(JSON.stringify({ ...all, thinkingConfig }))
}

const SEALED = ['reasoning.encrypted_content']

describe('in each dialect', () => {
  test.each<[DialectName, string, string, Reasoning, object]>([
    // What a model does not know is mapped to the nearest that it knows.
    ['chat_completions', 'openai', 'gpt-5.1', { effort: 'max' }, { reasoning_effort: 'high' }],
    ['chat_completions', 'openai', 'gpt-5.1', { effort: 'minimal' }, { reasoning_effort: 'low' }],
    ['chat_completions', 'mine', 'm', { effort: 'xhigh' }, { reasoning_effort: 'high' }],
    ['chat_completions', 'mine', 'm', { effort: 'none' }, {}],
    ['responses', 'openai', 'gpt-5', { effort: 'max' }, { reasoning: { effort: 'high' }, include: SEALED }],
    [
      'messages',
      'anthropic',
      'claude-opus-4-6',
      { effort: 'xhigh' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
    ],
    [
      'generate_content',
      'google',
      'gemini-3-pro-preview',
      { effort: 'max' },
      { thinkingConfig: { includeThoughts: true, thinkingLevel: 'high' } },
    ],
    // A budget becomes a word, and a word a budget.
    ['chat_completions', 'openai', 'gpt-5-pro', { budget: 2000 }, { reasoning_effort: 'high' }],
    [
      'messages',
      'anthropic',
      'claude-haiku-4-5',
      { effort: 'max' },
      { thinking: { type: 'enabled', budget_tokens: 4500 } },
    ],
    [
      'generate_content',
      'google',
      'gemini-2.5-flash',
      { effort: 'max' },
      { thinkingConfig: { includeThoughts: true, thinkingBudget: 24_576 } },
    ],
    // Who does not think answers without.
    ['chat_completions', 'openai', 'gpt-4.1', { effort: 'high' }, {}],
    ['chat_completions', 'openai', 'gpt-4.1', { budget: 5000 }, {}],
    ['responses', 'openai', 'gpt-4.1', { effort: 'high', isShown: true }, {}],
    ['messages', 'anthropic', 'claude-3-5-haiku-latest', { effort: 'high' }, {}],
    ['messages', 'anthropic', 'claude-3-5-haiku-latest', { effort: 'none' }, {}],
    ['generate_content', 'google', 'gemini-2.0-flash', { effort: 'high' }, {}],
    // And nobody is told anything where nothing is wished.
    ['responses', 'openai', 'gpt-4.1', {}, {}],
    ['responses', 'mine', 'm', {}, { reasoning: {}, include: SEALED }],
  ])('%s, %s/%s: %j', (name, provider, model, reasoning, wanted) => {
    expect(told(name, provider, model, reasoning)).toEqual(wanted)
  })
})
