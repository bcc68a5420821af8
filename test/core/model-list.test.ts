// What models endpoints answer, in the forms that vendors have, and what is kept of it.
import { expect, test } from 'vitest'
import { CATALOGUE } from '../../src/core/catalogue.ts'
import { factsOf, knownRefs } from '../../src/core/model-choices.ts'
import { nextPageIn, readModelAnswer, readModelLists } from '../../src/core/model-list.ts'
import { priceFrom, publishedPrice } from '../../src/core/price.ts'

test.each([
  [
    'OpenAI',
    { object: 'list', data: [{ id: 'gpt-5.1', object: 'model', created: 1, owned_by: 'openai' }] },
    [{ id: 'gpt-5.1' }],
  ],
  [
    'Anthropic',
    {
      data: [
        { type: 'model', id: 'claude-x', display_name: 'Claude X', max_input_tokens: 1_000_000, max_tokens: 128_000 },
      ],
    },
    [{ id: 'claude-x', name: 'Claude X', contextWindow: 1_000_000, maxOutput: 128_000 }],
  ],
  [
    'OpenRouter',
    {
      data: [
        {
          ...{ id: 'a/b', name: 'A: B', context_length: 1000, top_provider: { max_completion_tokens: 100 } },
          architecture: { input_modalities: ['file', 'text', 'smell', 'image'] },
          pricing: { prompt: '0.000003', completion: '0.000015', input_cache_read: '0.0000003' },
        },
        { id: 'openrouter/auto', pricing: { prompt: '-1', completion: '-1' } },
      ],
    },
    [
      {
        ...{ id: 'a/b', name: 'A: B', contextWindow: 1000, maxOutput: 100, input: ['text', 'image', 'document'] },
        price: { input: 3, output: 15, cacheRead: 0.3 },
      },
      { id: 'openrouter/auto' },
    ],
  ],
  [
    'Google',
    { models: [{ name: 'models/gemini-x', displayName: 'Gemini X', inputTokenLimit: 10, outputTokenLimit: 5 }] },
    [{ id: 'gemini-x', name: 'Gemini X', contextWindow: 10, maxOutput: 5 }],
  ],
  [
    'a bare list, with names that are none',
    [{ id: 'm' }, { id: 'm' }, { id: 'a b' }, { id: '' }, 7, null],
    [{ id: 'm' }],
  ],
])('%s', (_, answer, expected) => {
  expect(readModelAnswer(answer)).toEqual(expected)
  const lists = readModelLists({ providers: { p: { at: 5, by: 'p:a', models: readModelAnswer(answer) } } })
  expect(lists.get('p')).toEqual({ at: 5, by: 'p:a', models: expected })
})

test('what is no list is none', () => {
  for (const value of [undefined, null, 'x', {}, { data: {} }]) expect(readModelAnswer(value)).toBeUndefined()
  expect(
    readModelLists({ providers: { a: 1, b: { at: 'x', by: '', models: [] }, c: { at: 1e300, by: '', models: [] } } })
      .size,
  ).toBe(0)
})

test('what the provider said goes before the catalogue, and the config before both; of a price that nobody knows none is made up', () => {
  const price = { input: 4, output: 8 }
  const lists = readModelLists({
    providers: {
      anthropic: { at: 5, by: 'a', models: [{ id: 'claude-opus-4-6', maxOutput: 9, price }, { id: 'new' }] },
    },
  })
  const told = { provider: 'anthropic', model: 'claude-opus-4-6' }
  expect(factsOf(lists, told)).toMatchObject({
    maxOutput: 9,
    contextWindow: 1_000_000,
    cacheMinimum: 4096,
    price,
    isKnown: true,
  })
  expect(factsOf(lists, { ...told, model: 'new' })).toEqual({ name: 'new', input: ['text'], isKnown: true })
  expect(priceFrom(undefined, lists, 'anthropic', 'claude-opus-4-6')).toMatchObject({ ...price, maxOutput: 9 })
  expect(
    priceFrom(new Map([['claude-opus-4-6', { input: 1, output: 1 }]]), lists, 'anthropic', 'claude-opus-4-6')?.input,
  ).toBe(1)
  expect(priceFrom(undefined, lists, 'anthropic', 'new')).toBeUndefined()
  expect(
    knownRefs(lists)
      .filter(({ provider }) => provider === 'anthropic')
      .map(({ model }) => model),
  ).toEqual(['claude-opus-4-6', 'new'])
})

test('each row of the catalogue stands once; each price says where it was read, and when', () => {
  expect(new Set(CATALOGUE.map(({ provider, id }) => `${provider}/${id}`)).size).toBe(CATALOGUE.length)
  for (const { provider, id, price } of CATALOGUE) {
    if (price === undefined) continue
    expect(price.from.url, id).toMatch(/^https:\/\//)
    expect(price.from.on, id).toMatch(/^20\d{2}-\d{2}-\d{2}$/)
    expect(publishedPrice(provider, id)?.maxOutput, id).toBeGreaterThan(0)
  }
})

test('where a list goes on is what each vendor says, and nothing else', () => {
  expect(nextPageIn({ models: [], nextPageToken: 'a b=' }, 'after')).toBe('pageToken=a%20b%3D')
  expect(nextPageIn({ data: [], has_more: true, last_id: 'claude-x' }, 'after_id')).toBe('after_id=claude-x')
  expect(nextPageIn({ data: [], has_more: false, last_id: 'claude-x' }, 'after_id')).toBeUndefined()
  for (const end of [
    undefined,
    [],
    {},
    { nextPageToken: '' },
    { nextPageToken: 7 },
    { has_more: true },
    { has_more: true, last_id: 'x'.repeat(3000) },
  ]) {
    expect(nextPageIn(end, 'after')).toBeUndefined()
  }
})
