// What a call costs, by whom the price was told.
import { expect, test } from 'vitest'
import type { ModelLists } from '../../src/core/model-list.ts'
import { type Price, priceFrom, publishedPrice } from '../../src/core/price.ts'

const [PROVIDER, MODEL] = ['openrouter', 'anthropic/claude-sonnet-4.5']
const told = (price: Price, model = MODEL): ModelLists =>
  new Map([[PROVIDER, { at: 1, by: 'openrouter:a', models: [{ id: model, price }] }]])

test('what a provider leaves out of its prices is as published, not free and not the short tier', () => {
  const published = publishedPrice(PROVIDER, MODEL)
  if (published?.long === undefined || published.cacheRead === undefined) throw new Error('of two tiers')
  const { input, output, cacheRead, long, maxOutput } = published
  expect(priceFrom(undefined, told({ input, output }), PROVIDER, MODEL)).toEqual({
    ...{ input, output, cacheRead, cacheWrite: published.cacheWrite, long, maxOutput },
  })
  // What it tells goes before, and what it leaves out is dearer with it.
  const dearer = priceFrom(undefined, told({ input: 2 * input, output: 3 * output }), PROVIDER, MODEL)
  expect(dearer).toMatchObject({ input: 2 * input, output: 3 * output, cacheRead: 2 * cacheRead, maxOutput })
  expect(dearer?.long).toMatchObject({ above: long.above, input: 2 * long.input, output: 3 * output })
  const cheaper = priceFrom(undefined, told({ input: input / 2, output, cacheRead: 0.01 }), PROVIDER, MODEL)
  expect(cheaper).toMatchObject({ input: input / 2, cacheRead: 0.01, long })
})

test('of a model that nobody has published the list is all there is, and the config goes before both', () => {
  const price = { input: 1, output: 2 }
  expect(priceFrom(undefined, told(price, 'x/new'), PROVIDER, 'x/new')).toEqual(price)
  expect(priceFrom(new Map([[MODEL, price]]), told({ input: 9, output: 9 }), PROVIDER, MODEL)).toEqual(price)
})
