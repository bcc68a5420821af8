// What a client or a vendor can send costs in step with its length, however it is cut.
import { expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import { Frames } from '../../src/dialects/frames.ts'

/** More than ten times what it takes; what grew with the square of its length took minutes, ms. */
const MOST_MS = 10_000

test('an event in small pieces', () => {
  const piece = new TextEncoder().encode('x'.repeat(256))
  const head = new TextEncoder().encode('data: ')
  const pieces = 16_000
  const from = performance.now()
  let said = 0
  const frames = new Frames((data) => {
    said = data.length
  })
  frames.push(head)
  for (let at = 0; at < pieces; at++) frames.push(piece)
  frames.push(new TextEncoder().encode('\n\n'))
  expect(said).toBe(256 * pieces)
  expect(performance.now() - from).toBeLessThan(MOST_MS)
})

test('results matched to their calls', () => {
  const calls = 20_000
  const from = performance.now()
  const names = Array.from({ length: calls }, (_, at) => `f${at}`)
  const parts = names.map((name, at) => ({ functionCall: { id: `c${at}`, name, args: {} } }))
  const results = names.map((name, at) => ({ functionResponse: { id: `c${at}`, name, response: {} } })).reverse()
  const asking = dialectOf('generate_content')?.readRequest({
    contents: [
      { role: 'user', parts: [{ text: 'hi' }] },
      { role: 'model', parts },
      { role: 'user', parts: results },
    ],
  })
  expect(asking?.turns.at(-1)?.parts).toHaveLength(calls)
  expect(performance.now() - from).toBeLessThan(MOST_MS)
})

test('calls whose names differ in strange characters only', () => {
  const count = 40_000
  const from = performance.now()
  const names = Array.from({ length: count }, (_, at) =>
    at.toString(2).padStart(16, '0').replaceAll('0', '.').replaceAll('1', ':'),
  )
  const calls = names.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } }))
  const asking = dialectOf('chat_completions')?.readRequest({
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'assistant', tool_calls: [...calls, { ...calls[0], id: '________________2' }] },
      ...[...names, '________________2'].map((tool_call_id) => ({ role: 'tool', tool_call_id, content: 'x' })),
    ],
  })
  const to = { provider: 'anthropic', model: 'claude-opus-4-6', isStreaming: false }
  const body = asking === undefined ? {} : dialectOf('messages')?.writeRequest(asking, to)
  const { messages } = body as { messages: { content: { id?: string; tool_use_id?: string }[] }[] }
  const ids = messages[1]?.content.map(({ id }) => id) ?? []
  expect(new Set(ids).size).toBe(count + 1)
  expect(messages[2]?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(ids)
  expect(performance.now() - from).toBeLessThan(MOST_MS)
})
