// A request that breaks at the vendor, whatever account signs it: all five accounts are as good afterwards as before. In each dialect, whole and
// streamed, refused with a status, with an error inside a good answer, and with no answer at all.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FaultRule, type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, until } from '../support/installation.ts'
import { CLAUDE, GPT, providersAt, requestsOf } from './support.ts'

const NAMES = ['one', 'two', 'three', 'four', 'five'] as const
const VENDORS = ['anthropic', 'openai'] as const
type Vendor = (typeof VENDORS)[number]
const keyOf = (vendor: Vendor, name: string): string =>
  `${vendor === 'anthropic' ? 'sk-ant-api03' : 'sk-proj'}-${name}-0123456789abcdef`

const DOORS: readonly { path: string; vendor: Vendor; said: object }[] = [
  {
    path: '/v1/messages',
    vendor: 'anthropic',
    said: { model: CLAUDE, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] },
  },
  { path: '/v1/chat/completions', vendor: 'openai', said: { model: GPT, messages: [{ role: 'user', content: 'hi' }] } },
  { path: '/v1/responses', vendor: 'openai', said: { model: GPT, input: 'hi' } },
]

type Breaking = {
  name: string
  fault: FaultRule
  /** Accounts that hear of it: all, where another one may fare better; two, where the second proves that it is the request. */
  asked: number
  isStreamed?: boolean
}

/** Within a good answer only the words tell, in each dialect. */
const BAD_PROMPT = {
  type: 'error',
  error: { type: 'invalid_request_error', code: 'invalid_prompt', message: 'Sandbox: this prompt cannot be read.' },
}

const BREAKING: readonly Breaking[] = [
  { name: 'malformed', fault: { status: 400 }, asked: 1 },
  { name: 'too large', fault: { status: 413 }, asked: 1 },
  { name: 'not processable', fault: { status: 422 }, asked: 1 },
  { name: 'refused in a way that nobody knows', fault: { status: 418 }, asked: 1 },
  { name: 'more than the vendor can take', fault: { status: 500 }, asked: 2 },
  { name: 'more than its proxy can take', fault: { status: 502, body: '<html>Bad gateway</html>' }, asked: 2 },
  { name: 'stopped by a filter', fault: { status: 403, body: '<html>Blocked</html>' }, asked: 5 },
  { name: 'cut off', fault: { reset: true }, asked: 5 },
  {
    name: 'refused as its stream begins',
    fault: { errorEventAfterEvents: 1, body: BAD_PROMPT },
    asked: 1,
    isStreamed: true,
  },
  { name: 'broken as its stream begins', fault: { status: 500, errorEventAfterEvents: 1 }, asked: 2, isStreamed: true },
  {
    name: 'broken in the midst of its stream',
    fault: { status: 500, errorEventAfterEvents: 8 },
    asked: 1,
    isStreamed: true,
  },
]

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  const all = VENDORS.flatMap((vendor) => NAMES.map((name) => ({ vendor, name, key: keyOf(vendor, name) })))
  sandbox = await startSandbox({
    accounts: all.map(({ vendor, name, key }): SandboxAccount => ({ vendor, name: `${vendor}-${name}`, key })),
  })
  place = await install({
    config: { models: providersAt(sandbox) },
    profiles: all.map(({ vendor, name, key }) => ({ id: `${vendor}:${name}`, key })),
    order: Object.fromEntries(VENDORS.map((vendor) => [vendor, NAMES.map((name) => `${vendor}:${name}`)])),
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

async function ask(path: string, said: object, headers: Record<string, string> = {}) {
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(said),
  })
  const text = await answer.text().catch((error: unknown) => `broken off: ${String(error)}`)
  return { status: answer.status, text, by: answer.headers.get('x-openclaw-served-by') }
}

const countsOf = (vendor: Vendor): number[] => NAMES.map((name) => requestsOf(sandbox, `${vendor}-${name}`))

/** One conversation for each call: none keeps to who served before. */
let conversations = 0
const anew = () => ({ 'x-openclaw-session-key': `broken-${++conversations}` })

describe.each(BREAKING)('a request that is $name', ({ name, fault, asked, isStreamed }) => {
  test('leaves all five accounts healthy, in each dialect, and the next one is served by the first', async () => {
    for (const { path, vendor, said } of DOORS) {
      for (const stream of isStreamed === true ? [true] : [false, true]) {
        const where = `${name}, ${path}${stream ? ', streamed' : ''}`
        const before = countsOf(vendor)
        // Whoever is asked instead of the model's own vendor meets the same.
        sandbox.setFaults([fault])
        const { status, text } = await ask(path, { ...said, stream }, anew())
        expect([where, status >= 400 || text.includes('error')]).toEqual([where, true])
        const heard = countsOf(vendor).map((count, at) => count - (before[at] ?? 0))
        expect([where, ...heard]).toEqual([where, ...NAMES.map((_, at) => (at < asked ? 1 : 0))])

        sandbox.setFaults([])
        expect([where, await ask(path, said, anew())]).toMatchObject([where, { status: 200, by: `${vendor}:one` }])
        // Whoever rests is refused to a client that names it.
        for (const one of NAMES) {
          const only = await ask(path, said, { ...anew(), 'x-openclaw-profile': `${vendor}:${one}` })
          expect([where, one, only.status]).toEqual([where, one, 200])
        }
      }
    }
  })
})

test('what is stored says the same', async () => {
  const entries = await until('all ten to be noted', async () => {
    const found = Object.entries(await healthOf(place))
    return found.length === VENDORS.length * NAMES.length ? found : undefined
  })
  for (const [id, { errorCount, cooldownUntil, disabledUntil, failureCounts }] of entries)
    expect([id, errorCount, cooldownUntil, disabledUntil, failureCounts]).toEqual([
      id,
      0,
      undefined,
      undefined,
      undefined,
    ])
})
