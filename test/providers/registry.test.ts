// Every vendor of the registry under the contract, and vendors that only the config knows.
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { anthropic } from '../../src/providers/anthropic.ts'
import { type Provider, pathOf } from '../../src/providers/provider.ts'
import { createRegistry } from '../../src/providers/registry.ts'
import { providerContract } from '../contract/provider.ts'

const registry = createRegistry()
for (const provider of registry.all()) providerContract(provider)

const made = registry.find('mine', { baseUrl: 'https://mine.example/v1', api: 'openai-completions' })
if (made !== undefined) providerContract(made)

test('no two vendors share an id', () => {
  expect(() => createRegistry([{ ...anthropic }])).toThrow('anthropic')
  expect(createRegistry([{ ...anthropic, id: 'second' }]).get('second')).toBeDefined()
})

test('the vendors of the reference are there under their ids, old spellings too', () => {
  const known = registry.all().map(({ id }) => id)
  for (const id of [
    'anthropic',
    'openai',
    'openrouter',
    'xai',
    'groq',
    'mistral',
    'deepseek',
    'moonshot',
    'kimi-coding',
    'zai',
    'minimax',
    'qwen',
    'cerebras',
    'together',
    'fireworks',
    'huggingface',
    'google',
    'vllm',
    'lmstudio',
  ]) {
    expect(known).toContain(id)
  }
  expect(registry.get('Z.AI')?.id).toBe('zai')
  expect(registry.get('nobody')).toBeUndefined()
})

test('first the bearer of Anthropic, then its key', () => {
  expect(registry.get('anthropic')?.env).toEqual(['ANTHROPIC_OAUTH_TOKEN', 'ANTHROPIC_API_KEY'])
})

test('a key of Anthropic is signed as a key, a token as a bearer with the documented beta, and nobody poses as another client', () => {
  expect(anthropic.sign('api_key', new Secret('k'))).toEqual(['x-api-key', 'k'])
  expect(anthropic.sign('token', new Secret('t'))).toEqual([
    'authorization',
    'Bearer t',
    'anthropic-beta',
    'oauth-2025-04-20',
  ])
})

describe('Google', () => {
  const google = registry.get('google') as Provider
  const ask = (streaming: boolean, model = 'gemini-2.5-pro') =>
    pathOf(google, { endpoint: 'generate_content', streaming, model })

  test('is asked at the path of its model, which nothing in a name can leave', () => {
    expect(ask(false)).toBe('/models/gemini-2.5-pro:generateContent')
    expect(ask(true)).toBe('/models/gemini-2.5-pro:streamGenerateContent?alt=sse')
    expect(ask(true, '../x?key=$&#')).toBe('/models/..%2Fx%3Fkey%3D%24%26%23:streamGenerateContent?alt=sse')
    expect(pathOf(google, { endpoint: 'models', streaming: false })).toBe('/models')
  })

  test('takes the key in a header of its own, and at its other door as a bearer', () => {
    expect(google.sign('api_key', new Secret('k'), 'generate_content')).toEqual(['x-goog-api-key', 'k'])
    expect(google.sign('api_key', new Secret('k'))).toEqual(['x-goog-api-key', 'k'])
    expect(google.sign('api_key', new Secret('k'), 'chat_completions')).toEqual(['authorization', 'Bearer k'])
    expect(google.baseUrl + pathOf(google, { endpoint: 'chat_completions', streaming: true })).toBe(
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    )
  })

  const native = ['chat_completions', 'count_content', 'generate_content', 'models']
  test.each([
    [undefined, undefined, native],
    ['https://generativelanguage.googleapis.com/v1beta', undefined, native],
    ['https://proxy.example/google/v1beta/', undefined, native],
    // At home every version is Google's, and the host alone is enough; a proxy says by its path what it speaks.
    ['https://generativelanguage.googleapis.com/v1', undefined, native],
    ['https://generativelanguage.googleapis.com', undefined, native],
    ['https://proxy.example/v1', undefined, ['chat_completions', 'models']],
    ['https://proxy.example', undefined, ['chat_completions', 'models']],
    ['https://proxy.example/x', 'google-generative-ai', native],
    // As it was before: an address with another path speaks OpenAI's dialect.
    ['https://generativelanguage.googleapis.com/v1beta/openai', undefined, ['chat_completions', 'models']],
    ['https://proxy.example/openai', undefined, ['chat_completions', 'models']],
    ['https://proxy.example/v1beta', 'openai-completions', ['chat_completions', 'models']],
  ])('at %s, api %s, has %j', (baseUrl, api, endpoints) => {
    const settings = { ...(baseUrl === undefined ? {} : { baseUrl }), ...(api === undefined ? {} : { api }) }
    const found = registry.find('google', settings)
    expect(Object.keys(found?.endpoints ?? {}).sort()).toEqual(endpoints)
    if (!endpoints.includes('generate_content')) {
      expect(found?.endpoints.chat_completions).toBe('/chat/completions')
      expect(found?.sign('api_key', new Secret('k'))).toEqual(['authorization', 'Bearer k'])
    }
  })
})

test('Google at its host alone is asked below the version that it is known by', () => {
  const found = registry.find('google', { baseUrl: 'https://generativelanguage.googleapis.com/' })
  const asked = { endpoint: 'generate_content', streaming: true, model: 'm' } as const
  expect(found && pathOf(found, asked)).toBe('/v1beta/models/m:streamGenerateContent?alt=sse')
})

describe('a vendor that only the config knows', () => {
  test('needs an address', () => {
    expect(registry.find('mine', undefined)).toBeUndefined()
    expect(registry.find('mine', { apiKey: 'k' })).toBeUndefined()
  })

  test.each([
    ['openai-completions', ['chat_completions', 'models']],
    [undefined, ['chat_completions', 'models']],
    ['openai-responses', ['chat_completions', 'models', 'responses']],
    ['google-generative-ai', ['generate_content', 'count_content', 'models']],
    ['anthropic-messages', ['messages', 'count_tokens', 'models']],
  ])('speaks the dialect of its api: %s', (api, endpoints) => {
    const provider = registry.find('mine', { baseUrl: 'https://mine.example', ...(api === undefined ? {} : { api }) })
    expect(Object.keys(provider?.endpoints ?? {}).sort()).toEqual([...endpoints].sort())
    expect(provider).toMatchObject({ id: 'mine', baseUrl: 'https://mine.example', env: [] })
  })

  test('is the same object for the same settings, another for others', () => {
    const settings = { baseUrl: 'https://mine.example' }
    expect(registry.find('mine', settings)).toBe(registry.find('mine', { ...settings }))
    expect(registry.find('mine', settings)).not.toBe(registry.find('mine', { baseUrl: 'https://other.example' }))
    expect(registry.find('other', settings)?.id).toBe('other')
  })

  test('does not replace one that is built in', () => {
    expect(registry.find('anthropic', { baseUrl: 'https://proxy.example' })).toBe(registry.get('anthropic'))
  })
})
