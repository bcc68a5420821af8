// What is kept for chat: programs and nightly jobs are refused the last of an account, with the reason and the end of it; people who talk go on.
import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChatEvent } from '../../src/core/protocol.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { connectClient } from '../support/socket-client.ts'
import { anthropic, GOOD, providersAt, question, requestsOf } from './support.ts'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [{ name: 'good', vendor: 'anthropic', key: GOOD, quota: 10, windowMs: 5 * 3_600_000 }],
  })
  place = await install({
    config: { models: providersAt(sandbox), auth: { reserve: { percent: 80 } } },
    profiles: [{ id: 'anthropic:good', key: GOOD }],
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const KEPT = 'anthropic:good: the last 80 % of its limits are kept for chat (auth.reserve); more is there in '

test('the API and jobs get what is not kept, and chat the rest', async () => {
  const program = anthropic({ gateway })
  for (let calls = 0; calls < 2; calls++) await program.messages.create(question())
  const refused = (await program.messages
    .create(question(), { maxRetries: 0 })
    .catch((error: unknown) => error)) as InstanceType<typeof Anthropic.APIError>
  expect([refused.status, refused.message]).toEqual([429, expect.stringContaining(KEPT)])
  expect(Number(refused.headers?.get('retry-after'))).toBeGreaterThan(4 * 3600)
  expect(requestsOf(sandbox, 'good')).toBe(2)

  const client = await connectClient(gateway)
  const say = async (sessionKey: string): Promise<ChatEvent> => {
    const { runId } = (await client.call('chat.send', {
      sessionKey,
      message: 'Hello',
      idempotencyKey: sessionKey,
    })) as {
      runId: string
    }
    const heard = (): ChatEvent | undefined =>
      client
        .events()
        .filter(({ event }) => event === 'chat')
        .map(({ payload }) => payload as ChatEvent)
        .find((event) => event.runId === runId && event.state !== 'delta')
    return await until('the turn to end', heard)
  }
  expect(await say('agent:main:main')).toMatchObject({ state: 'final', servedBy: 'anthropic:good' })
  const job = await say('agent:main:cron:nightly')
  expect(JSON.stringify(job)).toContain(KEPT)
  expect(JSON.stringify(job)).toContain('openclaw models explain anthropic --for program')
  expect(requestsOf(sandbox, 'good')).toBe(3)

  const asked = { model: 'anthropic', for: 'program' }
  expect(await client.call('models.explain', asked)).toMatchObject({ next: null, trace: [{ rule: 'reserved' }] })
  expect(await client.call('models.explain', { model: 'anthropic' })).toMatchObject({ next: 'anthropic:good' })
  await client.close()
})

test('the command line says the same of the file', async () => {
  await until('the limits to be written', async () => {
    const { stdout } = await openclaw(place, ['models', 'explain', 'anthropic', '--for', 'program'])
    return stdout.includes('reserved: the last 80 % of its limits are kept for chat (auth.reserve)') ? true : undefined
  })
  const chat = await openclaw(place, ['models', 'explain', 'anthropic', '--json'])
  expect(JSON.parse(chat.stdout)).toMatchObject({ next: 'anthropic:good' })
  const wrong = await openclaw(place, ['models', 'explain', '--for', 'nobody'])
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('--for takes chat or program, not "nobody".')])
})
