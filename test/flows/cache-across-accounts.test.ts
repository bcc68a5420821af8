// What a change of account costs a long conversation: 100 turns over three accounts, with one 429 in the middle, read from the vendor's prompt
// cache what one account alone reads, less one re-warm. The built gateway, its own sessions and clients with marks of theirs, and the sandbox,
// which keeps a cache for each account.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChatEvent, ChatUsage } from '../../src/core/protocol.ts'
import { type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type AgentFiles, type Installation, install, openclaw, until } from '../support/installation.ts'
import { connectClient, type SocketClient } from '../support/socket-client.ts'
import { anthropic, CLAUDE, providersAt } from './support.ts'

const TURNS = 100
/** The turn that meets the refusal. */
const REFUSED = 48
/** Of one that rests, ms: it is back before the conversation ends, which must not tempt anybody. */
const REST_MS = 600
const keyOf = (account: string): string => `sk-ant-api03-${account}-0123456789abcdef`

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let client: SocketClient

beforeAll(async () => {
  const accounts: SandboxAccount[] = []
  const agents: Record<string, AgentFiles> = {}
  for (const { kind } of KINDS) {
    for (const [agent, names] of [
      [`one-${kind}`, ['a']],
      [`three-${kind}`, ['a', 'b', 'c']],
    ] as const) {
      for (const name of names) {
        accounts.push({ name: `${agent}-${name}`, vendor: 'anthropic', key: keyOf(`${agent}-${name}`) })
      }
      agents[agent] = { profiles: names.map((name) => ({ id: `anthropic:${name}`, key: keyOf(`${agent}-${name}`) })) }
    }
  }
  sandbox = await startSandbox({ accounts })
  place = await install({ config: { models: providersAt(sandbox) }, agents })
  gateway = await startGateway(place)
  client = await connectClient(gateway)
})

afterAll(async () => {
  await client?.close()
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

type Turn = { by: string; usage: ChatUsage }
type Talk = (text: string) => Promise<Turn>

/** A client that keeps its conversation itself, and marks the end of it for the cache. */
function relayed(agent: string): Talk {
  const messages: Anthropic.MessageParam[] = []
  const sdk = anthropic({ gateway, agent })
  return async (text) => {
    const turn = (more: object) => ({ role: 'user' as const, content: [{ type: 'text' as const, text, ...more }] })
    const { data, response } = await sdk.messages
      .create({
        model: CLAUDE,
        max_tokens: 50,
        system: 'Be brief.',
        messages: [...messages, turn({ cache_control: { type: 'ephemeral' } })],
      })
      .withResponse()
    messages.push(turn({}), { role: 'assistant', content: data.content as Anthropic.ContentBlockParam[] })
    const { input_tokens: input, output_tokens: output } = data.usage
    const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = data.usage
    const usage = { input, output, cacheRead: read ?? 0, cacheWrite: written ?? 0 }
    return { by: response.headers.get('x-openclaw-served-by') ?? '', usage }
  }
}

/** A session of the gateway's own, whose turns it builds and marks itself. */
function session(agent: string): Talk {
  let count = 0
  return async (message) => {
    const params = { sessionKey: `agent:${agent}:main`, message, idempotencyKey: `${agent}-${++count}` }
    const { runId } = (await client.call('chat.send', params)) as { runId: string }
    const isEnd = (event: ChatEvent): boolean => event.runId === runId && event.state !== 'delta'
    for (;;) {
      const found = client.events().findLast(({ event, payload }) => event === 'chat' && isEnd(payload as ChatEvent))
      const end = found?.payload as ChatEvent | undefined
      if (end?.state === 'final') return { by: end.servedBy, usage: end.usage }
      if (end !== undefined) throw new Error(JSON.stringify(end))
      await sleep(5)
    }
  }
}

/** `misses` are those that one account alone has as well, after the first turn. */
const KINDS: readonly { kind: string; talk: (agent: string) => Talk; misses: object }[] = [
  { kind: 'relayed', talk: relayed, misses: {} },
  // From its 51st turn on the oldest messages are left out, twenty at a time.
  { kind: 'session', talk: session, misses: { changed: 5 } },
]

/** @param refusedAt the agent, one of whose accounts is limited for a moment in the middle */
async function converse(talk: Talk, refusedAt?: string): Promise<Turn[]> {
  const turns: Turn[] = []
  let refusedUntil = 0
  for (let number = 1; number <= TURNS; number++) {
    const isRefused = refusedAt !== undefined && number === REFUSED
    if (isRefused) {
      const account = turns.at(-1)?.by.replace('anthropic:', `${refusedAt}-`) ?? ''
      const headers = { 'retry-after': null, 'retry-after-ms': String(REST_MS) }
      sandbox.setFaults([{ account, preset: 'rate-limited', headers, times: 1 }])
    }
    turns.push(await talk(number === 1 ? `Mend the roof. ${'word '.repeat(1500)}` : `Turn ${number}: and then?`))
    if (isRefused) refusedUntil = Date.now() + REST_MS
    if (number === TURNS - 5) await sleep(Math.max(0, refusedUntil - Date.now()))
  }
  return turns
}

const readOf = (turns: readonly Turn[]): number => turns.reduce((sum, { usage }) => sum + usage.cacheRead, 0)
const promptsOf = (turns: readonly Turn[]): number =>
  turns.reduce((sum, { usage }) => sum + usage.input + usage.cacheRead + usage.cacheWrite, 0)
const ratioOf = (turns: readonly Turn[]): number => readOf(turns) / promptsOf(turns)

const MISSES = { first: 1, switched: 1, expired: 0, changed: 0, off: 0, unknown: 0 }

describe.each(KINDS)('a conversation of 100 turns, $kind', ({ kind, talk, misses }) => {
  test('costs one re-warm more on three accounts than on one, where one of them is limited once', async () => {
    const [alone, several] = await Promise.all([
      converse(talk(`one-${kind}`)),
      converse(talk(`three-${kind}`), `three-${kind}`),
    ])

    const [first, last] = [several[0]?.by, several.at(-1)?.by]
    expect(last).not.toBe(first)
    expect(several.map(({ by }) => by)).toEqual(several.map((_, at) => (at + 1 < REFUSED ? first : last)))

    // Turn by turn the same, but for the one that changed the account: all of its prompt is written anew.
    const changed = alone[REFUSED - 1]
    if (changed === undefined) throw new Error('there are a hundred turns')
    expect(changed.usage.cacheRead).toBeGreaterThan(1500)
    const { input, output, cacheRead, cacheWrite } = changed.usage
    const rewarmed = { input, output, cacheRead: 0, cacheWrite: cacheRead + cacheWrite }
    expect(several.map(({ usage }) => usage)).toEqual(
      alone.map(({ usage }, at) => (at + 1 === REFUSED ? rewarmed : usage)),
    )
    expect(ratioOf(alone)).toBeGreaterThan(0.8)
    expect(ratioOf(several)).toBeCloseTo(ratioOf(alone) - cacheRead / promptsOf(alone), 10)

    const log = join(place.state, 'agents', `three-${kind}`, 'sessions', 'prompt-cache.log')
    await until('the last turn to be noted', async () => {
      const text = await readFile(log, 'utf8').catch(() => '')
      return text.split('\n').length > TURNS || undefined
    })
    const told = JSON.parse((await openclaw(place, ['models', 'cache', '--agent', `three-${kind}`, '--json'])).stdout)
    expect(told).toMatchObject({ turns: TURNS, cacheRead: readOf(several), misses: { ...MISSES, ...misses } })
    expect(told.hitRatio).toBeCloseTo(ratioOf(several), 10)
    const switched = told.list.find((one: { miss?: { cause: string } }) => one.miss?.cause === 'switched')
    expect(switched).toMatchObject({ profile: last, cacheRead: 0, cacheWrite: rewarmed.cacheWrite })
    expect(switched.miss.why).toMatch(new RegExp(`^${first} served before: cooldown \\(rate_limit\\) ends in `))
  })
})
