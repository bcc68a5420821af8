// Accounts and clients that the sandbox's tests share.
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, expect } from 'vitest'
import { type Sandbox, type SandboxAccount, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

export const KEY = 'sk-ant-api03-test-key-0001'
export const TOKEN = 'sk-ant-oat01-test-token-0002'
export const LIMITED = 'sk-ant-api03-limited-0003'
export const PROJECT_KEY = 'sk-proj-test-key-0004'
export const LIMITED_PROJECT = 'sk-proj-limited-0005'

const ACCOUNTS: readonly SandboxAccount[] = [
  { name: 'work', vendor: 'anthropic', key: KEY },
  { name: 'plan', vendor: 'anthropic', key: TOKEN },
  { name: 'limited', vendor: 'anthropic', key: LIMITED, quota: 2, windowMs: 60_000 },
  { name: 'project', vendor: 'openai', key: PROJECT_KEY },
  { name: 'limited', vendor: 'openai', key: LIMITED_PROJECT, quota: 1, windowMs: 90_000 },
]

const started: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of started.splice(0)) await sandbox.close()
})

/** A sandbox with accounts of all kinds; closed after the test. */
export async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ accounts: ACCOUNTS, ...options })
  started.push(sandbox)
  return sandbox
}

/** The vendor's own client, which tries once. */
export function anthropicClient(sandbox: Sandbox, apiKey = KEY): Anthropic {
  return new Anthropic({ baseURL: sandbox.baseUrl('anthropic'), apiKey, maxRetries: 0 })
}

/** The vendor's own client, which tries once. */
export function openaiClient(sandbox: Sandbox, apiKey = PROJECT_KEY): OpenAI {
  return new OpenAI({ baseURL: sandbox.baseUrl('openai'), apiKey, maxRetries: 0 })
}

export const question = (text = 'How do you do?') => ({
  model: 'claude-opus-4-6',
  max_tokens: 500,
  messages: [{ role: 'user' as const, content: text }],
})

export type Heard = {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  broken: boolean
}

/** A request without any client in between. Hears what came, even when it broke off. */
export async function say(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Heard> {
  const { body } = options
  const call = request(url, {
    agent: false,
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: options.headers ?? {},
  })
  call.end(body)
  const [res] = await once(call, 'response')
  let text = ''
  let broken = false
  res.setEncoding('utf8')
  try {
    for await (const piece of res) text += piece
  } catch {
    broken = true
  }
  return { status: res.statusCode, headers: res.headers, text, broken }
}

/** Asks Anthropic's Messages without a client. */
export function ask(sandbox: Sandbox, body: object = question(), headers: Record<string, string> = {}): Promise<Heard> {
  return say(`${sandbox.baseUrl('anthropic')}/v1/messages`, {
    headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', ...headers },
    body: JSON.stringify(body),
  })
}

/** Waits for something that needs no more than a few turns of the loop. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds() && tries < 4000; tries++) await sleep(5)
  expect(holds()).toBe(true)
}

/** A question whose answer is to be streamed. */
export const streamed = { ...question(), stream: true }
