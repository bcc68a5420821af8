// How models are told to think: the word that each family knows, the nearest one for a wish that it does not know, and none where there is nothing to say.
import { describe, expect, test } from 'vitest'
import { EFFORTS, type Effort, nearestEffort, thinkingOf } from '../../src/core/thinking.ts'

/** Models, and what becomes of each wish, from not at all to the utmost. */
const TABLE: readonly [provider: string, models: readonly string[], words: string][] = [
  ['openai', ['gpt-4.1', 'gpt-4o-mini', 'chatgpt-4o-latest', 'gpt-5-chat-latest'], '- - - - - - -'],
  ['openai', ['o1', 'o3-mini', 'o4-mini'], 'low low low medium high high high'],
  ['openai', ['gpt-5', 'gpt-5-mini', 'gpt-5-2025-08-07'], 'minimal minimal low medium high high high'],
  ['openai', ['gpt-5-codex', 'gpt-5.1-codex-mini'], 'low low low medium high high high'],
  ['openai', ['gpt-5.1', 'gpt-5.1-2025-11-13'], 'none low low medium high high high'],
  ['openai-codex', ['gpt-5.1-codex-max', 'gpt-5.3-codex'], 'low low low medium high xhigh xhigh'],
  ['openai', ['gpt-5.2', 'gpt-5.5'], 'none low low medium high xhigh xhigh'],
  ['openai', ['gpt-5.6', 'gpt-5.12'], 'none low low medium high xhigh max'],
  ['openai', ['gpt-5-pro'], 'high high high high high high high'],
  ['anthropic', ['claude-3-5-haiku-20241022', 'claude-2.1'], '- - - - - - -'],
  ['anthropic', ['claude-opus-4-6', 'claude-sonnet-4-6'], 'none low low medium high max max'],
  ['anthropic', ['claude-opus-4-7', 'claude-sonnet-5-5'], 'none low low medium high xhigh max'],
  ['google', ['gemini-2.0-flash', 'gemma-3-27b-it'], '- - - - - - -'],
  ['google', ['gemini-3-pro-preview'], 'low low low high high high high'],
  ['google', ['gemini-3.1-pro'], 'low low low medium high high high'],
  ['google', ['gemini-3-flash'], 'minimal minimal low medium high high high'],
  ['openrouter', ['anthropic/claude-sonnet-4.5'], 'none minimal low medium high xhigh xhigh'],
  ['xai', ['grok-4'], '- - - - - - -'],
  ['groq', ['llama-3.3-70b-versatile'], '- - - - - - -'],
  // Nobody knows whether it can be told not to think.
  ['mine', ['some-model'], '- low low medium high high high'],
  ['xai', ['grok-9'], '- low low medium high high high'],
]

describe.each(TABLE)('%s: %j', (provider, models, words) => {
  test.each(models)('%s', (model) => {
    const told = EFFORTS.map((wish: Effort) => nearestEffort(wish, thinkingOf(provider, model)) ?? '-')
    expect(told.join(' ')).toBe(words)
  })
})

test('models that are told a number of tokens have one', () => {
  for (const model of ['claude-haiku-4-5', 'claude-sonnet-4-5-20250929', 'claude-opus-4-5', 'claude-3-7-sonnet-latest'])
    expect(thinkingOf('anthropic', model).budget).toMatchObject({ least: 1024 })
  expect(thinkingOf('google', 'gemini-2.5-pro').budget).toEqual({ least: 128, most: 32_768 })
  expect(thinkingOf('google', 'gemini-2.5-flash').budget).toMatchObject({ least: 0 })
  expect(thinkingOf('anthropic', 'claude-opus-4-6').budget).toBeUndefined()
})
