// Names of models as people, clients and the config write them.
import { expect, test } from 'vitest'
import { isModelRef, type ModelRef, normaliseProvider, parseModelRef } from '../../src/core/model-ref.ts'

const aliases = new Map<string, ModelRef>([['opus', { provider: 'anthropic', model: 'claude-opus-4-6' }]])
const parse = (text: string): ModelRef => parseModelRef(text, { aliases, defaultProvider: 'openai' })

test.each<[string, string, string]>([
  ['anthropic/claude-opus-4-6', 'anthropic', 'claude-opus-4-6'],
  ['openrouter/anthropic/claude-sonnet-4.5:beta', 'openrouter', 'anthropic/claude-sonnet-4.5:beta'],
  ['gpt-5.2', 'openai', 'gpt-5.2'],
  ['Opus', 'anthropic', 'claude-opus-4-6'],
  ['  OPUS  ', 'anthropic', 'claude-opus-4-6'],
  ['Anthropic/x', 'anthropic', 'x'],
  ['z.ai/glm-5', 'zai', 'glm-5'],
  ['Z-AI/glm-5', 'zai', 'glm-5'],
  ['kimi/k2', 'kimi-coding', 'k2'],
  ['opencode-zen/x', 'opencode', 'x'],
])('%s is %s and %s', (text, provider, model) => {
  expect(parse(text)).toEqual({ provider, model })
})

test.each([
  '',
  ' ',
  '/',
  'a/',
  '/b',
  'a//b',
  'a b',
  'a/b c',
  'a\nb',
  'a/\u0000',
  'x'.repeat(201),
  '<script>',
  '../../é',
])('%j is no model, and the error says how one is written', (text) => {
  expect(isModelRef(text)).toBe(false)
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'unknown_model', remedy: 'openclaw models list' }))
})

test('a provider has one spelling', () => {
  expect([' Anthropic ', 'Z.AI', 'OpenCode-Zen', 'kimi-code'].map(normaliseProvider)).toEqual([
    'anthropic',
    'zai',
    'opencode',
    'kimi-coding',
  ])
})
