// The stage of the demonstration: played vendors, a state directory that goes when it ends, and three accounts of which one works.
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Auth, createAuth } from '../../auth/auth.ts'
import { paste } from '../../auth/paste.ts'
import { reorder } from '../../auth/reorder.ts'
import { DEFAULT_MODEL } from '../../core/config.ts'
import { createLayout } from '../../store/layout.ts'
import type { System } from '../../system/system.ts'
import type { SandboxAccount } from '../accounts.ts'
import { startSandbox } from '../sandbox.ts'

/** The model asked, and the door of the gateway that speaks its dialect. */
export type DemoModel = { provider: string; ref: string; door: 'messages' | 'chat_completions' }

export type Stage = {
  isSandbox: boolean
  system: System
  auth: Auth
  agentId: string
  model: DemoModel
  /** Takes the stage down. */
  strike(): Promise<void>
}

const AGENT = 'main'
const TOKEN_DELAY_MS = 20
const WINDOW_MS = 5 * 60_000
/** What a program needs of a shell; keys and settings of the person stay outside. */
const KEPT_ENV = ['HOME', 'PATH', 'LANG', 'TERM', 'NO_COLOR', 'TMPDIR', 'USERPROFILE', 'SYSTEMROOT']

/** Keys that open nothing but the sandbox. */
const KEYS = {
  healthy: 'sk-ant-api03-sandbox-demo-healthy-0000',
  rateLimited: `sk-ant-oat01-sandbox-demo-rate-limited-${'0'.repeat(60)}`,
  unknown: 'sk-ant-api03-sandbox-demo-nobody-knows-it-0000',
  openai: 'sk-proj-sandbox-demo-healthy-0000',
} as const

const ACCOUNTS: readonly SandboxAccount[] = [
  { name: 'rate-limited', vendor: 'anthropic', key: KEYS.rateLimited, quota: 0, windowMs: WINDOW_MS },
  { name: 'healthy', vendor: 'anthropic', key: KEYS.healthy },
  { name: 'healthy', vendor: 'openai', key: KEYS.openai },
]

/** In the order in which they are tried. */
const PROFILES = [
  { id: 'anthropic:rate-limited', key: KEYS.rateLimited },
  { id: 'anthropic:broken-key', key: KEYS.unknown },
  { id: 'anthropic:healthy', key: KEYS.healthy },
  { id: 'openai:healthy', key: KEYS.openai },
] as const

/**
 * Builds it.
 * @throws AuthError, when the state cannot be written
 */
export async function buildStage(system: System): Promise<Stage> {
  const suffix = Buffer.from(system.randomBytes(6)).toString('hex')
  const stateDir = join(tmpdir(), `openclaw-sandbox-${suffix}`)
  await system.files.makeDir(stateDir)
  const sandbox = await startSandbox({ accounts: ACCOUNTS, tokenDelayMs: TOKEN_DELAY_MS, words: 40 })
  // A second Ctrl-C does not wait for the strike.
  const sweep = (): void => rmSync(stateDir, { recursive: true, force: true })
  process.once('exit', sweep)
  const strike = async (): Promise<void> => {
    process.off('exit', sweep)
    await sandbox.close()
    await rm(stateDir, { recursive: true, force: true })
  }
  try {
    const inner: System = { ...system, env: stageEnv(system, stateDir) }
    const layout = createLayout({ env: inner.env, homeDir: inner.homeDir, workingDir: stateDir }, () => undefined)
    const config = {
      agents: { defaults: { model: { primary: DEFAULT_MODEL } } },
      models: {
        providers: {
          // A played vendor sends no bill: nothing that is asked of it counts as money.
          anthropic: { baseUrl: sandbox.baseUrl('anthropic'), billing: 'flat_rate' },
          openai: { baseUrl: sandbox.baseUrl('openai'), billing: 'flat_rate' },
        },
      },
    }
    await system.files.writeDurable(layout.config, `${JSON.stringify(config, null, 2)}\n`)
    const auth = await createAuth(inner)
    for (const { id, key } of PROFILES) {
      const provider = id.slice(0, id.indexOf(':'))
      // One of a subscription, which tells how much of its windows is used.
      const kind = key === KEYS.rateLimited ? 'token' : 'api_key'
      await paste(auth, { agentId: AGENT, provider, kind, text: key, profileId: id })
    }
    const ids = PROFILES.map(({ id }) => id).filter((id) => id.startsWith('anthropic:'))
    await reorder(auth, { agentId: AGENT, provider: 'anthropic', ids })
    return {
      isSandbox: true,
      system: inner,
      auth,
      agentId: AGENT,
      model: { provider: 'anthropic', ref: DEFAULT_MODEL, door: 'messages' },
      strike: async () => {
        await auth.flush()
        await strike()
      },
    }
  } catch (error) {
    await strike()
    throw error
  }
}

function stageEnv(system: System, stateDir: string): System['env'] {
  const kept = KEPT_ENV.flatMap((name) => (system.env[name] === undefined ? [] : [[name, system.env[name]]]))
  return { ...Object.fromEntries(kept), OPENCLAW_STATE_DIR: stateDir }
}
