// What an SDK meets when nobody can serve, when the request itself is wrong, and when an answer breaks off: errors of its own classes, and
// health that blames nobody who is not to blame.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type AgentFiles, healthOf, type Installation, install } from '../support/installation.ts'
import { tapWire, type WireTap } from '../support/wire-tap.ts'
import { anthropic, CLAUDE, GPT, openai, providersAt, question, requestsOf, WAYS } from './support.ts'

const AGENTS = [
  'malformed',
  'spent',
  'cut',
  'stall',
  'event',
  'down',
  'model',
  'unknown',
  'dialect',
  ...WAYS.map(({ name }) => `opening-${name}`),
]

let sandbox: Sandbox
let tap: WireTap
let place: Installation
let gateway: GatewayProcess

const account = (agent: string, vendor: string, name: string): string => `${agent}-${vendor}-${name}`

beforeAll(async () => {
  const accounts: SandboxAccount[] = []
  const agents: Record<string, AgentFiles> = { empty: {} }
  for (const agent of AGENTS) {
    const order: Record<string, string[]> = {}
    const profiles: { id: string; key: string }[] = []
    for (const vendor of ['anthropic', 'openai'] as const) {
      order[vendor] = [`${vendor}:first`, `${vendor}:second`]
      for (const name of ['first', 'second']) {
        const key = `${vendor === 'anthropic' ? 'sk-ant-api03' : 'sk-proj'}-${agent}-${name}-0123456789abcdef`
        accounts.push({ name: account(agent, vendor, name), vendor, key })
        profiles.push({ id: `${vendor}:${name}`, key })
      }
    }
    agents[agent] = { profiles, order }
  }
  sandbox = await startSandbox({ accounts })
  tap = await tapWire(sandbox)
  place = await install({
    config: { models: providersAt(tap), gateway: { timeouts: { idleMs: 4000 } } },
    agents,
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await tap?.close()
  await sandbox?.close()
  await place?.remove()
})

/** What a promise was rejected with. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
}

const restsNowhere = async (agent: string): Promise<void> => {
  const rests = Object.values(await healthOf(place, agent)).filter(
    (entry) => entry.cooldownUntil !== undefined || entry.disabledUntil !== undefined || entry.errorCount !== 0,
  )
  expect(rests).toEqual([])
}

describe('a malformed request', () => {
  test("reaches the Anthropic SDK as the vendor's own 400, costs one request and blames no profile", async () => {
    const agent = 'malformed'
    const client = anthropic({ gateway, agent })
    const error = await failure(client.messages.create({ ...question(), max_tokens: -1 }))
    expect(error).toBeInstanceOf(Anthropic.BadRequestError)
    expect(String(error)).toContain('max_tokens')
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'first'))).toBe(1)
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'second'))).toBe(0)
    await restsNowhere(agent)
    await client.messages.create(question())
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'first'))).toBe(2)
  })

  test("reaches the OpenAI SDK as the vendor's own 400, costs one request and blames no profile", async () => {
    const agent = 'malformed'
    const client = openai({ gateway, agent })
    const error = await failure(client.chat.completions.create({ model: GPT, messages: [] }))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(requestsOf(sandbox, account(agent, 'openai', 'first'))).toBe(1)
    expect(requestsOf(sandbox, account(agent, 'openai', 'second'))).toBe(0)
    await restsNowhere(agent)
  })

  test('a model that the vendor does not have is not the fault of an account', async () => {
    const agent = 'model'
    const client = anthropic({ gateway, agent })
    const error = await failure(client.messages.create({ ...question(), model: 'anthropic/claude-nonexistent-9' }))
    expect(error).toBeInstanceOf(Anthropic.NotFoundError)
    await restsNowhere(agent)
    await client.messages.create(question())
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'second'))).toBe(0)
  })
})

describe('when nobody can serve', () => {
  test('the Anthropic SDK gets an error of its own class that names the soonest recovery and a command', async () => {
    const agent = 'spent'
    sandbox.setFaults([
      {
        vendor: 'anthropic',
        account: account(agent, 'anthropic', 'first'),
        preset: 'rate-limited',
        headers: { 'retry-after': '300' },
      },
      {
        vendor: 'anthropic',
        account: account(agent, 'anthropic', 'second'),
        preset: 'rate-limited',
        headers: { 'retry-after': '120' },
      },
      {
        vendor: 'openai',
        account: account(agent, 'openai', 'first'),
        preset: 'rate-limited',
        headers: { 'retry-after': '300', 'retry-after-ms': null },
      },
      {
        vendor: 'openai',
        account: account(agent, 'openai', 'second'),
        preset: 'rate-limited',
        headers: { 'retry-after': '120', 'retry-after-ms': null },
      },
    ])
    const client = anthropic({ gateway, agent })
    for (let round = 0; round < 2; round++) {
      const error = await failure(client.messages.create(question()))
      expect(error).toBeInstanceOf(Anthropic.RateLimitError)
      expect(String(error)).toMatch(/back in (?:1m|2m)/)
      expect(String(error)).toContain(`openclaw models explain anthropic --agent ${agent}`)
    }
    // The second round, and the SDK's own repeats, reached nobody.
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'first'))).toBe(1)
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'second'))).toBe(1)
  })

  test('the OpenAI SDK gets an error of its own class that names the soonest recovery and a command', async () => {
    const agent = 'spent'
    const client = openai({ gateway, agent })
    for (let round = 0; round < 2; round++) {
      const error = await failure(client.responses.create({ model: GPT, input: 'hi' }))
      expect(error).toBeInstanceOf(OpenAI.RateLimitError)
      expect(String(error)).toMatch(/back in (?:1m|2m)/)
      expect(String(error)).toContain(`openclaw models explain openai --agent ${agent}`)
    }
    expect(requestsOf(sandbox, account(agent, 'openai', 'first'))).toBe(1)
    expect(requestsOf(sandbox, account(agent, 'openai', 'second'))).toBe(1)
  })

  test('without any credential the error names the command that stores one', async () => {
    const error = await failure(anthropic({ gateway, agent: 'empty' }).messages.create(question()))
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
    expect(String(error)).toContain('openclaw models auth paste-api-key --provider anthropic --agent empty')
    const client = openai({ gateway, agent: 'empty' })
    const other = await failure(client.responses.create({ model: GPT, input: 'hi' }))
    expect(other).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(String(other)).toContain('openclaw models auth paste-api-key --provider openai --agent empty')
  })

  test('a vendor that is down altogether rests no profile, and the first call after it is back works', async () => {
    const agent = 'down'
    await tap.close()
    const error = await failure(anthropic({ gateway, agent }).messages.create(question()))
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(String(error)).toContain('openclaw models explain anthropic')
    await restsNowhere(agent)
    tap = await tapWire(sandbox, tap.port)
    expect((await anthropic({ gateway, agent }).messages.create(question())).type).toBe('message')
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'first'))).toBe(1)
  })

  test('a connection cut before the vendor saw it goes to the second account', async () => {
    const agent = 'unknown'
    tap.cut(1)
    tap.forget()
    expect((await anthropic({ gateway, agent }).messages.create(question())).type).toBe('message')
    expect(tap.connections()).toBe(2)
    const first = requestsOf(sandbox, account(agent, 'anthropic', 'first'))
    expect(first + requestsOf(sandbox, account(agent, 'anthropic', 'second'))).toBe(1)
  })
})

describe('an answer that breaks off', () => {
  for (const way of WAYS.filter(({ streaming }) => streaming)) {
    test(`is not retried, and the SDK sees an error: ${way.name}`, async () => {
      const agent = 'cut'
      const first = account(agent, way.vendor, 'first')
      const before = requestsOf(sandbox, first)
      sandbox.setFaults([{ vendor: way.vendor, account: first, cutAfterEvents: 5 }])
      expect(await failure(way.ask({ gateway, agent }))).toBeInstanceOf(Error)
      expect(requestsOf(sandbox, first)).toBe(before + 1)
      expect(requestsOf(sandbox, account(agent, way.vendor, 'second'))).toBe(0)
    })

    test(`ends in time when the vendor falls silent: ${way.name}`, async () => {
      const agent = 'stall'
      const first = account(agent, way.vendor, 'first')
      const before = requestsOf(sandbox, first)
      sandbox.setFaults([{ vendor: way.vendor, account: first, stallAfterEvents: 5 }])
      expect(await failure(way.ask({ gateway, agent }))).toBeInstanceOf(Error)
      expect(requestsOf(sandbox, first)).toBe(before + 1)
      expect(requestsOf(sandbox, account(agent, way.vendor, 'second'))).toBe(0)
    })
  }

  test("an error event inside a stream reaches the SDK as the vendor's error", async () => {
    const agent = 'event'
    const first = account(agent, 'anthropic', 'first')
    sandbox.setFaults([{ vendor: 'anthropic', account: first, preset: 'overloaded-529', errorEventAfterEvents: 5 }])
    const [way] = WAYS.filter(({ name }) => name === 'messages-stream')
    const error = await failure(way?.ask({ gateway, agent }) ?? Promise.resolve())
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(String(error)).toContain('overloaded_error')
    expect(requestsOf(sandbox, account(agent, 'anthropic', 'second'))).toBe(0)
  })
})

describe('an overload that a stream begins with', () => {
  for (const way of WAYS.filter(({ streaming }) => streaming)) {
    test(`is never seen by the SDK: ${way.name}`, async () => {
      const agent = `opening-${way.name}`
      const [first, second] = [account(agent, way.vendor, 'first'), account(agent, way.vendor, 'second')]
      sandbox.setFaults([{ account: first, preset: 'overloaded-529', errorEventAfterEvents: 1 }])
      expect(await way.ask({ gateway, agent }, 'Still there?')).toContain('You said: Still there?')
      expect([requestsOf(sandbox, first), requestsOf(sandbox, second)]).toEqual([1, 1])
    })
  }
})

describe('what a model of another dialect cannot be told', () => {
  test('is a 400 that names it for both SDKs, and nobody is asked', async () => {
    const agent = 'dialect'
    const asked = sandbox.state().requests
    const error = await failure(
      anthropic({ gateway, agent }).messages.create({
        ...question(),
        model: GPT,
        tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      }),
    )
    expect(error).toBeInstanceOf(Anthropic.BadRequestError)
    expect(String(error)).toContain('OpenAI')
    expect(String(error)).toContain('tools[0].type: \\"web_search_20250305\\" runs at Anthropic')
    const other = await failure(
      openai({ gateway, agent }).chat.completions.create({
        model: CLAUDE,
        messages: [{ role: 'user', content: 'hi' }],
        n: 2,
      }),
    )
    expect(other).toBeInstanceOf(OpenAI.BadRequestError)
    expect(other).toMatchObject({ param: 'n', code: 'cannot_translate' })
    expect(String(other)).toContain('one answer at a time')
    expect(sandbox.state().requests).toBe(asked)
    await restsNowhere(agent)
  })
})
