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
    // Some never stop, and some tell nothing by themselves.
    [
      'messages',
      'anthropic',
      'claude-opus-5-5',
      { effort: 'none' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    ],
    ['messages', 'anthropic', 'claude-sonnet-5-5', { effort: 'none' }, { thinking: { type: 'between_tools' } }],
    ['messages', 'anthropic', 'claude-haiku-5-5', { effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['messages', 'anthropic', 'claude-opus-4-6', { budget: 0 }, { thinking: { type: 'disabled' } }],
    ['messages', 'anthropic', 'claude-haiku-4-5', { budget: 0 }, { thinking: { type: 'disabled' } }],
    [
      'messages',
      'anthropic',
      'claude-sonnet-5-5',
      { effort: 'high', isShown: true },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
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

describe('Claude since Opus 4.7', () => {
  const asking = dialect('chat_completions').readRequest({
    messages: [{ role: 'user', content: 'Hi' }],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
  })
  const written = (model: string, more: object): Record<string, unknown> =>
    dialect('messages').writeRequest({ ...asking, ...more }, { provider: 'anthropic', model, isStreaming: false })

  test.each(['claude-opus-4-7', 'claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5'])(
    '%s is not told how to draw',
    (model) => {
      for (const one of [{ temperature: 0.2 }, { topP: 0.9 }, { topK: 40 }])
        expect(() => written(model, one)).toThrow('leave it out')
      const { temperature, top_p } = written(model, { temperature: 1, topP: 1 })
      expect([temperature, top_p]).toEqual([undefined, undefined])
      // Most clients name both, and older models take one of the two.
      const older = written('claude-opus-4-6', { temperature: 0.2, topP: 1 })
      expect([older.temperature, older.top_p]).toEqual([0.2, undefined])
    },
  )

  test.each([{ must: 'any' }, { must: 'name', name: 'f' }])(
    'nobody makes some of them call a tool: %j',
    (toolChoice) => {
      for (const model of ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5-1'])
        expect(() => written(model, { toolChoice })).toThrow('let it choose')
      expect(written('claude-haiku-5-5', { toolChoice }).tool_choice).toBeDefined()
      expect(written('claude-sonnet-5-5', { toolChoice: { must: 'auto' } }).tool_choice).toEqual({ type: 'auto' })
    },
  )
})
