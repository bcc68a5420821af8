// The memory of who served a conversation last.
import { expect, test } from 'vitest'
import { AutoPins, MOST_PINS, PIN_IDLE_MS } from '../../src/core/auto-pins.ts'

test('the wish is for whoever served last, per agent, provider and conversation', () => {
  const pins = new AutoPins()
  expect(pins.wish('main', 'anthropic', 1, 0)).toBeUndefined()
  pins.served('main', 'anthropic', 1, 'anthropic:a', 0)
  pins.served('main', 'anthropic', 2, 'anthropic:b', 0)
  expect(pins.wish('main', 'anthropic', 1, 5)).toEqual({ id: 'anthropic:a', by: 'auto' })
  expect(pins.wish('main', 'anthropic', 2, 5)).toEqual({ id: 'anthropic:b', by: 'auto' })
  expect(pins.wish('work', 'anthropic', 1, 5)).toBeUndefined()
  expect(pins.wish('main', 'openai', 1, 5)).toBeUndefined()
  pins.served('main', 'anthropic', 1, 'anthropic:c', 5)
  expect(pins.wish('main', 'anthropic', 1, 6)?.id).toBe('anthropic:c')
})

test('a conversation that was silent for two hours is forgotten, and its place is given back', () => {
  const pins = new AutoPins()
  pins.served('main', 'anthropic', 1, 'anthropic:a', 0)
  pins.served('main', 'anthropic', 2, 'anthropic:a', 1)
  expect(pins.wish('main', 'anthropic', 1, PIN_IDLE_MS)?.id).toBe('anthropic:a')
  expect(pins.wish('main', 'anthropic', 1, PIN_IDLE_MS + 1)).toBeUndefined()
  pins.served('main', 'anthropic', 3, 'anthropic:a', PIN_IDLE_MS + 1)
  expect(pins.size).toBe(2)
})

test('the memory is bounded, and the one that was silent longest goes first', () => {
  const pins = new AutoPins()
  for (let key = 0; key < MOST_PINS; key++) pins.served('main', 'anthropic', key, 'anthropic:a', key)
  pins.served('main', 'anthropic', 0, 'anthropic:a', MOST_PINS)
  pins.served('main', 'anthropic', MOST_PINS, 'anthropic:a', MOST_PINS)
  expect(pins.size).toBe(MOST_PINS)
  expect(pins.wish('main', 'anthropic', 0, MOST_PINS)).toBeDefined()
  expect(pins.wish('main', 'anthropic', 1, MOST_PINS)).toBeUndefined()
  expect(pins.wish('main', 'anthropic', 2, MOST_PINS)).toBeDefined()
})
