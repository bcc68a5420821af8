// A state directory opened: every document of it, by agent.

import { agentIds, type Config, defaultAgent, hasAgent, MAIN_AGENT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { ownerOf } from '../core/inherit.ts'
import { guess } from '../core/nearest.ts'
import { printable } from '../core/profile.ts'
import { envOf, missingText, type Variables } from '../core/substitute.ts'
import { parseDotenv } from '../system/env.ts'
import type { System } from '../system/system.ts'
import type { Backend } from './backend.ts'
import { type CacheTurns, openCacheTurns } from './cache-turns.ts'
import { type ChangeStore, openChanges } from './changes.ts'
import { type ConfigStore, openConfig } from './config.ts'
import type { JsonObject } from './document.ts'
import { watchEmptied } from './emptied.ts'
import { createFilesBackend } from './files-backend.ts'
import { type HealthStore, openHealth } from './health.ts'
import { createLayout, type Layout } from './layout.ts'
import { type HearLine, type Ledger, openLedger } from './ledger.ts'
import { type LegacyFiles, openLegacyFiles, readWhole, type WholeBook } from './legacy-files.ts'
import { type LoginShell, openLoginShell } from './login-shell.ts'
import { type ModelListStore, openModelLists } from './model-lists.ts'
import { openProfiles, type ProfileStore } from './profiles.ts'
import { openRenewals, type RenewalStore } from './renewals.ts'
import { openSessions, type SessionStore } from './sessions.ts'
import { openSpend, type SpendStore } from './spend.ts'
import { openSpool, type Spool } from './spool.ts'

export type AgentStore = {
  agentId: string
  agentDir: string
  /** In whose store the profiles lie: the agent itself, unless it is pointed at another one. */
  owner: string
  profiles: ProfileStore
  /** What the last commands replaced in it. */
  changes: ChangeStore
  /** Files of older layouts that hold credentials of this agent. */
  legacy: LegacyFiles
  /** The profiles, and those of older files with them: what counts for everybody who only looks. */
  book(): Promise<WholeBook>
  health: HealthStore
  renewals: RenewalStore
  sessions: SessionStore
  /** What the prompt cache gave the turns of this agent. */
  cacheTurns: CacheTurns
  /** How each attempt of the calls of this agent went. */
  ledger: Ledger
}

export type Home = {
  system: System
  backend: Backend
  layout: Layout
  configStore: ConfigStore
  /** Renewed logins whose store could not be written. */
  spool: Spool
  /** What a person allows to be spent, and what was. */
  spend: SpendStore
  /** Which models the providers have, as they said last. */
  modelLists: ModelListStore
  /** As of the last load. */
  config(): Config
  /** Values of `<state>/.env`, as of the last load. */
  dotenv(): ReadonlyMap<string, string>
  shell: LoginShell
  /** Variables of the config that the login shell set. */
  shellNames(): readonly string[]
  /** Asks the login shell for names that are set nowhere else, those of the config among them, when it is wanted. */
  askShell(names: readonly string[]): Promise<void>
  /**
   * Reads config and dotenv anew.
   * @param options.tookConfig this process itself took the config away: that it is gone counts at once
   * @throws AuthError; what was loaded before stays in force
   */
  reload(options?: { tookConfig?: boolean }): Promise<void>
  /** When to load again, from now, ms: the config held nothing, and did before (`emptied.ts`); undefined: nothing waits. */
  configRestMs(): number | undefined
  /** From now on it hears of each line that this process notes in a ledger. @returns ends that */
  hearLines(hear: HearLine): () => void
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
  let raw: JsonObject = {}
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
  const variablesWith =
    (values: ReadonlyMap<string, string>): Variables =>
    (name) =>
      filled(system.env[name]) ?? values.get(name)
  const emptied = watchEmptied(system, () => backend.locate(layout.config))
  const configStore = openConfig(
    backend,
    layout.config,
    (name) => variablesWith(dotenv)(name),
    (ms) => system.sleep(ms),
  ).guarded(emptied.guard)
  const shell = openLoginShell(
    system,
    (name) => variablesWith(dotenv)(name),
    () => present(),
  )
  const fromShell = new Set<string>()
  const mean = (written: JsonObject, near: Variables): Config => {
    const own = envOf(written)
    fromShell.clear()
    return configStore.meaning(written, (name) => {
      // Before the first load nobody knows whether the shell is wanted; the config's own variables are nearer than its.
      const value = near(name) ?? (config === undefined || own.has(name) ? undefined : shell.get(name))
      if (value !== undefined && near(name) === undefined) fromShell.add(name)
      return value
    })
  }
  const agents = new Map<string, AgentStore>()
  const hearers = new Set<HearLine>()
  const tell: HearLine = (line, around) => {
    for (const hear of hearers) hear(line, around)
  }
  const present = (): Config => {
    if (config === undefined) throw new Error('a home is loaded before it is used')
    return config
  }
  const modelLists = openModelLists(backend, layout.modelLists)
  const home: Home = {
    system,
    backend,
    layout,
    configStore,
    spool: openSpool(system, layout),
    spend: openSpend(backend, layout),
    modelLists,
    config: present,
    dotenv: () => dotenv,
    shell,
    shellNames: () => [...fromShell],
    askShell: async (names) => {
      const missing = present().missing.map(({ name }) => name)
      await shell.ask([...names, ...missing])
      if (missing.some((name) => shell.get(name) !== undefined)) config = mean(raw, variablesWith(dotenv))
    },
    reload: async ({ tookConfig = false } = {}) => {
      const [text, envFile] = await Promise.all([configStore.text(), backend.get(layout.dotenv), modelLists.load()])
      const written = emptied.counts(text, tookConfig) ? configStore.parsed(text ?? '') : raw
      const values = parseDotenv(envFile?.text ?? '')
      const next = mean(written, variablesWith(values))
      if (config !== undefined) tellMissing(system, layout, config, next)
      config = next
      dotenv = values
      raw = written
    },
    configRestMs: emptied.restMs,
    hearLines: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    agent: (agentId) => {
      if (!hasAgent(present(), agentId)) throw unknownAgent(agentId, present())
      const owner = ownerOf(present(), agentId)
      const agentDir = layout.agentDir(agentId)
      const lender = owner === agentId ? undefined : home.agent(owner)
      const open = agents.get(agentId)
      // The same agent in another directory, or with a lender in another one, has other credentials.
      const isSame = open?.agentDir === agentDir && (lender === undefined || open.profiles === lender.profiles)
      if (open?.owner === owner && isSame) return open
      const profiles = lender?.profiles ?? openProfiles(backend, layout.profiles(agentId))
      const isMeant = (): boolean => ownerOf(present(), home.pickAgent(undefined)) === agentId
      const legacy =
        lender?.legacy ??
        openLegacyFiles(system, backend, () =>
          layout.legacy(agentId).filter(({ isNobodys }) => isNobodys !== true || isMeant()),
        )
      const store: AgentStore = {
        agentId,
        agentDir,
        owner,
        profiles,
        changes: lender?.changes ?? openChanges(system, backend, layout.changes(agentId)),
        legacy,
        book: () => readWhole(profiles, legacy),
        health: lender?.health ?? openHealth(system, backend, layout.cache(agentId)),
        renewals: lender?.renewals ?? openRenewals(backend, layout.cache(agentId)),
        sessions: openSessions(system, backend, layout, agentId),
        cacheTurns: openCacheTurns(system, layout.cacheTurns(agentId)),
        ledger: openLedger(system, layout.ledger(agentId), tell),
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

/** Whoever opened the home tells of those it found; those that come later are found by nobody else. */
function tellMissing({ log }: System, layout: Layout, before: Config, next: Config): void {
  const known = new Set(before.missing.map(missingText))
  for (const missing of next.missing) {
    if (known.has(missingText(missing))) continue
    log.warn('a variable that the config names is not set; what needs it is not used', {
      variable: missing.name,
      path: missing.path,
      file: layout.config,
    })
  }
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value
}

function unknownAgent(agentId: string, config: Config): AuthError {
  const ids = agentIds(config)
  const what = `There is no agent "${printable(agentId)}"${guess(agentId, ids)}; known: ${ids.join(', ')}.`
  return new AuthError('unknown_agent', what, {
    remedy: 'openclaw agents list',
  })
}
