// Conversations of clients keep to one account, so that the vendor's prompt cache stays warm. The built program, a gateway and the sandbox.
import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { CLAUDE, GPT, providersAt } from './support.ts'

const NAMES = ['a', 'b', 'c']
/** Accounts of the second agent: two agents that keep the same ones would share what these meet. */
const OTHERS = ['d', 'e', 'f']
const keyOf = (name: string): string => `sk-ant-api03-${name.repeat(4)}-0123456789abcdef`
const projectOf = (name: string): string => `sk-proj-${name.repeat(4)}-0123456789abcdef`

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [...NAMES, ...OTHERS].flatMap((name) => [
      { name, vendor: 'anthropic' as const, key: keyOf(name) },
      { name: `project-${name}`, vendor: 'openai' as const, key: projectOf(name) },
    ]),
  })
  const profilesOf = (names: readonly string[]) =>
    names.flatMap((name) => [
      { id: `anthropic:${name}`, key: keyOf(name) },
      { id: `openai:${name}`, key: projectOf(name) },
    ])
  place = await install({
    config: { models: providersAt(sandbox) },
    profiles: profilesOf(NAMES),
    agents: { named: { profiles: profilesOf(OTHERS) } },
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

afterEach(() => sandbox.setFaults([]))

async function ask(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
  const by = answer.headers.get('x-openclaw-served-by') ?? ''
  const told = (await answer.json()) as { usage?: { cache_read_input_tokens?: number } }
  return { by, read: told.usage?.cache_read_input_tokens ?? 0 }
}

/** A client with a conversation of its own, which marks the end of it for the cache, as clients do. */
function conversation(opening: string) {
  const messages: object[] = []
  return (text: string) => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const turn = (more: object) => ({ role: 'user', content: [{ type: 'text', text: text || opening, ...more }] })
    const body = { model: CLAUDE, max_tokens: 50, system: 'Be brief.', messages: [...messages, turn(mark)] }
    messages.push(turn({}), { role: 'assistant', content: 'Yes.' })
    return ask('/v1/messages', body)
  }
}

test('thirty turns stay on one account until it is refused, then on the next, while another conversation uses another', async () => {
  const one = conversation(`Mend the roof. ${'word '.repeat(300)}`)
  const other = conversation(`Mend the door. ${'word '.repeat(300)}`)
  const first = (await one('')).by
  const second = (await other('')).by
  expect(second).not.toBe(first)
  for (let turn = 2; turn <= 15; turn++) {
    const { by, read } = await one(`Turn ${turn}`)
    expect([turn, by, read > 300]).toEqual([turn, first, true])
    if (turn % 3 === 0) expect((await other(`Turn ${turn}`)).by).toBe(second)
  }
  sandbox.setFaults([{ account: first.replace('anthropic:', ''), preset: 'rate-limited' }])
  const moved = await one('Turn 16')
  expect(moved.by).not.toBe(first)
  expect(moved.read).toBe(0)
  sandbox.setFaults([])
  for (let turn = 17; turn <= 30; turn++) {
    const { by, read } = await one(`Turn ${turn}`)
    expect([turn, by, read > 300]).toEqual([turn, moved.by, true])
  }
  expect((await other('And you?')).by).toBe(second)
})

test('a client that names its conversation is known by the name, whatever it says', async () => {
  let texts = 0
  const say = () => [{ role: 'user', content: `Something new, number ${texts++}` }]
  const ways: [string, string, object, Record<string, string>][] = [
    ['header', '/v1/messages', {}, { 'x-openclaw-session-key': 'mine' }],
    ['user_id', '/v1/messages', { metadata: { user_id: 'somebody' } }, {}],
    ['user', '/v1/chat/completions', { user: 'somebody' }, {}],
    ['prompt_cache_key', '/v1/chat/completions', { prompt_cache_key: 'ours' }, {}],
  ]
  for (const [name, path, more, headers] of ways) {
    const model = path === '/v1/messages' ? CLAUDE : GPT
    const call = async (extra: object, named: Record<string, string>) =>
      (await ask(path, { model, max_tokens: 50, messages: say(), ...extra }, { 'x-openclaw-agent': 'named', ...named }))
        .by
    const by = await call(more, headers)
    // Without a name each of these is a conversation of its own, and they go round.
    const free = new Set([await call({}, {}), await call({}, {}), await call({}, {})])
    expect([name, free.size]).toEqual([name, 3])
    expect([name, await call(more, headers), await call(more, headers)]).toEqual([name, by, by])
  }
})

test('what the cache gave each call is noted, with the cause of every miss, and names nobody', async () => {
  await ask(
    '/v1/messages',
    { model: CLAUDE, max_tokens: 50, messages: [{ role: 'user', content: 'long '.repeat(6000) }] },
    { 'x-openclaw-agent': 'named', 'x-openclaw-session-key': 'a-name-of-somebody' },
  )
  await gateway.stop()
  const noted = async (agent: string) =>
    JSON.parse((await openclaw(place, ['models', 'cache', '--agent', agent, '--json'])).stdout)
  const { turns, hits, hitRatio, misses, list, file } = await noted('main')
  expect({ turns, hits, misses }).toEqual({
    turns: 37,
    hits: 34,
    misses: { first: 2, switched: 1, expired: 0, changed: 0, off: 0, unknown: 0 },
  })
  expect(hitRatio).toBeGreaterThan(0.8)
  const switched = list.find((one: { miss?: { cause: string } }) => one.miss?.cause === 'switched')
  expect(switched.miss.why).toMatch(/^anthropic:[abc] served before: cooldown \(rate_limit\) ends in /)
  expect(new Set(list.map(({ session }: { session: string }) => session)).size).toBe(2)
  expect(await readFile(file, 'utf8')).not.toContain('roof')
  const named = await noted('named')
  expect(named.list).toMatchObject([{ isRelayed: true, miss: { cause: 'off' } }])
  expect(named.list[0].session).toMatch(/^[0-9a-f]{4}$/)
  expect(await readFile(named.file, 'utf8')).not.toContain('somebody')
})
