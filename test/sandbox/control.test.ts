// The control API, the records, the accounts, and the light mode of benchmarks.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createRecords, type RequestRecord } from '../../src/sandbox/records.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { scan } from '../../src/sandbox/scan.ts'
import { anthropicClient, ask, KEY, openaiClient, question, say, start } from './support.ts'

const post = (sandbox: Sandbox, path: string, value: unknown, headers: Record<string, string> = {}) =>
  say(`${sandbox.url}/_sandbox${path}`, { headers, body: JSON.stringify(value) })

describe('the control API', () => {
  test('sets faults, tells what came, and forgets it', async () => {
    const sandbox = await start()
    expect((await post(sandbox, '/faults', { rules: [{ preset: 'server-500', times: 1 }] })).status).toBe(200)
    expect((await ask(sandbox)).status).toBe(500)
    const state = JSON.parse((await say(`${sandbox.url}/_sandbox`)).text)
    expect(state).toMatchObject({ sandbox: true, requests: 1, faults: [{ met: 1 }] })
    const { requests } = JSON.parse((await say(`${sandbox.url}/_sandbox/requests?last=5`)).text)
    expect(requests).toMatchObject([{ account: 'work', status: 500, faulted: true }])
    await post(sandbox, '/reset', {})
    expect(sandbox.state()).toMatchObject({ requests: 0, faults: [] })
    expect(sandbox.requests()).toEqual([])
  })

  test('says what is wrong with a rule', async () => {
    const sandbox = await start()
    const heard = await post(sandbox, '/faults', [{ status: 'high' }])
    expect(heard.status).toBe(400)
    expect(heard.text).toContain('rules[0].status')
    expect((await say(`${sandbox.url}/_sandbox/faults`, { body: '{' })).status).toBe(400)
  })

  test('takes the sandbox down for a while', async () => {
    const sandbox = await start()
    await post(sandbox, '/down', { forMs: 600 })
    const codes: string[] = []
    for (let tries = 0; tries < 3000; tries++) {
      const socket = connect(sandbox.port, '127.0.0.1')
      const outcome = await Promise.race([
        once(socket, 'connect').then(() => 'open'),
        new Promise<string>((resolve) =>
          socket.on('error', (error) => resolve('code' in error ? String(error.code) : '')),
        ),
      ])
      socket.destroy()
      if (codes.at(-1) !== outcome) codes.push(outcome)
      if (outcome === 'open' && codes.includes('ECONNREFUSED')) break
      await sleep(5)
    }
    expect(codes).toContain('ECONNREFUSED')
    expect(codes.at(-1)).toBe('open')
    expect((await post(sandbox, '/down', {})).status).toBe(400)
  })

  test('refuses browsers and foreign names', async () => {
    const sandbox = await start()
    const url = `${sandbox.url}/_sandbox`
    expect((await say(url, { headers: { origin: 'http://example.com' } })).status).toBe(403)
    expect((await say(url, { headers: { host: 'example.com' } })).status).toBe(403)
    expect((await say(`${url}/nothing`)).status).toBe(404)
    expect((await say(sandbox.url)).status).toBe(404)
  })

  test('tells no key', async () => {
    const sandbox = await start()
    await ask(sandbox)
    const told = JSON.stringify([sandbox.state(), sandbox.requests()])
    expect(told).not.toContain(KEY)
    expect(told).toContain('…0001')
  })
})

describe('records', () => {
  test('hold what was sent', async () => {
    const sandbox = await start({ now: () => 42 })
    const body = JSON.stringify(question('ü'))
    await say(`${sandbox.baseUrl('anthropic')}/v1/messages?beta=true`, {
      headers: { authorization: `Bearer ${KEY}`, 'anthropic-version': '2023-06-01', 'x-mark': 'a' },
      body,
    })
    expect(sandbox.requests()).toEqual([
      {
        id: 1,
        receivedAt: 42,
        vendor: 'anthropic',
        method: 'POST',
        path: '/anthropic/v1/messages?beta=true',
        account: 'work',
        model: 'claude-opus-4-6',
        status: 200,
        headers: expect.objectContaining({ authorization: '…0001', 'x-mark': 'a' }),
        bodyBytes: Buffer.byteLength(body),
        bodySha256: createHash('sha256').update(body).digest('hex'),
        faulted: false,
        aborted: false,
      },
    ])
  })

  test('are the newest, oldest first', () => {
    const records = createRecords(3)
    for (let id = 1; id <= 5; id++) records.add({ id } as RequestRecord)
    expect(records.list().map(({ id }) => id)).toEqual([3, 4, 5])
  })
})

describe('accounts', () => {
  test('without any named, each vendor has a healthy one', async () => {
    const sandbox = await startSandbox()
    const accounts = sandbox.state().accounts.map(({ vendor, name }) => `${vendor}:${name}`)
    await sandbox.close()
    expect(accounts).toEqual(['anthropic:healthy', 'openai:healthy', 'google:healthy', 'chatgpt:home', 'chatgpt:work'])
  })

  test.each([
    [
      [
        { name: 'a', key: 'k1' },
        { name: 'a', key: 'k2' },
      ],
      'twice',
    ],
    [
      [
        { name: 'a', key: 'k1' },
        { name: 'b', key: 'k1' },
      ],
      'twice',
    ],
    [[{ name: 'ü', key: 'k1' }], 'header'],
  ])('%j collide or cannot be named', async (list, complaint) => {
    const accounts = list.map((account) => ({ vendor: 'openai' as const, ...account }))
    await expect(startSandbox({ accounts })).rejects.toThrow(complaint)
  })
})

describe('the light mode', () => {
  test('answers as well as ever, and keeps only counters', async () => {
    const sandbox = await start({ record: false, words: 20 })
    const client = anthropicClient(sandbox)
    const long = question('word '.repeat(20_000))
    const answers = [
      await client.messages.create(question()),
      await client.messages.create(long),
      await client.messages.stream(question()).finalMessage(),
      await client.messages.stream(long).finalMessage(),
    ]
    for (const { content } of answers) expect(content).toEqual(answers[0]?.content)
    expect((await client.messages.create({ ...question(), max_tokens: 1 })).stop_reason).toBe('max_tokens')
    const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]
    expect((await client.messages.create({ ...question('use the tool'), tools })).stop_reason).toBe('tool_use')
    const stream = await openaiClient(sandbox).responses.create({ model: 'gpt-5.1', input: 'hi', stream: true })
    const types: string[] = []
    for await (const { type } of stream) types.push(type)
    expect(types.at(-1)).toBe('response.completed')
    expect(sandbox.requests()).toEqual([])
    expect(sandbox.state().accounts[0]).toMatchObject({ requests: 6, statuses: { 200: 6 } })
  })

  test('still refuses and still suffers', async () => {
    const sandbox = await start({ record: false })
    const long = { ...question('word '.repeat(5000)), model: 'claude-9' }
    expect((await ask(sandbox, long)).status).toBe(404)
    expect((await ask(sandbox, question(), { 'x-api-key': 'nobody' })).status).toBe(401)
    sandbox.setFaults([{ model: 'claude-opus-4-6', status: 529 }])
    expect((await ask(sandbox, { ...long, model: 'claude-opus-4-6' })).status).toBe(529)
  })

  const text = 'x'.repeat(600)
  test.each([
    ['next to the model', { model: 'm', stream: true, text }, true],
    ['after the limit', { model: 'm', max_tokens: 10, stream: true, text }, true],
    ['at the end', { model: 'm', text, stream: true }, true],
    ['at the end, false', { model: 'm', text, stream: false }, false],
    ['nowhere', { model: 'm', text: `say "stream":true ${text}` }, false],
  ])('finds the wish for a stream %s', (_name, body, stream) => {
    expect(scan(Buffer.from(JSON.stringify(body)))).toEqual({ model: 'm', stream })
  })

  test.each([
    ['in the middle', { model: 'm', text, stream: true, more: text }],
    ['only deeper', { model: 'm', text, deep: { stream: true } }],
    ['with the model later', { text, model: 'm' }],
  ])('leaves it to the parser %s', (_name, body) => {
    expect(scan(Buffer.from(JSON.stringify(body)))).toBeUndefined()
  })
})
