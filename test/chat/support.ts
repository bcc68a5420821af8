// A home of its own with accounts at the sandbox, and turns in it, for the tests of conversations.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { paste } from '../../src/auth/paste.ts'
import { reorder } from '../../src/auth/reorder.ts'
import { startTurn, type Turn, type TurnInput } from '../../src/chat/turn.ts'
import type { ChatEvent } from '../../src/core/protocol.ts'
import { type SandboxAccount, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSystem, type System } from '../../src/system/system.ts'

export const ACCOUNTS: readonly SandboxAccount[] = [
  { name: 'healthy', vendor: 'anthropic', key: 'sk-ant-api03-sandbox-healthy' },
  { name: 'second', vendor: 'anthropic', key: 'sk-ant-api03-sandbox-second' },
  { name: 'spent', vendor: 'anthropic', key: 'sk-ant-api03-sandbox-spent', quota: 0, windowMs: 600_000 },
  { name: 'healthy', vendor: 'openai', key: 'sk-proj-sandbox-healthy-openai' },
]

const KEYS: Record<string, string> = {
  'anthropic:healthy': 'sk-ant-api03-sandbox-healthy',
  'anthropic:second': 'sk-ant-api03-sandbox-second',
  'anthropic:spent': 'sk-ant-api03-sandbox-spent',
  'anthropic:broken': 'sk-ant-api03-sandbox-nobody-knows-this',
  'openai:healthy': 'sk-proj-sandbox-healthy-openai',
}

/**
 * A home whose vendors are the sandbox, with these profiles in this order.
 * @param anthropic where another one plays that vendor
 */
export async function conversation(profiles: readonly string[], options: SandboxOptions = {}, anthropic?: string) {
  const sandbox = await startSandbox({ accounts: ACCOUNTS, ...options })
  const stateDir = await mkdtemp(join(tmpdir(), 'keyclaw-chat-'))
  const system: System = { ...createSystem({ logLevel: 'silent' }), env: { OPENCLAW_STATE_DIR: stateDir } }
  const auth = await createAuth(system)
  const transport = await system.transport()
  onTestFinished(async () => {
    await sandbox.close()
    await auth.flush()
    await rm(stateDir, { recursive: true, force: true })
  })
  await auth.home.configStore.change((draft) => {
    draft.agents = { defaults: { models: { 'openai/gpt-5.1': { alias: 'gpt' }, 'anthropic/claude-opus-4-6': {} } } }
    draft.models = {
      providers: {
        anthropic: { baseUrl: anthropic ?? sandbox.baseUrl('anthropic') },
        openai: { baseUrl: sandbox.baseUrl('openai') },
      },
    }
  })
  await auth.home.reload()
  for (const id of profiles) {
    const provider = id.split(':')[0] ?? ''
    await paste(auth, { agentId: 'main', provider, kind: 'api_key', text: KEYS[id] ?? '', profileId: id })
  }
  const own = profiles.filter((id) => id.startsWith('anthropic:'))
  if (own.length > 0) await reorder(auth, { agentId: 'main', provider: 'anthropic', ids: own })

  const start = async (message: string, more: Partial<TurnInput> = {}): Promise<Turn & { events: ChatEvent[] }> => {
    const events: ChatEvent[] = []
    const input = { agentId: 'main', sessionKey: 'main', message, ...more }
    const turn = await startTurn(auth, transport, input, (event) => events.push(event))
    return { ...turn, events }
  }
  const say = async (
    message: string,
    more: Partial<TurnInput> = {},
  ): Promise<{ last: ChatEvent; events: ChatEvent[] }> => {
    const { done, events } = await start(message, more)
    return { last: await done, events }
  }
  const sessions = auth.home.agent('main').sessions
  return { auth, sandbox, stateDir, start, say, sessions, transport, KEY: 'agent:main:main' }
}

/** The event narrowed to its state. @throws when it is another one */
export function as<S extends ChatEvent['state']>(event: ChatEvent, state: S): Extract<ChatEvent, { state: S }> {
  if (event.state !== state) throw new Error(`expected ${state}, got ${JSON.stringify(event)}`)
  return event as Extract<ChatEvent, { state: S }>
}

/** All text of the deltas. */
export function told(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.state === 'delta' ? event.text : '')).join('')
}
