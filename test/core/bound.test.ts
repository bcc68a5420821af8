// What only one account can open is found in bytes, wherever they are cut and however they are written; and is remembered within bounds.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BoundThing, boundInAnswer, boundInRequest } from '../../src/core/bound.ts'
import { boundReader } from '../../src/core/bound-reader.ts'
import { Issued, MOST_ISSUED } from '../../src/core/issued.ts'
import { piecesHold } from '../../src/core/pieces.ts'
import { BodyScan } from '../../src/core/scan.ts'
import { textKey } from '../../src/core/text-key.ts'
import { UNDO_MS } from '../../src/core/undo.ts'

const ALL = { items: true, containers: true }
const key = (text: string): number => textKey(Buffer.from(text))

function found(endpoint: string, text: string, cuts: readonly number[] = []): BoundThing[] {
  const bytes = Buffer.from(text)
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const pieces = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
  const scan = new BodyScan()
  for (const piece of pieces) scan.push(piece)
  return boundInRequest(endpoint, { places: scan.places, pieces, isOdd: scan.isOdd }, ALL)
}

function handedOut(endpoint: string, text: string): number[] {
  const keys: number[] = []
  boundInAnswer(endpoint, Buffer.from(text), (one) => keys.push(one))
  return keys
}

const SEALED = `gAAAAAB${'x7_-'.repeat(200)}==`
const OTHER = `gAAAAAB${'y8_-'.repeat(200)}==`
const REQUEST = {
  model: 'gpt-5.1',
  previous_response_id: 'resp_0123456789',
  conversation: { id: 'conv_0123456789' },
  input: [
    {
      type: 'reasoning',
      id: 'rs_0123456789',
      summary: [{ type: 'summary_text', text: '"encrypted_content":"no"' }],
      encrypted_content: SEALED,
    },
    { type: 'item_reference', id: 'msg_0123456789' },
    { id: 'fc_9876543210', type: 'item_reference' },
    { type: 'message', role: 'user', content: [{ type: 'input_file', file_id: 'file-0123456789' }] },
    { type: 'compaction', encrypted_content: OTHER },
    {
      type: 'function_call',
      id: 'fc_0123456789',
      call_id: 'call_0123456789',
      name: 'f',
      arguments: '{"file_id":"of a tool"}',
    },
  ],
  prompt: { id: 'pmpt_0123456789', variables: { id: 'a variable of that name' } },
  tools: [
    { type: 'code_interpreter', container: 'cntr_0123456789' },
    {
      type: 'file_search',
      vector_store_ids: ['vs_0123456789', 'vs_9876543210'],
      filters: { key: 'file_ids', value: [] },
    },
    { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-9876543210'] } },
    { type: 'mcp', server_label: 'x', tunnel_id: 'tunnel_0123456789' },
    { type: 'shell', environment: { skills: [{ skill_id: 'skill_0123456789' }, { skill_id: 'openai-spreadsheets' }] } },
    { type: 'function', name: 'f', parameters: { properties: { vector_store_ids: { type: 'array' } } } },
  ],
}
const EXPECTED = [
  ['previous_response_id', 'resp_0123456789', false],
  ['conversation', 'conv_0123456789', false],
  ['prompt.id', 'pmpt_0123456789', false],
  ['vector_store_ids', 'vs_0123456789', false],
  ['vector_store_ids', 'vs_9876543210', false],
  ['file_ids', 'file-9876543210', false],
  ['tunnel_id', 'tunnel_0123456789', false],
  ['skill_id', 'skill_0123456789', false],
  ['file_id', 'file-0123456789', false],
  ['container', 'cntr_0123456789', false],
  ['item_reference', 'msg_0123456789', false],
  ['item_reference', 'fc_9876543210', false],
  ['encrypted_content', SEALED, true],
  ['compaction', OTHER, false],
].map(([field, text, isThought]) => ({ field, key: key(String(text)), isThought }))

describe('in a request', () => {
  test('everything is found, as it is written, spread out, or escaped, wherever the body is cut', () => {
    const forms = [
      JSON.stringify(REQUEST),
      JSON.stringify(REQUEST, null, 2),
      JSON.stringify(REQUEST).replaceAll('=', '\\u003d').replaceAll('-', '\\u002d'),
    ]
    for (const form of forms) expect(found('responses', form)).toEqual(EXPECTED)
    fc.assert(
      fc.property(fc.constantFrom(...forms), fc.array(fc.nat(), { maxLength: 6 }), (form, cuts) => {
        expect(found('responses', form, cuts)).toEqual(EXPECTED)
      }),
    )
  })

  test('everything is found however its names and texts are written', () => {
    const texts = JSON.stringify(REQUEST).split(/("(?:[^"\\\\]|\\\\.)*")/)
    const disguised = (text: string, letter: number): string => {
      const at = 1 + (letter % Math.max(1, text.length - 2))
      const code = text.charCodeAt(at).toString(16).padStart(4, '0')
      return /[\w-]/.test(text[at] ?? '') && text[at - 1] !== '\\'
        ? `${text.slice(0, at)}\\u${code}${text.slice(at + 1)}`
        : text
    }
    const letters = fc.array(fc.option(fc.nat(40)), { minLength: texts.length, maxLength: texts.length })
    fc.assert(
      fc.property(letters, fc.array(fc.nat(), { maxLength: 4 }), (chosen, cuts) => {
        const form = texts.map((text, at) =>
          at % 2 === 1 && chosen[at] != null ? disguised(text, chosen[at] ?? 0) : text,
        )
        expect(JSON.parse(form.join(''))).toEqual(REQUEST)
        expect(found('responses', form.join(''), cuts)).toEqual(EXPECTED)
      }),
    )
    const fields = (endpoint: string, body: string): string[] => found(endpoint, body).map(({ field }) => field)
    expect(fields('messages', '{"c\\u006fntainer":"container_0123456789","\\u006dodel":"m"}')).toEqual(['container'])
    // A client of PHP writes every slash so.
    const file = '{"contents":[{"parts":[{"fileData":{"fileUri":"https:\\/\\/g\\/v1beta\\/files\\/abc"}}]}]}'
    expect(fields('generate_content', file)).toEqual(['fileUri'])
  })

  test('of names that stand twice each counts, and so does what stands where a vendor would look', () => {
    const twice = '{"previous_response_id":"resp_0123456789", "model":"a", "previous_response_id" : "resp_9876543210"}'
    expect(found('responses', twice).map((one) => one.key)).toEqual(['resp_0123456789', 'resp_9876543210'].map(key))
    // The name of the model stands twice, so that the scanner gives up before it sees the rest.
    const early =
      '{"model":"a","model":"b","container":{"id":"container_0123456789","skills":[{"skill_id":"skill_0123456789"}]}}'
    expect(found('messages', early).map(({ field }) => field)).toEqual(['container', 'skill_id'])
    expect(
      found(
        'messages',
        '{"model":"a","model":1, "container" : 12e4, "thread":{"previous_message_id":"msg_0123456789"}',
      ),
    ).toHaveLength(1)
    expect(found('messages', '{"model":"a","model":"never closed, "container":"container_0123456789"}')).toEqual([])
    const within = JSON.stringify({
      input: [{ role: 'user', content: [] }],
      tools: [{ previous_response_id: 'resp_0123456789' }],
    })
    expect(found('responses', within)).toEqual([])
  })

  test('a thought that was left with the vendor is known by its id', () => {
    const input = [{ type: 'reasoning', id: 'rs_0123456789', summary: [] }]
    expect(found('responses', JSON.stringify({ input }))).toEqual([
      { field: 'reasoning', key: key('rs_0123456789'), isThought: true },
    ])
  })

  test('of the other dialects files, containers and caches; what belongs to tools and addresses in the world is nobody’s', () => {
    const claude = {
      model: 'claude',
      container: 'container_0123456789',
      messages: [
        { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'file_0123456789' } }] },
      ],
    }
    expect(found('messages', JSON.stringify(claude))).toEqual([
      { field: 'container', key: key('container_0123456789'), isThought: false },
      { field: 'file_id', key: key('file_0123456789'), isThought: false },
    ])
    const gemini = {
      cachedContent: 'cachedContents/abc',
      contents: [{ parts: [{ fileData: { fileUri: 'https://g/v1beta/files/abc' } }] }],
    }
    expect(found('generate_content', JSON.stringify(gemini)).map(({ field }) => field)).toEqual([
      'cachedContent',
      'fileUri',
    ])
    const searching = {
      cached_content: 'cachedContents/abc',
      tools: [{ file_search: { file_search_store_names: ['fileSearchStores/abc'] } }],
    }
    expect(found('generate_content', JSON.stringify(searching)).map(({ field }) => field)).toEqual([
      'cachedContent',
      'fileSearchStoreNames',
    ])
    const spoken = {
      messages: [
        { role: 'assistant', audio: { id: 'audio_0123456789' } },
        { role: 'user', content: 'audio_9876543210' },
      ],
    }
    expect(found('chat_completions', JSON.stringify(spoken))).toEqual([
      { field: 'audio.id', key: key('audio_0123456789'), isThought: false },
    ])
    const goesOn = {
      thread: { type: 'continue', previous_message_id: 'msg_0123456789' },
      fallback_credit_token: { token: 'credit-0123456789' },
      diagnostics: { previous_message_id: 'msg_9876543210' },
    }
    expect(found('messages', JSON.stringify(goesOn)).map(({ field }) => field)).toEqual([
      'thread.previous_message_id',
      'fallback_credit_token',
    ])
    expect(
      found('responses', JSON.stringify({ input: [{ role: 'user', content: 'my "file_id": "secret-file"' }] })),
    ).toEqual([])
    expect(found('responses', '{"input":[{"encrypted_content":"never closed')).toEqual([])
  })
})

describe('what only looks like it', () => {
  const told = (input: object): string =>
    JSON.stringify({
      messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input }] }],
    })

  test('is data of a tool, in dialects that tell it in JSON', () => {
    expect(found('messages', told({ file_id: '1AbCdEfGhIjKl' }))).toEqual([])
    expect(found('messages', told({ type: 'file', file_id: '1AbCdEfGhIjKl' }))).toEqual([])
    expect(found('messages', told({ files: [{ type: 'file', file_id: '1AbCdEfGhIjKl' }] }))).toEqual([])
    const call = { contents: [{ parts: [{ functionCall: { args: { fileUri: 'https://g/v1beta/files/abc' } } }] }] }
    expect(found('generate_content', JSON.stringify(call))).toEqual([])
  })

  test('is an address that is open to everybody', () => {
    for (const fileUri of [
      'https://www.youtube.com/watch?v=abc',
      'gs://bucket/files/abc',
      'https://a.example/abc.pdf',
    ]) {
      const parts = [{ fileData: { fileUri } }]
      expect(found('generate_content', JSON.stringify({ contents: [{ parts }] }, null, 2))).toEqual([])
    }
    const parts = [{ file_data: { mime_type: 'a/b', file_uri: 'https://g.example/v1beta/files/abc-1' } }]
    expect(found('generate_content', JSON.stringify({ contents: [{ parts }] }, null, 2))).toHaveLength(1)
  })

  test('and what is one is found beside other objects', () => {
    const upload = { cache_control: { type: 'ephemeral' }, type: 'container_upload', file_id: 'file_0123456789' }
    const body = JSON.stringify(
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, upload] }] },
      null,
      2,
    )
    expect(found('messages', body)).toHaveLength(1)
    const compacted = { encrypted_content: SEALED, annotations: {}, type: 'compaction' }
    const reference = { type: 'item_reference', meta: {}, id: 'msg_0123456789' }
    expect(found('responses', JSON.stringify({ input: [compacted, reference] })).map(({ field }) => field)).toEqual([
      'item_reference',
      'compaction',
    ])
  })
})

test('a hostile body is searched in a time that grows with its bytes, and what it fills the memory with is bounded', () => {
  // Where each of them led to a search of the whole body, this took minutes.
  const words = (word: string, count: number): string => Array(count).fill(word).join(',')
  const references = `{"input":[${words('"item_reference"', 600_000)}]}`
  expect(found('responses', references)).toEqual([])
  const sealed = `{"x":"compaction",${words('"encrypted_content":"aaaaaaaaaaaa"', 200_000)}}`
  expect(found('responses', sealed)).toHaveLength(8192)
})

test('an answer in pieces of a byte is read along, and lines without end are not', () => {
  const line = `data: {"type":"x","item":{"id":"rs_0123456789"}}\n\n`
  const keys: number[] = []
  const reader = boundReader('responses', true, (one) => keys.push(one))
  const push = (text: string): void => {
    for (const byte of Buffer.from(text)) reader.push(Uint8Array.of(byte))
  }
  // Where each piece copied the line, this took minutes.
  push(`data: "${'a'.repeat(900_000)}"\n`)
  push(line)
  reader.push(Buffer.from(`data: "id":"never-told","${'a'.repeat(1024 * 1024)}`))
  reader.push(Buffer.from('"id":"never-told"\n'))
  reader.push(Buffer.from(line + line.slice(0, 10)))
  reader.push(Buffer.from(line.slice(10)))
  reader.close()
  expect(keys).toEqual([1, 2, 3].map(() => key('rs_0123456789')))
})

describe('in an answer', () => {
  test('ids, thoughts, files and containers are told apart from what only mentions them', () => {
    const answer = {
      id: 'resp_0123456789',
      output: [
        { type: 'reasoning', id: 'rs_0123456789', encrypted_content: SEALED },
        { type: 'code_interpreter_call', id: 'ci_0123456789', container_id: 'cntr_0123456789' },
        { type: 'message', id: 'msg_0123456789', content: [{ annotations: [{ file_id: 'cfile_0123456789' }] }] },
      ],
    }
    const texts = [
      'resp_0123456789',
      'rs_0123456789',
      'ci_0123456789',
      'msg_0123456789',
      SEALED,
      'cntr_0123456789',
      'cfile_0123456789',
    ]
    for (const form of [JSON.stringify(answer), JSON.stringify(answer, null, 2)]) {
      expect(handedOut('responses', form).sort()).toEqual(texts.map(key).sort())
    }
    const delta =
      'data: {"type":"response.output_text.delta","item_id":"msg_0123456789","delta":"\\"id\\": \\"resp_x\\""}\n\n'
    expect(handedOut('responses', delta)).toEqual([])
    const signed =
      'event: content_block_delta\ndata: {"delta":{"type":"signature_delta","signature":"EqQBCkYIBRgC"}}\n\n'
    expect(handedOut('messages', signed)).toEqual([key('EqQBCkYIBRgC')])
    const kept = {
      id: 'msg_0123456789abcdef',
      stop_details: { type: 'refusal', fallback_credit_token: 'credit-0123456789' },
    }
    expect(handedOut('messages', JSON.stringify(kept))).toEqual([key('credit-0123456789'), key('msg_0123456789abcdef')])
    const claude = { id: 'msg_1', container: { id: 'container_0123456789' }, content: [{ type: 'container_upload' }] }
    expect(handedOut('messages', JSON.stringify(claude))).toEqual([key('container_0123456789')])
    expect(handedOut('chat_completions', JSON.stringify(answer))).toEqual([])
  })
})

test('an answer is read along, streamed or whole, wherever it is cut', () => {
  const told = JSON.stringify({
    type: 'response.output_item.done',
    item: { id: 'rs_0123456789', encrypted_content: SEALED },
  })
  const events = `event: response.output_item.done\ndata: ${told}\n\n`
  const expected = ['rs_0123456789', SEALED].map(key).sort()
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.nat(), { maxLength: 8 }), (streaming, cuts) => {
      const bytes = Buffer.from(streaming ? events : told)
      const keys = new Set<number>()
      const reader = boundReader('responses', streaming, (one) => keys.add(one))
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
      for (const [at, end] of ends.entries()) {
        // The piece belongs to the socket, which writes the next one over it.
        const piece = Buffer.from(bytes.subarray(ends[at - 1] ?? 0, end))
        reader.push(piece)
        piece.fill(0)
      }
      reader.close()
      expect([...keys].sort()).toEqual(expected)
    }),
  )
})

test('a text stands in pieces exactly when it stands in the whole', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '"'), maxLength: 30 })
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '"'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 6 }), word, (texts, text) => {
      const pieces = texts.map((one) => new Uint8Array(Buffer.from(one)))
      expect(piecesHold(pieces, Buffer.from(text))).toBe(texts.join('').includes(text))
    }),
  )
})

test('what was issued is remembered up to a bound, the latest longest', () => {
  const issued = new Issued()
  const issuer = { account: 'a', profile: 'openai:a' }
  for (let one = 0; one < MOST_ISSUED + 10; one++) issued.note(one, issuer, one)
  expect(issued.size).toBe(MOST_ISSUED)
  expect([issued.of(5, 1), issued.of(10, 1)]).toEqual([undefined, issuer])
  // What is shown again is kept longest: the next one takes the place of another.
  issued.note(-1, issuer, 2)
  expect([issued.of(10, 3), issued.of(11, 3)]).toEqual([issuer, undefined])
})

test('what an account made that was removed is known until the removal cannot be undone, and passes from then on', () => {
  const issued = new Issued()
  const [a, b] = ['a', 'b'].map((account) => ({ account, profile: `openai:${account}` }))
  if (a === undefined || b === undefined) throw new Error('nobody')
  issued.note(1, a, 0)
  issued.note(2, b, 0)
  issued.follow(new Set(['a', 'b']), new Set(['b']), 1000)
  expect([issued.misses(UNDO_MS + 1000), issued.of(1, 1000), issued.of(2, 1000)]).toEqual([true, a, b])
  // It comes back in time.
  issued.follow(new Set(['b']), new Set(['a', 'b']), 2000)
  expect([issued.misses(3 * UNDO_MS), issued.of(1, 2000)]).toEqual([false, a])
  issued.follow(new Set(['a', 'b']), new Set(['b']), 3000)
  expect([issued.misses(UNDO_MS + 3001), issued.of(1, 3001), issued.of(2, 3001)]).toEqual([false, undefined, b])
  expect(issued.size).toBe(1)
})

test('a body that ends within an escape is searched as far as it goes', () => {
  const id = 'cachedContents/0123456789abcdef'
  const body = `{"cachedContent":"${id}","contents":[{"text":"`
  const whole = found('generate_content', `${body}x"}]}`)
  expect(whole.map(({ key: one }) => one)).toContain(key(id))
  for (const cut of ['\\', '\\u', '\\u0', '\\u00', '\\u004', '\\u0041', '\\u41'])
    expect(found('generate_content', body + cut)).toEqual(whole)
})
