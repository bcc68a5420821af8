// The ledger's sums against the sandbox's own counts: many calls through the built gateway, with accounts that are refused, answers that break off,
// clients that go away, and a kill in the middle. Nothing stands twice, and nothing is missing but what ended in the last second before the kill.
// How many calls by KEYCLAW_LEDGER; `npm run ledger` makes 100,000.
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerLine } from '../../src/core/ledger.ts'
import type { FaultRule } from '../../src/sandbox/faults.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { dice } from '../support/swarm.ts'
import { CLAUDE, providersAt } from './support.ts'

const CALLS = Number(process.env.KEYCLAW_LEDGER ?? 400)
const CLIENTS = 16
/** Each rule of the menu meets a few calls of a stretch. */
const STRETCH = 100
/** Before somebody who heard nothing asks again. */
const AGAIN_MS = 20
/** What a kill may cost. */
const LOST_MS = 1000
const ACCOUNTS = Array.from({ length: 8 }, (_, at) => ({
  name: `a${at}`,
  key: `sk-ant-api03-sums-000${at}-0123456789abcdef`,
}))
const AGENTS = ['main', 'second', 'third', 'fourth'] as const
const SEED = 20_261_122
/** A call on a machine that does much else takes less, ms. */
const MOST_MS = 30

type Told = {
  trace: string | undefined
  attempts: number
  servedBy: string | undefined
  /** As the answer told them, if it came whole. */
  tokens: { input: number; output: number } | undefined
  endedAt: number
}

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let killedAt = Number.POSITIVE_INFINITY
let backAt = Number.POSITIVE_INFINITY
const told: Told[] = []
/** How many requests the sandbox had taken, from time to time. */
const timeline: { at: number; taken: number }[] = []
const chance = dice(SEED)
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: ACCOUNTS.map(({ name, key }) => ({ name, key, vendor: 'anthropic' as const })),
    words: 8,
    tokenDelayMs: 1,
  })
  const profiles = ACCOUNTS.map(({ name, key }) => ({ id: `anthropic:${name}`, key }))
  place = await install({
    config: { models: providersAt(sandbox), agents: { defaults: { model: CLAUDE } } },
    profiles,
    agents: Object.fromEntries(AGENTS.slice(1).map((id) => [id, { profiles }])),
  })
  gateway = await startGateway(place)
})
afterAll(async () => {
  agent.destroy()
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const taken = (): number => sandbox.state().accounts.reduce((all, { requests }) => all + requests, 0)

/** Two accounts are left alone, so that somebody can always serve. */
function menu(): FaultRule[] {
  const account = (): string => `a${2 + Math.floor(chance() * (ACCOUNTS.length - 2))}`
  const retrySoon = { 'retry-after': '1' }
  return [
    { account: account(), preset: 'rate-limited', times: 2, headers: retrySoon },
    { account: account(), preset: 'overloaded-529', times: 2, headers: retrySoon },
    { account: account(), reset: true, times: 1 },
    { cutAfterEvents: 4, times: 2 },
    { errorEventAfterEvents: 5, times: 2 },
    { cutAfterBytes: 30, times: 1 },
  ]
}

function ask(number: number): Promise<Told> {
  const isStream = number % 4 !== 0
  const isImpatient = isStream && number % 29 === 0
  const body = JSON.stringify({
    ...{ model: CLAUDE, max_tokens: 100, stream: isStream },
    messages: [{ role: 'user', content: `question ${number}` }],
  })
  return new Promise((done) => {
    const said: Told = { trace: undefined, attempts: 0, servedBy: undefined, tokens: undefined, endedAt: 0 }
    const finish = (): void => done({ ...said, endedAt: Date.now() })
    const call = request(`${gateway.url}/v1/messages`, {
      ...{ agent, method: 'POST' },
      headers: {
        'x-api-key': gateway.token,
        'content-type': 'application/json',
        'x-openclaw-agent': AGENTS[number % AGENTS.length],
      },
    })
    call.once('error', finish)
    call.once('response', (response) => {
      const { headers } = response
      said.trace = headers['x-openclaw-trace']?.toString()
      said.attempts = Number(headers['x-openclaw-attempts'] ?? 0)
      said.servedBy = headers['x-openclaw-served-by']?.toString()
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
        if (isImpatient) call.destroy()
      })
      response.once('error', () => undefined)
      response.once('close', () => {
        const isWhole = isStream
          ? text.includes('event: message_stop')
          : response.complete && response.statusCode === 200
        if (isWhole) said.tokens = tokensIn(text)
        finish()
      })
    })
    call.end(body)
  })
}

/** The last word of an answer on each. */
function tokensIn(text: string): Told['tokens'] {
  const last = (name: string): number =>
    Number([...text.matchAll(new RegExp(`"${name}":(\\d+)`, 'g'))].at(-1)?.[1] ?? 0)
  return { input: last('input_tokens'), output: last('output_tokens') }
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** So many calls, a few at a time. Who hears nothing, as the gateway is away or has too much to do, asks again. */
async function askAll(): Promise<void> {
  let next = 0
  const client = async (): Promise<void> => {
    for (let number = next++; number < CALLS; number = next++) {
      if (number % STRETCH === 0) sandbox.setFaults(menu())
      let said = await ask(number)
      for (; said.trace === undefined; said = await ask(number)) await pause(AGAIN_MS)
      told.push(said)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

async function linesOf(id: string): Promise<LedgerLine[]> {
  const file = join(place.state, 'agents', id, 'sessions', 'calls.log')
  const texts = await Promise.all([`${file}.1`, file].map((name) => readFile(name, 'utf8').catch(() => '')))
  return texts.flatMap((text) =>
    text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LedgerLine])),
  )
}

test(
  'every attempt stands in it once, whoever refused, broke off or went away, and a kill takes no more than its last second',
  async () => {
    const clock = setInterval(() => timeline.push({ at: Date.now(), taken: taken() }), 50)
    const asking = askAll()
    await until('half of the calls', () => told.length >= CALLS / 2 || undefined, Math.max(60_000, CALLS * MOST_MS))
    killedAt = Date.now()
    await gateway.stop('SIGKILL')
    const takenAtKill = taken()
    gateway = await startGateway(place)
    backAt = Date.now()
    await asking
    await gateway.stop()
    clearInterval(clock)

    const lines = (await Promise.all(AGENTS.map(linesOf))).flat()
    const asked = lines.filter(({ profile }) => profile !== undefined)
    expect(new Set(lines.map(({ call, attempt }) => `${call}.${attempt}`)).size, 'lines that stand twice').toBe(
      lines.length,
    )

    // Against the sandbox: of each account at most what it was asked, and in all no more is missing than it took in the last second.
    const byProfile = new Map<string, number>()
    for (const { profile = '' } of asked) byProfile.set(profile, (byProfile.get(profile) ?? 0) + 1)
    let missing = 0
    for (const { name, requests } of sandbox.state().accounts) {
      const noted = byProfile.get(`anthropic:${name}`) ?? 0
      expect(noted, name).toBeLessThanOrEqual(requests)
      missing += requests - noted
    }
    const before = timeline.findLast(({ at }) => at <= killedAt - LOST_MS)?.taken ?? 0
    expect(missing).toBeLessThanOrEqual(takenAtKill - before)

    // Against what each client heard: the attempts of its call, who served, and the tokens.
    const byCall = new Map<string, LedgerLine[]>()
    for (const line of asked.sort((a, b) => a.attempt - b.attempt)) {
      const known = byCall.get(line.call)
      if (known === undefined) byCall.set(line.call, [line])
      else known.push(line)
    }
    let compared = 0
    const wrong: unknown[] = []
    for (const one of told) {
      const { trace = '', attempts, servedBy, tokens, endedAt } = one
      if (endedAt > killedAt - LOST_MS && endedAt < backAt) continue
      const own = byCall.get(trace) ?? []
      const last = own.at(-1)
      const isRight = own.length === attempts && (servedBy === undefined || last?.profile === servedBy)
      const { input, output } = last?.tokens ?? {}
      const isCounted =
        tokens === undefined || (last?.outcome === 'served' && input === tokens.input && output === tokens.output)
      if (!isRight || !isCounted) wrong.push({ told: one, lines: own })
      else if (tokens !== undefined) compared++
    }
    expect(wrong.slice(0, 3), `${wrong.length} calls are noted otherwise than their clients heard`).toEqual([])
    const outcomes = new Set(asked.map(({ outcome }) => outcome))
    for (const outcome of ['served', 'stepped_over', 'aborted', 'broken'] as const)
      expect(outcomes, outcome).toContain(outcome)

    // The command adds up the same lines.
    const { totals } = JSON.parse((await openclaw(place, ['usage', '--json'])).stdout)
    const sum = (part: 'input' | 'output'): number => asked.reduce((all, { tokens }) => all + (tokens?.[part] ?? 0), 0)
    expect(totals).toMatchObject({
      ...{ attempts: asked.length, calls: byCall.size, input: sum('input'), output: sum('output') },
      served: asked.filter(({ outcome }) => outcome === 'served').length,
    })
    const text = `${CALLS} calls, ${taken()} requests at the sandbox, ${asked.length} attempts in the ledger, ${missing} missing`
    console.log(
      `ledger: ${text} of ${takenAtKill - before} in the last second before the kill; ${compared} whole answers compared`,
    )
    // A machine that is quick had all calls before the kill in its last second: of the half behind it nearly all are compared.
    expect(compared).toBeGreaterThan(CALLS / 4)
  },
  Math.max(60_000, 2 * CALLS * MOST_MS),
)
