// The credential plane opened on a fresh state directory, with a clock and an environment of the test's own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Auth, createAuth, type View } from '../../src/auth/auth.ts'
import { freshDir, type Machine, machine } from '../support/machine.ts'

export type Place = Machine & {
  auth: Auth
  view: View
  state: string
  store: string
  cache: string
  configPath: string
  stored(): { profiles: Record<string, Record<string, unknown>>; order?: Record<string, string[]> }
}

export type Plan = {
  profiles?: Record<string, unknown>
  order?: Record<string, string[]>
  usage?: Record<string, unknown>
  config?: unknown
  dotenv?: string
  env?: Record<string, string>
  /** Raw auth.json. */
  cache?: unknown
}

/** Writes the plan into a state directory. @returns its path */
export function lay(plan: Plan, state = freshDir()): string {
  const agent = join(state, 'agents/main/agent')
  mkdirSync(agent, { recursive: true, mode: 0o700 })
  const put = (path: string, value: unknown): void =>
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 })
  if (plan.profiles !== undefined) {
    put(join(agent, 'auth-profiles.json'), {
      version: 1,
      profiles: plan.profiles,
      ...(plan.order === undefined ? {} : { order: plan.order }),
    })
  }
  if (plan.usage !== undefined) put(join(agent, 'auth.json'), { version: 1, usageStats: plan.usage })
  if (plan.cache !== undefined) put(join(agent, 'auth.json'), plan.cache)
  if (plan.config !== undefined) put(join(state, 'openclaw.json'), plan.config)
  if (plan.dotenv !== undefined) put(join(state, '.env'), plan.dotenv)
  return state
}

export async function place(plan: Plan = {}, state = lay(plan)): Promise<Place> {
  const own = machine({ env: { ...plan.env, OPENCLAW_STATE_DIR: state } })
  const auth = await createAuth(own.system)
  const view = await auth.view('main')
  const store = view.store.profiles.where()
  // Marks that wait for their moment would be written into a folder that is being removed.
  onTestFinished(() => auth.flush().catch(() => undefined))
  return {
    ...own,
    auth,
    view,
    state,
    store,
    cache: join(dirname(store), 'auth.json'),
    configPath: join(state, 'openclaw.json'),
    stored: () => JSON.parse(readFileSync(store, 'utf8')),
  }
}

export const key = (secret: string, more: object = {}): object => ({
  type: 'api_key',
  provider: 'anthropic',
  key: secret,
  ...more,
})
export const token = (secret: string, more: object = {}): object => ({
  type: 'token',
  provider: 'anthropic',
  token: secret,
  ...more,
})

export const API_KEY = 'sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx'
export const SETUP_TOKEN = `sk-ant-oat01-${'Ab1-'.repeat(24)}`
