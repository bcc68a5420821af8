// What of a transcript is sent along.
import { describe, expect, it } from 'vitest'
import { leftOut, recent, turnRequest } from '../../src/chat/request.ts'
import type { ChatMessage } from '../../src/core/protocol.ts'

const said = (role: ChatMessage['role'], text: string): ChatMessage => ({
  role,
  content: [{ type: 'text', text }],
  timestamp: 0,
})

describe('the request of a turn', () => {
  it('is written in the dialect of the provider, streaming, with usage asked for', () => {
    const history = [said('user', 'one'), said('assistant', 'two')]
    const messages = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: 'three' },
    ]
    const anthropic = turnRequest('messages', 'claude-opus-4-6', history, 'three')
    expect(JSON.parse(Buffer.from(anthropic.body).toString())).toEqual({
      model: 'claude-opus-4-6',
      max_tokens: 4096,
      stream: true,
      messages,
    })
    expect(anthropic.headers).toContain('anthropic-version')
    const openai = turnRequest('chat_completions', 'gpt-5.1', history, 'three')
    expect(JSON.parse(Buffer.from(openai.body).toString())).toEqual({
      model: 'gpt-5.1',
      stream: true,
      stream_options: { include_usage: true },
      messages,
    })
    expect(openai.headers).not.toContain('anthropic-version')
    const codex = turnRequest('responses', 'gpt-5.1-codex', history, 'three')
    expect(JSON.parse(Buffer.from(codex.body).toString())).toMatchObject({
      stream: true,
      store: false,
      instructions: expect.any(String),
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'one' }] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'two' }] },
        { role: 'user', content: [{ type: 'input_text', text: 'three' }] },
      ],
    })
  })

  it('shows pictures before the words, in the form of each dialect, and marks the words for the cache', () => {
    const picture = { mediaType: 'image/png', base64: 'AAAA' }
    const last = (dialect: Parameters<typeof turnRequest>[0], retention: 'none' | 'short'): unknown => {
      const { body } = turnRequest(dialect, 'm', [said('user', 'one')], 'look', { retention }, [picture, picture])
      const { messages, input } = JSON.parse(Buffer.from(body).toString())
      return (messages ?? input).at(-1).content
    }
    const source = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
    const block = { type: 'image', source }
    expect(last('messages', 'none')).toEqual([block, block, { type: 'text', text: 'look' }])
    expect(last('messages', 'short')).toEqual([
      block,
      block,
      { type: 'text', text: 'look', cache_control: { type: 'ephemeral' } },
    ])
    const url = 'data:image/png;base64,AAAA'
    expect(last('chat_completions', 'none')).toEqual([
      { type: 'image_url', image_url: { url } },
      { type: 'image_url', image_url: { url } },
      { type: 'text', text: 'look' },
    ])
    expect(last('responses', 'none')).toEqual([
      { type: 'input_image', image_url: url },
      { type: 'input_image', image_url: url },
      { type: 'input_text', text: 'look' },
    ])
  })

  it('takes the newest messages that fit and begins with the user', () => {
    const long = Array.from({ length: 301 }, (_, index) => said(index % 2 === 0 ? 'user' : 'assistant', `m${index}`))
    const kept = recent(long)
    expect(kept.length).toBeLessThanOrEqual(100)
    expect(kept[0]?.role).toBe('user')
    expect(kept.at(-1)).toEqual(long.at(-1))
    expect(
      recent([said('user', 'x'.repeat(300_000)), said('assistant', 'y'.repeat(300_000)), said('user', 'z')]),
    ).toEqual([said('user', 'z')])
  })

  it('begins with the same message for many turns, as a cache holds only what begins alike', () => {
    const all = Array.from({ length: 200 }, (_, index) => said(index % 2 === 0 ? 'user' : 'assistant', `m${index}`))
    const firsts = new Set(Array.from({ length: 50 }, (_, turn) => recent(all.slice(0, 100 + 2 * turn))[0]))
    expect(firsts.size).toBeLessThanOrEqual(6)
    // What books a missed cache goes by the number of those left out: it changes where the beginning does, and only there.
    const numbers = Array.from({ length: 50 }, (_, turn) => leftOut(all.slice(0, 100 + 2 * turn)))
    expect(numbers.map((number) => all[number])).toEqual(
      numbers.map((_, turn) => recent(all.slice(0, 100 + 2 * turn))[0]),
    )
  })

  it('leaves out messages without a word, which vendors refuse', () => {
    expect(recent([said('user', 'a'), said('assistant', ''), said('user', 'b')])).toEqual([
      said('user', 'a'),
      said('user', 'b'),
    ])
  })
})
