// A fresh installation for one test file: a state directory with what the test puts there, an empty home and working directory, and the
// built program run in it as a real process.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInHost } from './commands.ts'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const PROGRAM = join(ROOT, 'dist/openclaw.js')

/** One entry of auth-profiles.json, short: the id tells the provider, a token is told from a key by its field. */
export type StoredProfile = { id: string } & (
  | { key: string }
  | { token: string; expires?: number }
  | { access: string; refresh: string; expires?: number }
  | { raw: Readonly<Record<string, unknown>> }
)

export type AgentFiles = {
  profiles?: readonly StoredProfile[]
  order?: Readonly<Record<string, readonly string[]>>
  /** `usageStats` of auth.json. */
  health?: Readonly<Record<string, object>>
  /** `usageWindows` of auth.json. */
  usage?: Readonly<Record<string, object>>
  /** Its entry in `agents.list`, beside the id. */
  entry?: Readonly<Record<string, unknown>>
}

export type Plan = AgentFiles & {
  config?: Readonly<Record<string, unknown>>
  /** Agents beside main; each is listed in the config. */
  agents?: Readonly<Record<string, AgentFiles>>
  dotenv?: string
  env?: Readonly<Record<string, string>>
}

export type Installation = {
  /** Everything of it lies below this folder. */
  dir: string
  state: string
  cwd: string
  /** The whole environment of every process of it. */
  env: Record<string, string>
  remove(): Promise<void>
}

/** Writes an installation into a folder of its own below the system's temporary one. */
export async function install(plan: Plan = {}): Promise<Installation> {
  const dir = await mkdtemp(join(tmpdir(), 'keyclaw-flow-'))
  const state = join(dir, 'state')
  const cwd = join(dir, 'cwd')
  const home = join(dir, 'home')
  for (const folder of [state, cwd, home]) await mkdir(folder, { mode: 0o700 })
  const config = withAgents(plan)
  if (config !== undefined) await writeJson(join(state, 'openclaw.json'), config)
  if (plan.dotenv !== undefined) await writeFile(join(state, '.env'), plan.dotenv, { mode: 0o600 })
  await writeAgent(state, 'main', plan)
  for (const [id, files] of Object.entries(plan.agents ?? {})) await writeAgent(state, id, files)
  return {
    dir,
    state,
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      TMPDIR: tmpdir(),
      OPENCLAW_STATE_DIR: state,
      ...plan.env,
    },
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  }
}

function withAgents(plan: Plan): Record<string, unknown> | undefined {
  const agents = Object.entries(plan.agents ?? {})
  if (agents.length === 0) return plan.config
  const list = [{ id: 'main', default: true }, ...agents.map(([id, { entry }]) => ({ id, ...entry }))]
  const configured = plan.config?.agents
  return { ...plan.config, agents: { ...(typeof configured === 'object' ? configured : {}), list } }
}

async function writeAgent(state: string, id: string, files: AgentFiles): Promise<void> {
  const folder = join(state, 'agents', id, 'agent')
  const { health, usage } = files
  if (files.profiles === undefined && health === undefined && usage === undefined) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (files.profiles !== undefined) {
    const profiles = Object.fromEntries(files.profiles.map((profile) => [profile.id, entryOf(profile)]))
    await writeJson(join(folder, 'auth-profiles.json'), {
      version: 1,
      profiles,
      ...(files.order === undefined ? {} : { order: files.order }),
    })
  }
  if (health === undefined && usage === undefined) return
  await writeJson(join(folder, 'auth.json'), {
    version: 1,
    ...(health === undefined ? {} : { usageStats: health }),
    ...(usage === undefined ? {} : { usageWindows: usage }),
  })
}

function entryOf(profile: StoredProfile): object {
  const provider = profile.id.slice(0, profile.id.indexOf(':'))
  if ('raw' in profile) return { provider, ...profile.raw }
  const { id: _, ...fields } = profile
  const type = 'key' in profile ? 'api_key' : 'token' in profile ? 'token' : 'oauth'
  return { type, provider, ...fields }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
}

/** A JSON file of an installation; undefined when it does not exist. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : JSON.parse(text)
}

/** `usageStats` of an agent's auth.json. */
export async function healthOf(place: Installation, agent = 'main'): Promise<Record<string, Record<string, unknown>>> {
  const value = await readJson(join(place.state, 'agents', agent, 'agent', 'auth.json'))
  const stats = (value as { usageStats?: Record<string, Record<string, unknown>> } | undefined)?.usageStats
  return stats ?? {}
}

export type Ran = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

export type RunOptions = {
  /** Written to standard input, which is closed after it; absent: closed at once. */
  input?: string
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** Node's own flags. */
  nodeFlags?: readonly string[]
  /** A program that runs node, with its flags: `['strace', '-f']`. */
  under?: readonly string[]
  /** Called with the process once it runs. */
  onStart?: (pid: number) => void
}

/**
 * Runs the built program to its end: each run has arguments, environment, folder and input of its own, and the process it shares with those
 * before it where nothing says that it needs one to itself. What a process is (its signals, its descriptors, how it starts and ends) is seen with `openclawAlone`.
 */
export function openclaw(place: Installation, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { under, nodeFlags, onStart, input = '', cwd = place.cwd } = options
  const own = under !== undefined || nodeFlags !== undefined || onStart !== undefined
  const order = { door: PROGRAM, words: args, env: { ...place.env, ...options.env }, cwd, input }
  return (own ? undefined : runInHost(order)) ?? openclawAlone(place, args, options)
}

/** `openclaw` in a process of its own. */
export function openclawAlone(place: Installation, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const line = [...(options.under ?? []), process.execPath, ...(options.nodeFlags ?? []), PROGRAM, ...args]
  return new Promise((resolvePromise, reject) => {
    const child = spawn(line[0] ?? '', line.slice(1), {
      cwd: options.cwd ?? place.cwd,
      env: { ...place.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    if (child.pid !== undefined) options.onStart?.(child.pid)
    child.on('close', (code, signal) => {
      resolvePromise({
        code,
        signal,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      })
    })
  })
}

/** Looks again and again until the look gives something, which neither undefined nor false is. @throws Error, when it never did */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined> | T | false | undefined,
  mostMs = 40_000,
): Promise<T> {
  const end = Date.now() + mostMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
