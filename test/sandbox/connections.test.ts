// Answers that do not arrive: cut, stalled, delayed, refused; and clients that do not wait for them.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import {
  anthropicClient,
  ask,
  KEY,
  openaiClient,
  PROJECT_KEY,
  question,
  say,
  start,
  streamed,
  until,
} from './support.ts'

describe('broken streams', () => {
  const events = (text: string): number => text.split('\n\n').length - 1

  test('cut after some events', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ cutAfterEvents: 4 }])
    const heard = await ask(sandbox, streamed)
    expect(heard).toMatchObject({ status: 200, broken: true })
    expect(events(heard.text)).toBe(4)
    expect(sandbox.requests()[0]).toMatchObject({ status: 200, faulted: true, aborted: false })
  })

  test('cut after some bytes, in a stream and in JSON', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ cutAfterBytes: 100 }])
    for (const body of [streamed, question()]) {
      const heard = await ask(sandbox, body)
      expect(heard).toMatchObject({ status: 200, broken: true })
      expect(heard.text).toHaveLength(100)
    }
  })

  test('an error event ends a stream that began well, in all dialects', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ errorEventAfterEvents: 3 }])
    const heard = await ask(sandbox, streamed)
    expect(heard).toMatchObject({ status: 200, broken: false })
    expect(heard.text).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error".*\n\n$/)
    await expect(anthropicClient(sandbox).messages.stream(question()).finalMessage()).rejects.toBeInstanceOf(
      Anthropic.APIError,
    )
    const client = openaiClient(sandbox)
    const chat = await client.chat.completions.create({
      model: 'gpt-5.1',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    })
    await expect(drain(chat)).rejects.toThrow('Overloaded')
    const responses = await say(`${sandbox.baseUrl('openai')}/responses`, {
      headers: { authorization: `Bearer ${PROJECT_KEY}` },
      body: JSON.stringify({ model: 'gpt-5.1', input: 'hi', stream: true }),
    })
    expect(responses.text).toMatch(
      /event: error\ndata: \{"type":"error","code":"server_error".*"sequence_number":3\}\n\n$/,
    )
  })

  test('a stalled stream stays open until the client leaves', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ stallAfterEvents: 2 }])
    const stream = await anthropicClient(sandbox).messages.create({ ...question(), stream: true })
    for await (const { type } of stream) {
      expect(sandbox.state().open).toBe(1)
      if (type === 'content_block_start') break
    }
    await until(() => sandbox.state().open === 0)
    expect(sandbox.requests()[0]).toMatchObject({ status: 200, aborted: true })
  })
})

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of stream) count++
  return count
}

test('a client that leaves ends its stream, and the record says so', async () => {
  const sandbox = await start({ tokenDelayMs: 5, words: 10_000 })
  const stream = await anthropicClient(sandbox).messages.create({ ...question(), max_tokens: 20_000, stream: true })
  for await (const event of stream) if (event.type === 'content_block_delta') break
  await until(() => sandbox.state().open === 0)
  expect(sandbox.requests()[0]).toMatchObject({ aborted: true, status: 200 })
})

test('a client that leaves in the middle of its own request is recorded', async () => {
  const sandbox = await start()
  const socket = connect(sandbox.port, '127.0.0.1')
  socket.write('POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"mod')
  await sleep(20)
  socket.destroy()
  await until(() => sandbox.requests().length === 1)
  expect(sandbox.requests()[0]).toMatchObject({ aborted: true, bodyBytes: 5 })
  expect(sandbox.state().open).toBe(0)
})

test('hang takes the request and never answers', async () => {
  const sandbox = await start()
  sandbox.setFaults([{ hang: true }])
  const leave = new AbortController()
  const call = anthropicClient(sandbox).messages.create(question(), { signal: leave.signal })
  call.catch(() => {
    // Judged below.
  })
  await until(() => sandbox.state().open === 1)
  leave.abort()
  await expect(call).rejects.toBeInstanceOf(Anthropic.APIUserAbortError)
  await until(() => sandbox.requests()[0]?.aborted === true)
  expect(sandbox.requests()[0]?.status).toBeUndefined()
})

test('a delay goes before the answer, and ends with the client', async () => {
  const sandbox = await start()
  sandbox.setFaults([{ delayMs: 30, times: 1 }, { delayMs: 60_000 }])
  expect((await ask(sandbox)).status).toBe(200)
  const leave = new AbortController()
  const call = anthropicClient(sandbox).messages.create(question(), { signal: leave.signal })
  call.catch(() => {
    // Left on purpose.
  })
  await until(() => sandbox.state().open === 1)
  leave.abort()
  await until(() => sandbox.state().open === 0)
})

test('reset breaks the connection before any byte, as a reset and not as an end', async () => {
  const sandbox = await start()
  sandbox.setFaults([{ reset: true }])
  await expect(ask(sandbox)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(sandbox.requests()[0]).toMatchObject({ aborted: false, faulted: true })
  const socket = connect(sandbox.port, '127.0.0.1')
  socket.write('GET /anthropic/v1/models HTTP/1.1\r\nhost: x\r\n\r\n')
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNRESET' })
})

test.each([
  ['a delay', { tokenDelayMs: 0 }, [{ delayMs: 60_000 }]],
  ['a slow stream', { tokenDelayMs: 60_000 }, []],
])('%s leaves no timer behind when its clients are gone', async (_name, options, rules) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const sandbox = await start(options)
  sandbox.setFaults(rules)
  const sockets = Array.from({ length: 20 }, () => connect(sandbox.port, '127.0.0.1'))
  const body = JSON.stringify(streamed)
  for (const socket of sockets) {
    socket.write(
      `POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\nanthropic-version: 2023-06-01\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  }
  await until(() => sandbox.state().open === sockets.length)
  // Others of this process come and go, so only the fall counts.
  const most = timers()
  for (const socket of sockets) socket.destroy()
  await until(() => sandbox.state().open === 0)
  await until(() => timers() <= most - sockets.length)
})

test('extra bytes come right behind the answer on the same connection', async () => {
  const sandbox = await start()
  sandbox.setFaults([{ extraBytesAfterResponse: 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison' }])
  const socket = connect(sandbox.port, '127.0.0.1')
  const body = JSON.stringify(question())
  socket.write(
    `POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\nanthropic-version: 2023-06-01\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  let text = ''
  socket.on('data', (piece) => {
    text += piece
  })
  await until(() => text.endsWith('poison'))
  expect(text).toMatch(/"Sandbox answer[\s\S]*\}HTTP\/1\.1 200 OK\r\n/)
  expect(socket.destroyed).toBe(false)
  socket.destroy()
})

describe('down and up', () => {
  const refused = async (sandbox: Sandbox) => {
    const socket = connect(sandbox.port, '127.0.0.1')
    const [error] = await once(socket, 'error')
    return error.code
  }

  test('connections are refused, those that were open end, and the same port comes back', async () => {
    const sandbox = await start()
    const { port } = sandbox
    const idle = connect(port, '127.0.0.1')
    await once(idle, 'connect')
    expect((await ask(sandbox)).status).toBe(200)
    const ended = once(idle, 'close')
    await sandbox.down()
    await ended
    expect(await refused(sandbox)).toBe('ECONNREFUSED')
    await sandbox.up()
    await sandbox.up()
    expect(sandbox.port).toBe(port)
    expect((await ask(sandbox)).status).toBe(200)
  })

  test('close ends running streams and delays, whenever it comes', async () => {
    const sandbox = await start({ tokenDelayMs: 60_000 })
    const call = ask(sandbox, streamed)
    await until(() => sandbox.state().open === 1)
    const uploading = connect(sandbox.port, '127.0.0.1')
    uploading.on('error', () => uploading.destroy())
    uploading.write('POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{')
    await sleep(20)
    await sandbox.close()
    expect(sandbox.state().open).toBe(0)
    expect((await call).broken).toBe(true)
    expect(sandbox.requests()).toHaveLength(1)
    expect(sandbox.requests()[0]?.aborted).toBe(false)
    await Promise.all([sandbox.up(), sandbox.close()])
    expect(await refused(sandbox)).toBe('ECONNREFUSED')
  })

  test('a sandbox that was closed while it was down for a while stays closed', async () => {
    const sandbox = await start()
    await sandbox.down(20)
    await sandbox.close()
    await sleep(60)
    expect(await refused(sandbox)).toBe('ECONNREFUSED')
  })

  test('a port that is taken is an error', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await expect(start({ port: port ?? 0 })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    other.close()
  })
})
