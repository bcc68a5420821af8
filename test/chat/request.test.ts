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
    const question = { history: [said('user', 'one'), said('assistant', 'two')], message: 'three' }
    const messages = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: 'three' },
    ]
    const anthropic = turnRequest('messages', { provider: 'anthropic', model: 'claude-opus-4-6' }, question)
    expect(JSON.parse(Buffer.from(anthropic.body).toString())).toEqual({
      model: 'claude-opus-4-6',
      max_tokens: 4096,
      stream: true,
      messages,
    })
    expect(anthropic.headers).toContain('anthropic-version')
    const openai = turnRequest('chat_completions', { provider: 'openai', model: 'gpt-5.1' }, question)
    expect(JSON.parse(Buffer.from(openai.body).toString())).toEqual({
      model: 'gpt-5.1',
      stream: true,
      stream_options: { include_usage: true },
      messages,
    })
    expect(openai.headers).not.toContain('anthropic-version')
    const codex = turnRequest('responses', { provider: 'openai-codex', model: 'gpt-5.1-codex' }, question)
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
    const bytes = Buffer.from('AAAA', 'base64')
    const picture = { kind: 'image' as const, mediaType: 'image/png', bytes }
    const question = { history: [said('user', 'one')], message: 'look', shown: [picture, picture] }
    const last = (dialect: Parameters<typeof turnRequest>[0], retention: 'none' | 'short'): unknown => {
      const { body } = turnRequest(dialect, { provider: 'any', model: 'm' }, question, { retention })
      const { messages, input, contents } = JSON.parse(Buffer.from(body).toString())
      return contents?.at(-1).parts ?? (messages ?? input).at(-1).content
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
    const inline = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
    expect(last('generate_content', 'none')).toEqual([inline, inline, { text: 'look' }])
  })

  it('tells text files as text to everybody, and PDF in the form of each dialect', () => {
    const document = { kind: 'document' as const, bytes: Buffer.from('one') }
    const notes = { ...document, mediaType: 'text/plain', name: 'notes.md' }
    const paper = { ...document, mediaType: 'application/pdf', name: 'paper.pdf' }
    const shown = (dialect: Parameters<typeof turnRequest>[0]): unknown => {
      const question = { history: [], message: 'read', shown: [notes, paper] }
      const { body } = turnRequest(dialect, { provider: 'any', model: 'm' }, question)
      const { messages, input, contents } = JSON.parse(Buffer.from(body).toString())
      return (contents?.at(-1).parts ?? (messages ?? input).at(-1).content).slice(0, 2)
    }
    const data = document.bytes.toString('base64')
    const url = `data:application/pdf;base64,${data}`
    const text = 'notes.md:\n\none'
    expect(shown('messages')).toEqual([
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'one' }, title: 'notes.md' },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data },
        title: 'paper.pdf',
      },
    ])
    expect(shown('chat_completions')).toEqual([
      { type: 'text', text },
      { type: 'file', file: { filename: 'paper.pdf', file_data: url } },
    ])
    expect(shown('responses')).toEqual([
      { type: 'input_text', text },
      { type: 'input_file', filename: 'paper.pdf', file_data: url },
    ])
    expect(shown('generate_content')).toEqual([{ text }, { inlineData: { mimeType: 'application/pdf', data } }])
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
