// A state directory opened: every document of it, by agent.
import { type Config, defaultAgent, hasAgent, MAIN_AGENT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { ownerOf } from '../core/inherit.ts'
import { printable } from '../core/profile.ts'
import { parseDotenv } from '../system/env.ts'
import type { System } from '../system/system.ts'
import type { Backend } from './backend.ts'
import { type ConfigStore, openConfig } from './config.ts'
import { createFilesBackend } from './files-backend.ts'
import { type HealthStore, openHealth } from './health.ts'
import { createLayout, type Layout } from './layout.ts'
import { openProfiles, type ProfileStore } from './profiles.ts'
import { openSessions, type SessionStore } from './sessions.ts'

export type AgentStore = {
  agentId: string
  agentDir: string
  /** In whose store the profiles lie: the agent itself, unless it is pointed at another one. */
  owner: string
  profiles: ProfileStore
  health: HealthStore
  sessions: SessionStore
}

export type Home = {
  system: System
  backend: Backend
  layout: Layout
  configStore: ConfigStore
  /** As of the last load. */
  config(): Config
  /** Values of `<state>/.env`, as of the last load. */
  dotenv(): ReadonlyMap<string, string>
  /** Reads config and dotenv anew. @throws AuthError; what was loaded before stays in force */
  reload(): Promise<void>
  /** @throws AuthError unknown_agent */
  agent(agentId: string): AgentStore
  /** The agent meant: the one named, else main when the environment names its directory, else the configured default. @throws AuthError unknown_agent, listing those that exist */
  pickAgent(named: string | undefined): string
}

/**
 * Opens a state directory; reads config and `.env`, writes nothing.
 * @throws AuthError unreadable_config, invalid_config
 */
export async function openHome(system: System, options: { profile?: string } = {}): Promise<Home> {
  let config: Config | undefined
  let dotenv: ReadonlyMap<string, string> = new Map()
  const layout = createLayout(
    {
      env: system.env,
      homeDir: system.homeDir,
      workingDir: system.workingDir,
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    },
    () => config,
  )
  const backend = createFilesBackend(system, layout.stateDir)
  const configStore = openConfig(backend, layout.config)
  const agents = new Map<string, AgentStore>()
  const present = (): Config => {
    if (config === undefined) throw new Error('a home is loaded before it is used')
    return config
  }
  const home: Home = {
    system,
    backend,
    layout,
    configStore,
    config: present,
    dotenv: () => dotenv,
    reload: async () => {
      const [nextConfig, envFile] = await Promise.all([configStore.read(), backend.get(layout.dotenv)])
      config = nextConfig
      dotenv = parseDotenv(envFile?.text ?? '')
    },
    agent: (agentId) => {
      if (!hasAgent(present(), agentId)) throw unknownAgent(agentId, present())
      const owner = ownerOf(present(), agentId)
      const open = agents.get(agentId)
      if (open?.owner === owner) return open
      const lender = owner === agentId ? undefined : home.agent(owner)
      const profiles = lender?.profiles ?? openProfiles(backend, layout.profiles(agentId))
      const store: AgentStore = {
        agentId,
        agentDir: layout.agentDir(agentId),
        owner,
        profiles,
        health: lender?.health ?? openHealth(system, backend, layout.cache(agentId), profiles),
        sessions: openSessions(system, backend, layout, agentId),
      }
      agents.set(agentId, store)
      return store
    },
    pickAgent: (named) => {
      const agentId = named ?? (layout.isMainMeant ? MAIN_AGENT : defaultAgent(present()))
      if (!hasAgent(present(), agentId)) throw unknownAgent(agentId, present())
      return agentId
    },
  }
  await home.reload()
  return home
}

function unknownAgent(agentId: string, config: Config): AuthError {
  const known = [...new Set([MAIN_AGENT, ...config.agents.map(({ id }) => id)])].join(', ')
  return new AuthError('unknown_agent', `There is no agent "${printable(agentId)}"; known: ${known}.`, {
    remedy: 'openclaw agents list',
  })
}
