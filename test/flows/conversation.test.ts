// A person talks: over the WebSocket and by `openclaw agent`, with a rate-limited first account that nobody notices.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ChatEvent, ChatMessage } from '../../src/core/protocol.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, PROGRAM, until } from '../support/installation.ts'
import { connectClient, type SocketClient } from '../support/socket-client.ts'
import { GOOD, limitedThenGood, providersAt, requestsOf } from './support.ts'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let client: SocketClient

beforeAll(async () => {
  const stage = await limitedThenGood(2)
  sandbox = stage.sandbox
  place = stage.place
  gateway = await startGateway(place)
  client = await connectClient(gateway)
})

afterAll(async () => {
  await client?.close()
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

beforeEach(() => expect(client.hello).toMatchObject({ ok: true, payload: { protocol: 3 } }))

const runOf = (runId: string): ChatEvent[] =>
  client
    .events()
    .filter(({ event }) => event === 'chat')
    .map(({ payload }) => payload as ChatEvent)
    .filter((event) => event.runId === runId)

const endOf = (runId: string): Promise<ChatEvent> =>
  until('the turn to end', () => runOf(runId).find(({ state }) => state !== 'delta'))

const textOf = (message: ChatMessage | undefined): string => message?.content.map(({ text }) => text).join('') ?? ''

describe('a turn over the WebSocket', () => {
  test('streams, steps over the rate-limited account, and says who served', async () => {
    const params = { sessionKey: 'agent:main:talk', message: 'Good morning', idempotencyKey: 'k1' }
    const { runId, status } = (await client.call('chat.send', params)) as { runId: string; status: string }
    expect(status).toBe('started')
    const end = await endOf(runId)
    expect(end).toMatchObject({ state: 'final', servedBy: 'anthropic:good', attempts: 2 })
    const deltas = runOf(runId).flatMap((event) => (event.state === 'delta' ? [event.text] : []))
    expect(deltas.length).toBeGreaterThan(3)
    expect(textOf(end.state === 'final' ? end.message : undefined)).toBe(deltas.join(''))
    expect(requestsOf(sandbox, 'limited')).toBe(1)
  })

  test('remembers what was said, and lists the session', async () => {
    const history = JSON.stringify(await client.call('chat.history', { sessionKey: 'agent:main:talk' }))
    expect(history).toContain('Good morning')
    expect(history).toContain('Sandbox answer')
    expect(JSON.stringify(await client.call('sessions.list', {}))).toContain('agent:main:talk')
  })

  test('can be stopped half-way, and the vendor is let go', async () => {
    const params = { sessionKey: 'agent:main:stopped', message: 'Tell me everything', idempotencyKey: 'k2' }
    sandbox.setFaults([{ account: 'good', stallAfterEvents: 6 }])
    const { runId } = (await client.call('chat.send', params)) as { runId: string }
    await until('the answer to begin', () => runOf(runId).find(({ state }) => state === 'delta'))
    await client.call('chat.abort', { sessionKey: 'agent:main:stopped', runId })
    expect((await endOf(runId)).state).toBe('aborted')
    await until('the vendor to see the end', () => sandbox.requests().at(-1)?.aborted || undefined)
    sandbox.setFaults([])
  })

  test('that fails says which account met what, and which command explains it', async () => {
    sandbox.setFaults([{ preset: 'billing-402' }])
    const params = { sessionKey: 'agent:main:broke', message: 'hi', idempotencyKey: 'k3' }
    const { runId } = (await client.call('chat.send', params)) as { runId: string }
    const end = await endOf(runId)
    expect(end.state).toBe('error')
    expect(JSON.stringify(end)).toContain('anthropic:good')
    expect(JSON.stringify(end)).toContain('openclaw models')
    sandbox.setFaults([])
  })
})

describe('openclaw agent', () => {
  test('fails with the reason while nobody can serve', async () => {
    const ran = await openclaw(place, ['agent', '--message', 'hi'])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('anthropic:good')
    expect(ran.stderr).toContain('openclaw models')
    expect(ran.stdout).toBe('')
  })

  test('says nothing and blames nobody when its reader has had enough', async () => {
    const alone = await install({ config: { models: providersAt(sandbox) }, env: { ANTHROPIC_API_KEY: GOOD } })
    const line = `"${process.execPath}" "${PROGRAM}" agent --message "Is anybody there?" | head -c 3; echo " \${PIPESTATUS[0]}"`
    const shell = await promisify(execFile)('bash', ['-c', line], { cwd: alone.cwd, env: alone.env })
    expect([shell.stdout.slice(3), shell.stderr]).toEqual([' 0\n', ''])
    await alone.remove()
  })

  test('answers on stdout, in a fresh state, with no gateway running', async () => {
    const alone = await install({ config: { models: providersAt(sandbox) }, env: { ANTHROPIC_API_KEY: GOOD } })
    const ran = await openclaw(alone, ['agent', '--message', 'Is anybody there?'])
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toContain('You said: Is anybody there?')
    const json = await openclaw(alone, ['agent', '--message', 'And now?', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ servedBy: 'env:ANTHROPIC_API_KEY', attempts: 1 })
    await alone.remove()
  })
})
