// What an OpenTelemetry collector is told of calls: spans and metrics by the GenAI conventions, with a collector played on loopback.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { otelSettings } from '../../src/core/otel-settings.ts'
import { startExporter } from '../../src/gateway/otel/exporter.ts'
import { parentOf, spanOf } from '../../src/gateway/otel/gen-ai.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSystem } from '../../src/system/system.ts'
import { startGateway } from '../support/gateway-process.ts'
import { install, openclaw, until } from '../support/installation.ts'
import { build } from '../support/program.ts'

type Told = { path: string; headers: IncomingHttpHeaders; text: string }
type Collector = { url: string; told: Told[]; status: number; close(): Promise<void> }
type Point = { attributes: KeyValue[]; count: string; sum: number; bucketCounts: string[]; explicitBounds: number[] }
type KeyValue = { key: string; value: Record<string, unknown> }
type SpanJson = Record<string, unknown> & { attributes: KeyValue[]; status: Record<string, unknown> }

async function collector(): Promise<Collector> {
  const told: Told[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    told.push({ path: request.url ?? '', headers: request.headers, text: Buffer.concat(pieces).toString('utf8') })
    response.writeHead(played.status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  const played: Collector = { url: `http://127.0.0.1:${port}`, told, status: 200, close }
  return played
}

const read = (attributes: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

function spansIn(told: readonly Told[]): SpanJson[] {
  return told
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ text }) => JSON.parse(text).resourceSpans[0].scopeSpans[0].spans as SpanJson[])
}

const KEY = 'sk-ant-api03-otel-good-0123456789abcdef'
const LIMITED = 'sk-ant-api03-otel-limited-0123456789abcdef'
const HEADER = 'the-secret-of-the-collector'
const SAID = 'what somebody asked in confidence'
let sandbox: Sandbox
let played: Collector

beforeAll(async () => {
  await build()
  played = await collector()
  sandbox = await startSandbox({
    accounts: [
      { name: 'limited', vendor: 'anthropic', key: LIMITED, quota: 0 },
      { name: 'good', vendor: 'anthropic', key: KEY },
    ],
  })
}, 60_000)
afterAll(async () => {
  await played?.close()
  await sandbox?.close()
})

test('the built gateway tells each attempt as a span of its client’s trace, and tokens and times as metrics; nothing of what was said', async () => {
  const place = await install({
    config: {
      models: { providers: { anthropic: { baseUrl: sandbox.baseUrl('anthropic') } } },
      diagnostics: { otel: { flushIntervalMs: 1000, headers: { authorization: '${COLLECTOR_KEY}' } } },
    },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: played.url, OTEL_SERVICE_NAME: 'a gateway', COLLECTOR_KEY: HEADER },
    profiles: [
      { id: 'anthropic:jane@example.com', key: LIMITED },
      { id: 'anthropic:good', key: KEY },
    ],
    order: { anthropic: ['anthropic:jane@example.com', 'anthropic:good'] },
  })
  const gateway = await startGateway(place)
  try {
    const trace = '0af7651916cd43dd8448eb211c80319c'
    const ask = async (more: Record<string, string> = {}): Promise<string> => {
      const answer = await fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': gateway.token, 'content-type': 'application/json', ...more },
        body: JSON.stringify({
          ...{ model: 'anthropic/claude-opus-4-6', max_tokens: 100, stream: true },
          messages: [{ role: 'user', content: SAID }],
        }),
      })
      await answer.text()
      return answer.headers.get('x-openclaw-trace') ?? ''
    }
    const call = await ask({ traceparent: `00-${trace}-b7ad6b7169203331-01` })
    await ask({ traceparent: `00-${trace.replace('0af', '1af')}-b7ad6b7169203331-00` })
    const alone = await ask()
    // Turns of sessions are children of who asks for them, too, in whatever way.
    const inSession = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
        ...{ 'x-openclaw-session-key': 'traced', traceparent: `00-${trace.replace('0af', '2af')}-b7ad6b7169203331-01` },
      },
      body: JSON.stringify({ model: 'openclaw:main', messages: [{ role: 'user', content: SAID }] }),
    })
    expect([inSession.status, await inSession.text()]).toEqual([200, expect.stringContaining('You said')])
    const inShell = { env: { TRACEPARENT: `00-${trace.replace('0af', '3af')}-b7ad6b7169203331-01` } }
    expect((await openclaw(place, ['agent', '--message', SAID], inShell)).code).toBe(0)
    // What is left is told at the end.
    await until('the metrics', () => played.told.some(({ path }) => path === '/v1/metrics') || undefined)
    await gateway.stop()
    const spans = spansIn(played.told)
    expect(spans).toHaveLength(5)
    const [refused, served, other, ...turns] = spans
    expect(turns).toMatchObject(
      ['2af', '3af'].map((begins) => ({ traceId: trace.replace('0af', begins), parentSpanId: 'b7ad6b7169203331' })),
    )
    for (const span of [refused, served])
      expect(span).toMatchObject({
        traceId: trace,
        parentSpanId: 'b7ad6b7169203331',
        kind: 3,
        name: 'chat claude-opus-4-6',
      })
    expect(read(refused?.attributes ?? [])).toMatchObject({
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'anthropic', 'error.type': 'rate_limit' },
      ...{ 'http.response.status_code': '429', 'keyclaw.attempt': '1', 'keyclaw.outcome': 'stepped_over' },
      'keyclaw.profile': expect.stringMatching(/^anthropic:~[0-9a-f]{8}$/),
    })
    expect(refused?.status).toEqual({ code: 2, message: 'rate_limit' })
    const about = read(served?.attributes ?? [])
    expect(about).toMatchObject({
      ...{ 'gen_ai.request.model': 'claude-opus-4-6', 'keyclaw.call': call, 'keyclaw.attempt': '2' },
      ...{ 'server.address': '127.0.0.1', 'server.port': String(new URL(sandbox.url).port) },
      ...{ 'keyclaw.profile': 'anthropic:good', 'keyclaw.outcome': 'served', 'keyclaw.face': 'api' },
    })
    expect(Number(about['gen_ai.usage.input_tokens'])).toBeGreaterThan(0)
    expect(Number(about['gen_ai.usage.output_tokens'])).toBeGreaterThan(0)
    expect(about['keyclaw.cost_usd']).toBeGreaterThan(0)
    expect(served?.status).toEqual({})
    expect(BigInt(String(served?.endTimeUnixNano))).toBeGreaterThanOrEqual(BigInt(String(served?.startTimeUnixNano)))
    // A call of which nobody said where it belongs has a trace that is found by its name.
    expect(other?.traceId).toMatch(new RegExp(`^[0-9a-f]{23}${alone.slice(1)}$`))
    expect(other).not.toHaveProperty('parentSpanId')
    const last = JSON.parse(played.told.findLast(({ path }) => path === '/v1/metrics')?.text ?? '{}').resourceMetrics[0]
    expect(read(last.resource.attributes)).toMatchObject({ 'service.name': 'a gateway' })
    const points = (name: string): Point[] =>
      last.scopeMetrics[0].metrics.find((one: { name: string }) => one.name === name).histogram.dataPoints
    // Metrics know of calls whose trace nobody wanted.
    expect(points('gen_ai.client.operation.duration').reduce((all, { count }) => all + Number(count), 0)).toBe(6)
    const input = points('gen_ai.client.token.usage').find(
      ({ attributes }) => read(attributes)['gen_ai.token.type'] === 'input',
    )
    expect(input?.count).toBe('5')
    expect(input?.bucketCounts).toHaveLength((input?.explicitBounds.length ?? 0) + 1)
    for (const { headers } of played.told)
      expect(headers).toMatchObject({ authorization: HEADER, 'content-type': 'application/json' })
    const all = played.told.map(({ text }) => text).join()
    for (const hidden of [SAID, 'You said', 'jane', 'example.com']) expect(all).not.toContain(hidden)
    for (const hidden of [KEY, LIMITED, HEADER, gateway.token]) expect(all + gateway.said()).not.toContain(hidden)
  } finally {
    await gateway.stop()
    await place.remove()
  }
})

test('a collector that is away costs nothing but spans, which are counted; what is refused for good is not sent again', async () => {
  const system = createSystem({ logLevel: 'silent' })
  const transport = await system.transport()
  const counts = { sent: 0, dropped: 0 }
  const count = (result: 'sent' | 'dropped', spans: number): void => {
    counts[result] += spans
  }
  const nameOf = (): { profile: string; model: string } => ({ profile: 'p:a', model: 'm' })
  const line = {
    ...{ at: 1, call: 'c123456789', attempt: 1, agent: 'main', face: 'api', endpoint: 'messages', session: '', ms: 5 },
    ...{ model: 'p/m', profile: 'p:a', outcome: 'served' as const },
  }
  const settings = (url: string) => otelSettings({ otel: { enabled: true, endpoint: url } }, {}, false)
  for (const [url, status, end] of [
    [played.url, 400, 'dropped'],
    [played.url, 503, 'dropped'],
    ['http://127.0.0.1:1', 0, 'dropped'],
    [played.url, 200, 'sent'],
  ] as const) {
    played.status = status
    const known = settings(url)
    if (known === undefined || typeof known === 'string') throw new Error('settings')
    Object.assign(counts, { sent: 0, dropped: 0 })
    const exporter = startExporter({ system, transport, settings: known, nameOf, count, lastTimeoutMs: 60_000 })
    for (let at = 0; at < 5000; at++) exporter.hear(line, {})
    await exporter.close()
    expect(counts, `${url} ${status}`).toEqual({
      sent: end === 'sent' ? 4096 : 0,
      dropped: end === 'sent' ? 904 : 5000,
    })
  }
  await transport.close()
}, 120_000)

test('a collector that takes the connection and never answers holds up the end no longer than it may', async () => {
  const system = createSystem({ logLevel: 'silent' })
  const transport = await system.transport()
  let asked = 0
  const server = createServer(() => {
    asked++
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const known = otelSettings({ otel: { enabled: true, endpoint: `http://127.0.0.1:${port}` } }, {}, false)
  if (known === undefined || typeof known === 'string') throw new Error('settings')
  const counts = { sent: 0, dropped: 0 }
  const timers: (() => void)[] = []
  const limits: number[] = []
  const exporter = startExporter({
    ...{ transport, settings: known, nameOf: () => ({ profile: 'p', model: 'p/m' }), lastTimeoutMs: 500 },
    system: {
      ...system,
      // Those that gather are fired by the test; the others bound a request.
      timer: (ms, fire) => {
        if (timers.length < 2) {
          timers.push(fire)
          return { cancel: () => undefined }
        }
        limits.push(ms)
        return system.timer(ms, fire)
      },
    },
    count: (result, spans) => {
      counts[result] += spans
    },
  })
  exporter.hear(
    {
      ...{
        at: 1,
        call: 'c123456789',
        attempt: 1,
        agent: 'main',
        face: 'api',
        endpoint: 'messages',
        session: '',
        ms: 5,
      },
      ...{ model: 'p/m', profile: 'p:a', outcome: 'served' as const },
    },
    {},
  )
  for (const fire of timers) fire()
  await until('the request', () => asked || undefined)
  await exporter.close()
  expect(counts).toEqual({ sent: 0, dropped: 1 })
  // The first had ten seconds and was ended before; those of the end share what there is.
  expect(limits[0]).toBe(10_000)
  expect(limits.slice(1).every((ms) => ms <= 500)).toBe(true)
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await transport.close()
}, 60_000)

test.each([
  ['nothing is named', {}, {}, undefined],
  ['the config has it off', { otel: { enabled: false } }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, undefined],
  ['all diagnostics are off', { enabled: false, otel: { enabled: true, endpoint: 'http://c' } }, {}, undefined],
  ['the SDK is off', { otel: { enabled: true, endpoint: 'http://c' } }, { OTEL_SDK_DISABLED: 'true' }, undefined],
  ['an endpoint alone is not switched on', { otel: { endpoint: 'http://c' } }, {}, undefined],
  ['it is on without an endpoint', { otel: { enabled: true } }, {}, 'diagnostics.otel.endpoint is missing'],
  [
    'an endpoint with a password',
    { otel: { enabled: true, endpoint: 'http://a:b@c' } },
    {},
    'the endpoint is no address that begins with https:// or http://',
  ],
  [
    'a header with a line end',
    { otel: { enabled: true, endpoint: 'http://c', headers: { a: 'b\nc' } } },
    {},
    'a header for the collector holds what no header may hold',
  ],
])('%s', (_, config, env, expected) => expect(otelSettings(config, env, false)).toBe(expected))

test('config goes before environment, and headers of both are sent', () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://env:4318/', OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, X-B = c' }
  expect(otelSettings({}, env, false)).toMatchObject({
    traces: 'https://env:4318/v1/traces',
    headers: ['api-key', 'a b', 'x-b', 'c'],
  })
  expect(otelSettings({}, env, true)).toBe('a variable that diagnostics.otel names is not set')
  const otel = { endpoint: 'https://own/base', metrics: false, sampleRate: 0.5, headers: { 'X-B': 'd' } }
  expect(otelSettings({ otel }, env, false)).toMatchObject({
    ...{ traces: 'https://own/base/v1/traces', metrics: undefined, sampleRate: 0.5 },
    headers: ['api-key', 'a b', 'x-b', 'd'],
  })
})

test('only a trace context that is one is taken over', () => {
  for (const traceParent of [
    '',
    'x',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `ff-${'a'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${'a'.repeat(31)}-b7ad6b7169203331-01`,
  ])
    expect(parentOf({ traceParent }), traceParent).toBeUndefined()
  const line = {
    ...{
      at: 1000,
      call: 'c123456789',
      attempt: 3,
      agent: 'main',
      face: 'api',
      endpoint: 'messages',
      session: '',
      ms: 5,
    },
    ...{ model: 'p/m', outcome: 'refused' as const },
  }
  const span = spanOf(line, {}, { profile: '', model: 'm' }, 'f'.repeat(32))
  expect(span).toMatchObject({
    traceId: `${'f'.repeat(23)}123456789`,
    spanId: 'fffff12345678903',
    kind: 1,
    error: 'no_account',
  })
  const google = spanOf(
    { ...line, endpoint: 'generate_content', model: 'google/g' },
    {},
    { profile: '', model: 'g' },
    '',
  )
  expect(google.name).toBe('generate_content g')
  expect(google.attributes['gen_ai.provider.name']).toBe('gcp.gemini')
})
