// Prompt caching of our own turns: what reaches the vendor, by the credential that signs, and what of it is told. The built program against
// the sandbox, which plays the cache, and against vendors that keep what they heard.
import { expect, onTestFinished, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, openclaw, type Plan } from '../support/installation.ts'
import { type Act, vendor } from '../support/vendor.ts'
import { CLAUDE, GPT } from './support.ts'

const KEY = 'sk-ant-api03-cache-0123456789abcdef'
const TOKEN = `sk-ant-oat01-cache-${'0123456789'.repeat(8)}`
const PROJECT = 'sk-proj-cache-0123456789abcdef'

const key = { id: 'anthropic:key', key: KEY }
const token = { id: 'anthropic:token', token: TOKEN }

async function fresh(plan: Plan): Promise<Installation> {
  const place = await install({ ...plan, env: { OPENCLAW_GATEWAY_PORT: '1', ...plan.env } })
  onTestFinished(() => place.remove())
  return place
}

const withParams = (params: object): object => ({ defaults: { models: { [CLAUDE]: { params } } } })

/** Answers a turn in the dialect it came in; the first account it hears of may be refused. */
const answers: Act = (response, { path, headers }) => {
  if (headers['x-api-key'] === 'sk-ant-api03-refused-0123456789ab') {
    response.writeHead(429, { 'content-type': 'application/json' })
    response.end('{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}')
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const events = path.endsWith('/messages')
    ? [{ type: 'content_block_delta', delta: { type: 'text_delta', text: 'Well.' } }, { type: 'message_stop' }]
    : [{ choices: [{ delta: { content: 'Well.' } }] }, '[DONE]']
  response.end(events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join(''))
}

type Sent = { messages: { role: string; content: unknown }[]; prompt_cache_key?: string }

/** One turn with these params and profiles. @returns the last request the vendor heard, its content and its betas */
async function heard(agents: object, plan: Plan, model = CLAUDE) {
  const { origin, seen } = await vendor(answers)
  const place = await fresh({
    ...plan,
    config: {
      agents,
      models: {
        providers: {
          anthropic: { baseUrl: `${origin}/behind/a/proxy` },
          openai: { baseUrl: origin },
          mirror: { baseUrl: origin, api: 'anthropic-messages' },
        },
      },
    },
  })
  const ran = await openclaw(place, ['agent', '--message', 'hi', '--model', model, '--json'])
  expect(ran.stderr).toBe('')
  const last = seen.at(-1)
  const body = JSON.parse(last?.body ?? '{}') as Sent
  return { body, content: body.messages.at(-1)?.content, beta: last?.headers['anthropic-beta'], place, ran }
}

const marked = (more: object = {}) => [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ...more } }]

test('keys are cached for five minutes unless told otherwise, for an hour with its beta flag, at any address', async () => {
  const plan = { profiles: [key] }
  const unset = await heard({}, plan)
  expect([unset.content, unset.beta]).toEqual([marked(), undefined])
  const long = await heard(withParams({ cacheRetention: 'long' }), plan)
  expect([long.content, long.beta]).toEqual([marked({ ttl: '1h' }), 'extended-cache-ttl-2025-04-11'])
  const none = await heard(withParams({ cacheRetention: 'none' }), plan)
  expect([none.content, none.beta]).toEqual(['hi', undefined])
})

test('the older cacheControlTtl means the same, and what means nothing is passed over', async () => {
  const plan = { profiles: [key] }
  expect((await heard(withParams({ cacheControlTtl: '1h' }), plan)).content).toEqual(marked({ ttl: '1h' }))
  expect((await heard(withParams({ cacheControlTtl: '1h', cacheRetention: 'short' }), plan)).content).toEqual(marked())
})

test('a subscription takes no cache settings, whatever is configured, and the account that answers decides', async () => {
  const long = withParams({ cacheRetention: 'long' })
  const subscription = await heard(long, { profiles: [token] })
  expect([subscription.content, subscription.beta]).toEqual(['hi', 'oauth-2025-04-20'])
  const { stdout } = await openclaw(subscription.place, ['models', 'status'])
  expect(stdout).toContain('Prompt cache  : none (a subscription takes no cache settings; long is configured)\n')
  const explained = await openclaw(subscription.place, ['models', 'explain', '--json'])
  expect(JSON.parse(explained.stdout).promptCache).toMatchObject({ model: CLAUDE, asked: 'long', retention: 'none' })

  const refused = { id: 'anthropic:refused', key: 'sk-ant-api03-refused-0123456789ab' }
  const order = { anthropic: ['anthropic:refused', 'anthropic:token'] }
  const rotated = await heard(long, { profiles: [refused, token], order })
  expect(JSON.parse(rotated.ran.stdout)).toMatchObject({ servedBy: 'anthropic:token', attempts: 2 })
  expect([rotated.content, rotated.beta]).toEqual(['hi', 'oauth-2025-04-20'])
})

test('other providers of the dialect get marks when told to, and OpenAI gets the session', async () => {
  const mirror = 'mirror/claude-opus-4-6'
  const profiles = [
    { id: 'mirror:key', key: KEY },
    { id: 'openai:key', key: PROJECT },
  ]
  const told = { defaults: { models: { [mirror]: { params: { cacheRetention: 'short' } } } } }
  expect((await heard(told, { profiles }, mirror)).content).toEqual(marked())
  expect((await heard({}, { profiles }, mirror)).content).toBe('hi')
  const { body, place } = await heard({}, { profiles }, GPT)
  const { sessions } = JSON.parse((await openclaw(place, ['sessions', 'list', '--json'])).stdout)
  expect(body.prompt_cache_key).toBe(sessions[0].id)
  expect(body.messages.at(-1)?.content).toBe('hi')
})

test('a conversation is read from the cache from its second turn on, and says so', async () => {
  const sandbox = await startSandbox({ accounts: [{ name: 'key', vendor: 'anthropic', key: KEY }] })
  onTestFinished(() => sandbox.close())
  const place = await fresh({
    profiles: [key],
    config: { models: { providers: { anthropic: { baseUrl: sandbox.baseUrl('anthropic') } } } },
  })
  const say = async (message: string) =>
    JSON.parse((await openclaw(place, ['agent', '--message', message, '--json'])).stdout).usage
  const first = await say(`first ${'word '.repeat(200)}`)
  expect(first).toMatchObject({ cacheRead: 0 })
  expect(first.cacheWrite).toBeGreaterThan(200)
  const second = await say('second')
  expect(second.cacheRead).toBe(first.cacheWrite)
  const third = await say('third')
  expect(third.cacheRead).toBe(second.cacheRead + second.cacheWrite)
  const { tokens } = JSON.parse((await openclaw(place, ['sessions', 'show', 'main', '--json'])).stdout)
  expect(tokens).toMatchObject({
    cacheRead: second.cacheRead + third.cacheRead,
    cacheWrite: first.cacheWrite + second.cacheWrite + third.cacheWrite,
  })
  const noted = JSON.parse((await openclaw(place, ['models', 'cache', '--json'])).stdout)
  expect(noted).toMatchObject({ turns: 3, hits: 2, cacheRead: tokens.cacheRead, cacheWrite: tokens.cacheWrite })
  expect(noted.list[0]).toMatchObject({ session: 'agent:main:main', isRelayed: false, miss: { cause: 'first' } })
  const { stdout } = await openclaw(place, ['sessions', 'show', 'main'])
  expect(stdout).toContain(`in (${tokens.cacheRead} read from the prompt cache, ${tokens.cacheWrite} written to it), `)
})
