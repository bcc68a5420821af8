// Calls have names of their own, whatever vendors call them, and what came of each is told of that one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { namedCalls, withNamedCalls } from '../../src/dialects/call-names.ts'
import { completions } from '../../src/dialects/completions/dialect.ts'
import { generateContent } from '../../src/dialects/generate-content/dialect.ts'
import { messages } from '../../src/dialects/messages/dialect.ts'
import type { Telling, Turn } from '../../src/dialects/neutral.ts'
import { turnsOf } from '../../src/dialects/turns.ts'

const call = (id: string, name: string): object => ({ id, type: 'function', function: { name, arguments: '{}' } })
const result = (id: string, content: string): object => ({ role: 'tool', tool_call_id: id, content })
const CLAUDE = { provider: 'anthropic', model: 'claude-opus-4-6', isStreaming: false }
const GEMINI = { provider: 'google', model: 'gemini-3-pro-preview', isStreaming: false }

const asked = completions.readRequest({
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', tool_calls: [call('call_0', 'f'), call('', 'g'), call('', 'h')] },
    ...[result('call_0', 'of f'), result('', 'of g'), result('', 'of h')],
    { role: 'assistant', tool_calls: [call('call_0', 'k')] },
    result('call_0', 'of k'),
  ],
})

test('in a conversation of a vendor that begins anew in each answer, or gives no names', () => {
  const { messages: said } = messages.writeRequest(asked, CLAUDE) as {
    messages: { content: { id?: string; tool_use_id?: string }[] }[]
  }
  const [first, second] = [said[1], said[3]].map((one) => one?.content.map(({ id }) => id) ?? [])
  expect(new Set([...(first ?? []), ...(second ?? [])]).size).toBe(4)
  expect(said[2]?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(first)
  expect(said[4]?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(second)
})

test('Google is told of which tool each result is', () => {
  const { contents } = generateContent.writeRequest(asked, GEMINI) as {
    contents: { parts: { functionResponse?: object }[] }[]
  }
  const told = contents.flatMap(({ parts }) => parts.flatMap(({ functionResponse }) => functionResponse ?? []))
  expect(told).toMatchObject([
    { name: 'f', response: { output: 'of f' } },
    { name: 'g', response: { output: 'of g' } },
    { name: 'h', response: { output: 'of h' } },
    { name: 'k', response: { output: 'of k' } },
  ])
})

test('no two calls share one, each result finds its call, and the same conversation comes out the same', () => {
  const names = fc.constantFrom('', 'call_0', 'call_1', 'toolu_1', 'call_0_1')
  const exchanges = fc.array(fc.array(names, { minLength: 1, maxLength: 4 }), { maxLength: 5 })
  fc.assert(
    fc.property(exchanges, (all) => {
      const turns = all.flatMap((ids, at): Turn[] => [
        {
          role: 'assistant',
          parts: ids.map((id, index) => ({ kind: 'call', id, name: `f${at}_${index}`, input: '{}' })),
        },
        {
          role: 'user',
          parts: ids.map((id, index) => ({
            kind: 'result',
            callId: id,
            content: [{ kind: 'text', text: `f${at}_${index}` }],
          })),
        },
      ])
      const out = turnsOf(turns)
      const calls = new Map<string, string>()
      for (const { role, parts } of out) {
        if (role === 'system') continue
        for (const part of parts) {
          if (part.kind === 'call') {
            expect(calls.has(part.id)).toBe(false)
            calls.set(part.id, part.name)
          }
        }
      }
      // Of calls that share a name within one turn, results are told apart by their order.
      for (const { role, parts } of out) {
        if (role !== 'user') continue
        for (const part of parts) {
          if (part.kind === 'result') expect(part.content).toEqual([{ kind: 'text', text: calls.get(part.callId) }])
        }
      }
      expect(turnsOf(turns)).toEqual(out)
      expect(turnsOf(out)).toEqual(out)
    }),
    { numRuns: 200 },
  )
})

describe('an answer', () => {
  const USAGE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  const part = (id: string) => ({ kind: 'call', id, name: 'f', input: '{}' }) as const
  const ids = ['', 'call_0', '3', 'toolu_01AbC', 'functions.f:0']
  const wanted = ['call_a1b2_0', 'call_a1b2_1', 'call_a1b2_2', 'toolu_01AbC', 'functions.f:0']

  test('has names that no other has, whole and streamed', () => {
    const whole = withNamedCalls({ id: 'x', model: 'm', parts: ids.map(part), stop: 'tools', usage: USAGE }, 'a1b2')
    expect(whole.parts.map((one) => (one.kind === 'call' ? one.id : ''))).toEqual(wanted)
    const told: Telling[] = []
    const tell = namedCalls('a1b2', (telling) => told.push(telling))
    ids.forEach((id, at) => {
      tell({ is: 'open', at, part: { kind: 'call', id, name: 'f' } })
    })
    expect(told.map((one) => (one.is === 'open' && one.part.kind === 'call' ? one.part.id : ''))).toEqual(wanted)
  })
})

test('a turn of very many parts is joined without meeting the end of the stack', () => {
  const parts = Array.from({ length: 200_000 }, () => ({ kind: 'text', text: 'x' }) as const)
  const joined = turnsOf([
    { role: 'user', parts: [{ kind: 'text', text: 'a' }] },
    { role: 'user', parts },
  ])
  expect(joined[0]?.parts).toHaveLength(200_001)
})
