// Every path below the state directory, and nothing else.
import { isAbsolute, join, resolve } from 'node:path'
import { type Config, defaultAgent, MAIN_AGENT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { isAgentId } from '../core/profile.ts'
import type { LegacyForm } from './legacy.ts'

export type Layout = {
  stateDir: string
  config: string
  dotenv: string
  /** For people and scripts of this user, 0600; the gateway checks against it. */
  gatewayToken: string
  /** What the gateway logged, made with its first line. */
  gatewayLog: string
  /** Which gateways run on this state directory. */
  gatewayNotes: string
  /** Until when a person lets calls cross to what is billed by use. */
  spendConsent: string
  /** What calls that are billed by use have cost today. */
  spendBook: string
  /** Which models the providers have, as they said last. */
  modelLists: string
  /** Who may speak to the bots of this installation, as far as the config does not say: no secrets. */
  pairings: string
  /** What a bot was told and has not answered yet. */
  inbox(channel: string, accountId: string): string
  /** The token of a bot, when nobody named a place for it: 0600. */
  channelToken(channel: string, accountId: string): string
  /** Sends a browser on to the page of the gateway. */
  pageRedirect: string
  agentDir(agentId: string): string
  /** The environment names the directory of the main agent, so that agent is the one meant when none is named. */
  isMainMeant: boolean
  profiles(agentId: string): string
  /** What the last commands replaced in the profiles, kept for `models auth undo`: secrets, as there. */
  changes(agentId: string): string
  /** The runtime cache: health and refresh claims, no secrets. */
  cache(agentId: string): string
  /** The right to redeem refresh tokens of the provider that lie in this agent's store. */
  refreshRight(agentId: string, provider: string): string
  /** Where renewed logins wait whose store could not be written, best first: the next place may be on another disk. */
  spools: readonly string[]
  /** Where credentials of older layouts may lie: in the agent's own files, and in those of the time before there were agents. */
  legacy(agentId: string): LegacyPlace[]
  sessionsDir(agentId: string): string
  /** Where the agent works; nothing of ours lies there. */
  workspace(agentId: string): string
  /** A path as a person wrote it: `~` expanded, absolute. */
  expand(path: string): string
  /** Plugins that were installed, a folder each. */
  extensions: string
  /** What was deleted is moved here, and stays until a person removes it. */
  trash: string
  sessions(agentId: string): string
  /** What the prompt cache gave each turn; no secrets. */
  cacheTurns(agentId: string): string
  /** Who was asked by each call of the agent, how it went and why; no secrets. */
  ledger(agentId: string): string
  transcript(agentId: string, sessionId: string): string
}

export type LegacyPlace = {
  path: string
  form: LegacyForm
  /** Belongs to no agent by its place: the one that is meant when none is named takes it. */
  isNobodys?: true
}

export type LayoutOptions = {
  env: Readonly<Record<string, string | undefined>>
  homeDir: string
  workingDir: string
  /** `--profile <name>`: a second installation of its own beside the first. */
  profile?: string
}

/** Where the state directory is: `OPENCLAW_STATE_DIR`, else `.openclaw` (with `--profile`: `.openclaw-<name>`) in the home directory. */
export function stateDirOf(options: LayoutOptions): string {
  const { env } = options
  const expand = expandIn(options)
  const named = filled(env.OPENCLAW_STATE_DIR)
  if (named !== undefined) return expand(named)
  const profile = profileOf(options)
  return join(expand('~'), profile === undefined ? '.openclaw' : `.openclaw-${profile}`)
}

/** The name of the installation, when it is not the first: of `--profile`, else of `OPENCLAW_PROFILE`. @throws AuthError usage */
export function profileOf(options: Pick<LayoutOptions, 'env' | 'profile'>): string | undefined {
  const profile = options.profile ?? filled(options.env.OPENCLAW_PROFILE)
  if (profile !== undefined && !/^[a-z0-9][a-z0-9_-]{0,63}$/i.test(profile)) {
    throw new AuthError('usage', 'The name after --profile is letters, digits, - and _.', { remedy: 'openclaw --help' })
  }
  return profile
}

/** The variables by which a process that is started elsewhere finds this installation: absolute, and no secret among them. */
export function variablesFor(layout: Layout, { env }: Pick<LayoutOptions, 'env'>): Record<string, string> {
  const places: Record<string, string | undefined> = {
    OPENCLAW_STATE_DIR: layout.stateDir,
    OPENCLAW_CONFIG_PATH: filled(env.OPENCLAW_CONFIG_PATH) && layout.config,
    OPENCLAW_AGENT_DIR: layout.isMainMeant ? layout.agentDir(MAIN_AGENT) : undefined,
    OPENCLAW_OAUTH_DIR: filled(env.OPENCLAW_OAUTH_DIR) && layout.expand(env.OPENCLAW_OAUTH_DIR ?? ''),
    OPENCLAW_HOME: filled(env.OPENCLAW_HOME) && layout.expand('~'),
    OPENCLAW_GATEWAY_PORT: filled(env.OPENCLAW_GATEWAY_PORT)?.trim(),
    HOME: filled(env.HOME),
    USERPROFILE: filled(env.USERPROFILE),
  }
  return Object.fromEntries(
    Object.entries(places).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** A path of the XDG variables; they say nothing when they are empty or relative (XDG Base Directory Specification). */
export function xdgPath(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined
}

/** A path as a person writes it: `~` is the home directory, a relative one starts at the working directory. */
function expandIn({ env, homeDir, workingDir }: LayoutOptions): (path: string) => string {
  const real = filled(env.HOME) ?? filled(env.USERPROFILE) ?? filled(homeDir)
  const from = (home: string | undefined, path: string): string => {
    if (path !== '~' && !path.startsWith('~/')) return resolve(workingDir, path)
    if (home === undefined) throw homeless()
    return resolve(workingDir, join(home, path.slice(1)))
  }
  // What replaces the home directory may itself be written from the real one.
  const named = filled(env.OPENCLAW_HOME) ?? real
  return (path) => from(named === undefined ? undefined : from(real, named), path)
}

function homeless(): AuthError {
  const what =
    'There is no home directory here (HOME is not set, and the user has none), so nobody knows where the state is.'
  return new AuthError('usage', what, { remedy: 'export OPENCLAW_STATE_DIR=/var/lib/openclaw' })
}

/** Builds the paths; `config` is consulted for agents with a directory of their own. */
export function createLayout(options: LayoutOptions, config: () => Config | undefined): Layout {
  const stateDir = stateDirOf(options)
  const { env } = options
  const agents = (): Config['agents'] => config()?.agents ?? []
  const here = expandIn(options)
  const override = filled(env.OPENCLAW_AGENT_DIR) ?? filled(env.PI_CODING_AGENT_DIR)
  const agentDir = (agentId: string): string => {
    if (!isAgentId(agentId)) {
      throw new AuthError('unknown_agent', 'An agent id is lower-case letters, digits, - and _, at most 64 long.', {
        remedy: 'openclaw models status',
      })
    }
    if (override !== undefined && agentId === MAIN_AGENT) return here(override)
    const own = agents().find((agent) => agent.id === agentId)?.agentDir
    return own === undefined ? join(stateDir, 'agents', agentId, 'agent') : here(own)
  }
  const sessionsDir = (agentId: string): string => {
    agentDir(agentId)
    return join(stateDir, 'agents', agentId, 'sessions')
  }
  const workspace = (agentId: string): string => {
    agentDir(agentId)
    const known = config()
    const own = agents().find((agent) => agent.id === agentId)?.workspace
    const isDefault = known === undefined ? agentId === MAIN_AGENT : defaultAgent(known) === agentId
    const path = own ?? (isDefault ? known?.workspace : undefined)
    if (path !== undefined) return here(path)
    return join(stateDir, agentId === MAIN_AGENT ? 'workspace' : `workspace-${agentId}`)
  }
  const configPath = filled(env.OPENCLAW_CONFIG_PATH)
  const runtimeDir = xdgPath(env.XDG_RUNTIME_DIR)
  const profiles = (agentId: string): string => join(agentDir(agentId), 'auth-profiles.json')
  const cache = (agentId: string): string => join(agentDir(agentId), 'auth.json')
  const legacy = (agentId: string): LegacyPlace[] => {
    const oauthDir = filled(env.OPENCLAW_OAUTH_DIR)
    const single = join(stateDir, 'agent')
    // An agent may have its directory there.
    const owned = new Set([MAIN_AGENT, ...agents().map(({ id }) => id)].flatMap((id) => [profiles(id), cache(id)]))
    const old: LegacyPlace[] = [
      { path: join(single, 'auth-profiles.json'), form: 'store', isNobodys: true },
      { path: join(single, 'auth.json'), form: 'map', isNobodys: true },
      {
        path: join(oauthDir === undefined ? join(stateDir, 'credentials') : here(oauthDir), 'oauth.json'),
        form: 'map',
        isNobodys: true,
      },
    ]
    return [
      { path: profiles(agentId), form: 'flat' },
      { path: cache(agentId), form: 'cache' },
      ...old.filter(({ path }) => !owned.has(path)),
    ]
  }
  return {
    stateDir,
    config: configPath === undefined ? join(stateDir, 'openclaw.json') : here(configPath),
    dotenv: join(stateDir, '.env'),
    gatewayToken: join(stateDir, 'gateway.token'),
    gatewayLog: join(stateDir, 'logs', 'gateway.log'),
    pageRedirect: join(stateDir, 'dashboard.html'),
    gatewayNotes: join(stateDir, 'gateway.json'),
    spendConsent: join(stateDir, 'spend-consent.json'),
    spendBook: join(stateDir, 'spend.json'),
    modelLists: join(stateDir, 'model-lists.json'),
    pairings: join(stateDir, 'channels', 'pairing.json'),
    inbox: (channel, accountId) => join(stateDir, 'channels', `${channel}-${fileName(accountId)}.json`),
    channelToken: (channel, accountId) => join(stateDir, 'credentials', `${channel}-${fileName(accountId)}.token`),
    agentDir,
    isMainMeant: override !== undefined,
    profiles,
    // No temporary file of this one is taken for one of the profiles: those are told by how their names begin.
    changes: (agentId) => join(agentDir(agentId), 'auth-profiles.undo.json'),
    cache,
    legacy,
    refreshRight: (agentId, provider) => join(agentDir(agentId), `refresh-${provider.replace(/[^\w.-]/g, '_')}`),
    spools: [
      join(stateDir, 'spool'),
      join(xdgPath(env.XDG_STATE_HOME) ?? join(here('~'), '.local', 'state'), 'keyclaw', 'spool'),
      ...(runtimeDir === undefined ? [] : [join(runtimeDir, 'keyclaw', 'spool')]),
    ],
    sessionsDir,
    workspace,
    expand: here,
    extensions: join(stateDir, 'extensions'),
    trash: join(stateDir, 'trash'),
    cacheTurns: (agentId) => join(sessionsDir(agentId), 'prompt-cache.log'),
    ledger: (agentId) => join(sessionsDir(agentId), 'calls.log'),
    sessions: (agentId) => join(sessionsDir(agentId), 'sessions.json'),
    transcript: (agentId, sessionId) => {
      if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(sessionId)) {
        throw new AuthError('unknown_session', 'A session id is letters, digits, - and _, at most 128 long.', {
          remedy: 'openclaw agent --message "hi"',
        })
      }
      return join(sessionsDir(agentId), `${sessionId}.jsonl`)
    },
  }
}

/** Names of accounts are a person's own; no two become one file. */
function fileName(name: string): string {
  return name.replace(/[^a-z0-9_-]/g, (letter) => `%${letter.codePointAt(0)?.toString(16) ?? ''}`)
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value
}
