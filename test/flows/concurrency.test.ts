// So many calls at once with each account: the vendor never sees more, whoever waits is answered, and a place is free again when a client leaves.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, until } from '../support/installation.ts'
import { connectClient } from '../support/socket-client.ts'
import { anthropic, GOOD, providersAt, question } from './support.ts'

const OTHER = 'sk-ant-api03-other-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    tokenDelayMs: 20,
    accounts: [
      { name: 'good', vendor: 'anthropic', key: GOOD },
      { name: 'other', vendor: 'anthropic', key: OTHER },
    ],
  })
  place = await install({
    config: {
      models: providersAt(sandbox),
      auth: { concurrency: { anthropic: 2 }, wait: { maxMs: 60_000 } },
    },
    profiles: [
      { id: 'anthropic:good', key: GOOD },
      { id: 'anthropic:other', key: OTHER },
    ],
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const served = async (count: number): Promise<string[]> => {
  const asked = Array.from({ length: count }, (_, at) =>
    anthropic({ gateway })
      .messages.stream(question(`Question ${at}?`))
      .finalText(),
  )
  return await Promise.all(asked)
}

const counts = (what: 'open' | 'mostOpen'): number[] =>
  sandbox
    .state()
    .accounts.filter(({ vendor }) => vendor === 'anthropic')
    .map((account) => account[what])

test('six calls at once are all answered, two at a time by each account', async () => {
  const texts = await served(6)
  expect(texts.map((text) => /Question \d/.exec(text)?.[0])).toEqual([0, 1, 2, 3, 4, 5].map((at) => `Question ${at}`))
  expect(counts('mostOpen')).toEqual([2, 2])
})

type Explained = { next: string | null; trace: { id: string; rule: string; reason: string }[] }

test('the gateway says who is busy; clients that leave, and those that wait, leave nothing behind', async () => {
  const client = await connectClient(gateway)
  const leaving = Array.from({ length: 5 }, () => anthropic({ gateway }).messages.stream(question('x '.repeat(400))))
  const gone = leaving.map((stream) => stream.done().catch((error: unknown) => error))
  await until('four streams to be open', async () => (counts('open').join() === '2,2' ? true : undefined))
  const busy = (await client.call('models.explain', { model: 'anthropic' })) as Explained
  expect([busy.next, busy.trace.map(({ rule }) => rule)]).toEqual([null, ['busy', 'busy']])
  expect(busy.trace[0]?.reason).toBe('serves 2 calls at once already, its most (auth.concurrency)')
  for (const stream of leaving) stream.abort()
  await Promise.all(gone)
  await until('the streams to be gone', async () => (counts('open').join() === '0,0' ? true : undefined))
  // Whoever waited may have been sent on one connection before the vendor saw that another one was cut.
  sandbox.reset()
  const free = (await client.call('models.explain', { model: 'anthropic' })) as Explained
  expect(free.trace.map(({ rule }) => rule).sort()).toEqual(['first', 'next'])
  expect(await served(4)).toHaveLength(4)
  expect(counts('mostOpen')).toEqual([2, 2])
  await client.close()
})
