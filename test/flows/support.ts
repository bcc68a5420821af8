// The official SDKs as clients of the gateway, and the three ways each of them asks, so that one table can drive all of them.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, until } from '../support/installation.ts'

export const CLAUDE = 'anthropic/claude-opus-4-6'
export const GPT = 'openai/gpt-5.1'

/** Whom the request is for; the agent only where a test keeps many sets of accounts behind one gateway. */
export type At = { gateway: GatewayProcess; agent?: string }

function agentHeader(agent: string | undefined): { defaultHeaders?: Record<string, string> } {
  return agent === undefined ? {} : { defaultHeaders: { 'x-openclaw-agent': agent } }
}

/** Anthropic's client: base URL and key are all that differs from talking to the vendor. */
export function anthropic({ gateway, agent }: At): Anthropic {
  return new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, ...agentHeader(agent) })
}

/** OpenAI's client: base URL and key are all that differs from talking to the vendor. */
export function openai({ gateway, agent }: At): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, ...agentHeader(agent) })
}

export const question = (text = 'How do you do?') => ({
  model: CLAUDE,
  max_tokens: 500,
  messages: [{ role: 'user' as const, content: text }],
})

/** One way of asking; gives the text of the answer. */
export type Way = {
  name: string
  vendor: 'anthropic' | 'openai'
  streaming: boolean
  ask(at: At, text?: string): Promise<string>
}

export const WAYS: readonly Way[] = [
  {
    name: 'messages',
    vendor: 'anthropic',
    streaming: false,
    ask: async (at, text) => {
      const message = await anthropic(at).messages.create(question(text))
      return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
    },
  },
  {
    name: 'messages-stream',
    vendor: 'anthropic',
    streaming: true,
    ask: async (at, text) => {
      const stream = await anthropic(at).messages.create({ ...question(text), stream: true })
      let said = ''
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') said += event.delta.text
      }
      return said
    },
  },
  {
    name: 'chat',
    vendor: 'openai',
    streaming: false,
    ask: async (at, text = 'How do you do?') => {
      const answer = await openai(at).chat.completions.create({
        model: GPT,
        messages: [{ role: 'user', content: text }],
      })
      return answer.choices[0]?.message.content ?? ''
    },
  },
  {
    name: 'chat-stream',
    vendor: 'openai',
    streaming: true,
    ask: async (at, text = 'How do you do?') => {
      const stream = await openai(at).chat.completions.create({
        model: GPT,
        messages: [{ role: 'user', content: text }],
        stream: true,
      })
      let said = ''
      for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? ''
      return said
    },
  },
  {
    name: 'responses',
    vendor: 'openai',
    streaming: false,
    ask: async (at, text = 'How do you do?') =>
      (await openai(at).responses.create({ model: GPT, input: text })).output_text,
  },
  {
    name: 'responses-stream',
    vendor: 'openai',
    streaming: true,
    ask: async (at, text = 'How do you do?') => {
      const stream = await openai(at).responses.create({ model: GPT, input: text, stream: true })
      let said = ''
      for await (const event of stream) if (event.type === 'response.output_text.delta') said += event.delta
      return said
    },
  },
]

/** Where the config sends both vendors. */
export function providersAt(sandbox: Pick<Sandbox, 'url'>): { providers: Record<string, { baseUrl: string }> } {
  return {
    providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` }, openai: { baseUrl: `${sandbox.url}/openai/v1` } },
  }
}

export const LIMITED = 'sk-ant-api03-limited-0123456789abcdef'
export const GOOD = 'sk-ant-api03-good-0123456789abcdef'

/** Two Anthropic accounts in an explicit order: the first is rate-limited, for longer than any test takes, the second is good. */
export async function limitedThenGood(tokenDelayMs: number): Promise<{ sandbox: Sandbox; place: Installation }> {
  const sandbox = await startSandbox({
    tokenDelayMs,
    accounts: [
      { name: 'limited', vendor: 'anthropic', key: LIMITED, quota: 0, windowMs: 3_600_000 },
      { name: 'good', vendor: 'anthropic', key: GOOD },
    ],
  })
  const place = await install({
    config: { models: providersAt(sandbox) },
    profiles: [
      { id: 'anthropic:limited', key: LIMITED },
      { id: 'anthropic:good', key: GOOD },
    ],
    order: { anthropic: ['anthropic:limited', 'anthropic:good'] },
  })
  return { sandbox, place }
}

/** How many model requests reached an account. */
export function requestsOf(sandbox: Sandbox, account: string): number {
  return sandbox
    .state()
    .accounts.filter(({ name }) => name === account)
    .reduce((sum, { requests }) => sum + requests, 0)
}

/** What auth.json says of a profile once it says that it rests. */
export function restOf(place: Installation, id: string, agent?: string): Promise<Record<string, unknown>> {
  return until(`${id} to rest in auth.json`, async () => {
    const entry = (await healthOf(place, agent))[id]
    return entry?.cooldownUntil === undefined && entry?.disabledUntil === undefined ? undefined : entry
  })
}
