// Answers of HTTP/1.1 out of bytes: whatever the pieces, the same answer; nothing that could be read in two ways; and what we take for one answer,
// Node's own parser takes for the same one.
import { get } from 'node:http'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedAnswer } from '../../src/system/answer-head.ts'
import { AnswerReader } from '../../src/system/answer-reader.ts'
import { holds } from '../support/seeds.ts'

type Read = { status?: number; headers?: readonly string[]; body: string; keepMs?: number; error?: 'malformed' }

/** Reads the bytes, cut at those places. @param ends whether the server ends the connection behind them */
function read(bytes: Buffer, cuts: readonly number[] = [], ends = false): Read {
  const got: Read = { body: '' }
  const reader = new AnswerReader({
    head: (status, headers) => Object.assign(got, { status, headers }),
    data: (chunk) => {
      got.body += chunk.toString('latin1')
    },
    whole: (keepMs) => {
      got.keepMs = keepMs
    },
  })
  reader.begin()
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  try {
    for (const [at, from] of [0, ...places].entries()) {
      const piece = bytes.subarray(from, places[at] ?? bytes.length)
      if (piece.length > 0) reader.take(piece)
    }
    if (ends) reader.finish()
  } catch (error) {
    if (!(error instanceof MalformedAnswer)) throw error
    got.error = 'malformed'
  }
  return got
}

const answer = (text: string, cuts?: readonly number[], ends?: boolean): Read =>
  read(Buffer.from(text, 'latin1'), cuts, ends)
const KEEP_MS = 30_000

const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/).map((name) => `x-${name}`)
const values = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/)
const blanks = fc.stringMatching(/^[ \t]{0,3}$/)
const bodies = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text, 'utf8').toString('latin1'))
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 })

function inChunks(body: string, lengths: readonly number[], isUpper: boolean): string {
  let text = ''
  let at = 0
  for (const length of [...lengths, body.length]) {
    const part = body.slice(at, at + length)
    at += part.length
    if (part === '') break
    const size = part.length.toString(16)
    text += `${isUpper ? size.toUpperCase() : size}${isUpper ? ';ext="a b"' : ''}\r\n${part}\r\n`
  }
  return `${text}0\r\n${isUpper ? 'x-trailer: 1\r\n' : ''}\r\n`
}

const answers = fc
  .record({
    status: fc.constantFrom(200, 201, 299, 400, 429, 500, 529, 999),
    reason: fc.constantFrom(' OK', ' ', '', ' Zu viel \xe4'),
    fields: fc.array(fc.tuple(names, blanks, values, blanks), { maxLength: 6 }),
    body: bodies,
    how: fc.constantFrom('length', 'chunks', 'rest'),
    lengths: sizes,
    isUpper: fc.boolean(),
    announced: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ status, reason, fields, body, how, lengths, isUpper, announced }) => {
    const framing =
      how === 'length' ? `Content-Length: ${body.length}\r\n` : how === 'chunks' ? 'transfer-encoding: Chunked\r\n' : ''
    const head = `HTTP/1.1 ${status}${reason}\r\n${fields.map(([name, before, value, after]) => `${name}:${before}${value}${after}\r\n`).join('')}${framing}\r\n`
    const before = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(announced)
    const expected = {
      status,
      headers: [
        ...fields.flatMap(([name, , value]) => [name.toLowerCase(), value]),
        ...(how === 'length'
          ? ['content-length', `${body.length}`]
          : how === 'chunks'
            ? ['transfer-encoding', 'Chunked']
            : []),
      ],
      body,
      keepMs: how === 'rest' ? 0 : KEEP_MS,
    }
    return { text: before + head + (how === 'chunks' ? inChunks(body, lengths, isUpper) : body), how, expected }
  })
const cuts = fc.array(fc.nat(), { maxLength: 30 })

test('an answer is read as it was written, by its length, in chunks and to the end, however it comes', async () => {
  await holds(
    fc.property(answers, cuts, ({ text, how, expected }, at) => {
      expect(answer(text, at, how === 'rest')).toEqual(expected)
    }),
    3000,
  )
})

test('whatever bytes come, in whatever pieces: the same is read, and nothing is thrown but that they are malformed', async () => {
  const MARKS = [
    '\r',
    '\n',
    '\r\n',
    ' ',
    ':',
    '0',
    'f',
    '\0',
    '\x7f',
    'HTTP/1.1 200 OK\r\n',
    'content-length: 3\r\n',
    'transfer-encoding: chunked\r\n',
  ]
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 3 }), fc.constantFrom(...MARKS)), {
    maxLength: 4,
  })
  await holds(
    fc.property(answers, changes, cuts, fc.boolean(), ({ text }, edits, at, ends) => {
      let changed = text
      for (const [where, gone, put] of edits) {
        const place = where % (changed.length + 1)
        changed = changed.slice(0, place) + put + changed.slice(place + gone)
      }
      const whole = answer(changed, [], ends)
      const inPieces = answer(changed, at, ends)
      // Pieces show more of an answer before its fault comes; and more than the answer is seen only where it comes along.
      if (whole.error === undefined && whole.keepMs !== undefined && whole.keepMs > 0) expect(inPieces).toEqual(whole)
      if (whole.error !== undefined) expect(inPieces.error).toBe('malformed')
      expect({ ...inPieces, keepMs: 0, error: '' }).toMatchObject({ body: whole.body.slice(0, inPieces.body.length) })
    }),
    6000,
  )
})

test.each<[string, string]>([
  ['is no HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['is of another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['is of a version that nobody knows', 'HTTP/1.2 200 OK\r\n\r\n'],
  ['has a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['has a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['has a status of none', 'HTTP/1.1 OK\r\n\r\n'],
  ['has a status that begins with a zero', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['changes the protocol', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n'],
  ['ends its lines with line feeds', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
  ['holds a carriage return in a value', 'HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n'],
  ['holds a carriage return at the end of a value', 'HTTP/1.1 200 OK\r\nx: a\r\r\n\r\n'],
  ['holds a NUL', 'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n'],
  ['holds a DEL in its reason', 'HTTP/1.1 200 O\x7fK\r\ncontent-length: 0\r\n\r\n'],
  ['has a line without a colon', 'HTTP/1.1 200 OK\r\ncontent-length\r\n\r\n'],
  ['has a field without a name', 'HTTP/1.1 200 OK\r\n: 1\r\n\r\n'],
  ['has a blank before a colon', 'HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\nabc'],
  ['goes on in a second line', 'HTTP/1.1 200 OK\r\nx: a\r\n b: c\r\n\r\n'],
  ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
  ['has a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3, 3\r\n\r\nabc'],
  ['has a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\nabc'],
  ['has a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\nabc'],
  ['has a length in another base', 'HTTP/1.1 200 OK\r\ncontent-length: 0x3\r\n\r\nabc'],
  ['has no length behind its name', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n'],
  ['has a length beyond all numbers', `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(20)}\r\n\r\n`],
  ['is coded twice', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['is chunked in two lines', `HTTP/1.1 200 OK\r\n${'transfer-encoding: chunked\r\n'.repeat(2)}\r\n0\r\n\r\n`],
  ['is coded in a way that nobody knows', 'HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['has a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\nabc'],
  ['has a chunk of a negative size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-3\r\nabc\r\n'],
  ['has a size with a prefix', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n'],
  ['has a size with a blank', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n'],
  ['has a size beyond all numbers', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\nabc`],
  ['has an endless line before a chunk', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;${'a'.repeat(2000)}`],
  ['has a chunk longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n'],
  ['ends a chunk with a line feed', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n'],
  ['has an endless head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(8000)}`],
  ['has an endless line', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}`],
  ['has an endless trailer', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(8000)}`],
])('an answer that %s is refused', (_what, text) => {
  expect(answer(text).error).toBe('malformed')
  const byteByByte = Array.from({ length: Math.min(text.length, 200) }, (_, at) => at)
  expect(answer(text, byteByByte).error).toBe('malformed')
})

test.each<[string, string, number]>([
  ['by HTTP/1.1', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', KEEP_MS],
  [
    'as long as the server says, less a second',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nkeep-alive: timeout=5, max=9\r\n\r\n',
    4000,
  ],
  ['not for a second', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nkeep-alive: timeout=1\r\n\r\n', 0],
  ['not for a year', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nkeep-alive: timeout=31536000\r\n\r\n', 600_000],
  ['not where it closes', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: Close\r\n\r\n', 0],
  [
    'not where it closes among others',
    'HTTP/1.1 200 OK\r\nkeep-alive: timeout=9\r\ncontent-length: 0\r\nconnection: x, close\r\n\r\n',
    0,
  ],
  ['not by HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', 0],
  ['by HTTP/1.0 where it says so', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n', KEEP_MS],
  [
    'not with a length beside chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    0,
  ],
  [
    'not with no length beside chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    0,
  ],
  ['behind no content', 'HTTP/1.1 204 No Content\r\n\r\n', KEEP_MS],
  ['behind no content that has a length', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n', KEEP_MS],
  ['not with bytes behind it', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc', 0],
  ['not with an answer behind it', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', 0],
])('a connection is kept %s', (_what, text, keepMs) => {
  expect(answer(text)).toMatchObject({ keepMs })
})

test('chunks count, and not the length beside them', () => {
  const text = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
  expect(answer(text)).toMatchObject({ body: 'abc', keepMs: 0 })
})

test("what comes unasked, or once it is stopped, is nobody's", () => {
  const text = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
  const heard: string[] = []
  const reader = new AnswerReader({
    head: () => heard.push('head'),
    data: () => {
      heard.push('data')
      if (heard.length > 3) reader.stop()
    },
    whole: () => heard.push('whole'),
  })
  expect(() => reader.take(Buffer.from(text))).toThrow(MalformedAnswer)
  reader.begin()
  reader.take(Buffer.from(text))
  expect(heard).toEqual(['head', 'data', 'whole'])
  reader.begin()
  reader.take(Buffer.from(text))
  expect(heard.slice(3)).toEqual(['head', 'data'])
  expect(() => reader.take(Buffer.from(text))).not.toThrow()
})

test("what we take for one whole answer, Node's own parser takes for the same one", async () => {
  const changes = fc.array(
    fc.tuple(
      fc.nat(),
      fc.constantFrom(
        '\r',
        '\n',
        ' ',
        ':',
        '0',
        '1',
        'a',
        '\t',
        '\x0b',
        'content-length: 3\r\n',
        'transfer-encoding: chunked\r\n',
      ),
    ),
    {
      maxLength: 2,
    },
  )
  let bytes = Buffer.alloc(0)
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  let compared = 0
  await holds(
    fc.asyncProperty(answers, changes, async ({ text }, edits) => {
      let changed = text
      for (const [where, put] of edits) {
        const place = where % (changed.length + 1)
        changed = changed.slice(0, place) + put + changed.slice(place)
      }
      bytes = Buffer.from(changed, 'latin1')
      const ours = read(bytes)
      if (ours.error !== undefined || ours.keepMs === undefined || ours.keepMs === 0) return
      compared++
      const theirs = await new Promise<Read>((resolve, reject) => {
        get({ host: '127.0.0.1', port, agent: false }, (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('latin1') }),
          )
          response.on('error', reject)
        }).on('error', reject)
      })
      expect({ status: ours.status, body: ours.body }).toEqual(theirs)
    }),
    300,
  )
  server.close()
  expect(compared).toBeGreaterThan(30)
})
