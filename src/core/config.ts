// The configuration: what it may hold, and what it means once read. Every complaint carries its path.

import * as v from 'valibot'
import { MAIN_AGENT } from './agent-id.ts'
import { type AuthSettings, authSettings } from './auth-settings.ts'
import type { Billing } from './billing.ts'
import { type Binding, bindingIssues, DEFAULT_ACCOUNT, meantBy } from './binding.ts'
import { askedRetention, type Retention } from './cache.ts'
import type { DmScope } from './channel-schema.ts'
import { type TelegramAccount, telegramAccounts } from './channel-settings.ts'
import { type ConfigIssue, findPoison, issuesOf, refIssues, repeatIssues } from './config-issues.ts'
import { formatPath } from './config-path.ts'
import {
  type Bind,
  ConfigSchema,
  DEFAULT_MODEL,
  type Identity,
  type ModelChoice,
  type RawConfig,
  TIMEOUTS,
  type Timeouts,
} from './config-schema.ts'
import { inheritIssues } from './inherit.ts'
import { formatRef, type ModelRef, normaliseProvider, parseModelRef } from './model-ref.ts'
import type { Otel } from './otel-settings.ts'
import { type Price, pricesIn } from './price.ts'
import { envOf, type MissingVariable, substitute, type Variables } from './substitute.ts'

export { type ConfigIssue, findPoison } from './config-issues.ts'
export { DEFAULT_MODEL, DEFAULT_PORT, TIMEOUTS, type Timeouts } from './config-schema.ts'
export { MAIN_AGENT }

export const DEFAULT_PROVIDER = 'anthropic'

export type ModelSettings = { primary: string; fallbacks: readonly string[] }

export type AgentEntry = {
  id: string
  name?: string
  isDefault: boolean
  workspace?: string
  agentDir?: string
  identity?: Identity
  /** The agent whose credentials it uses instead of its own. */
  inherit?: string
  model?: { primary?: string; fallbacks?: readonly string[] }
}

export type ProviderSettings = {
  baseUrl?: string
  apiKey?: string
  api?: string
  /** How its keys are paid for, where the config says so. */
  billing?: Billing
  /** What its models cost, by their names there. */
  prices?: ReadonlyMap<string, Price>
  /** A variable that its settings name is not set: nothing is asked of it, as it would not be what was meant. */
  missing?: MissingVariable
  /** Likewise, but of the key alone. */
  missingKey?: MissingVariable
}

export type Config = AuthSettings & {
  /** `isNamed`: the config names the primary one, and nobody had to assume it. */
  model: ModelSettings & { isNamed: boolean }
  image: { primary?: string; fallbacks: readonly string[] }
  /** `provider/model` keys of agents.defaults.models in the order written; not empty = an allow-list. */
  configured: readonly string[]
  /** `provider/model` -> how long a person wants its prompts kept. */
  cacheRetention: ReadonlyMap<string, Retention>
  /** Lower-case alias -> model. */
  aliases: ReadonlyMap<string, ModelRef>
  /** Alias as written -> `provider/model`. */
  aliasNames: ReadonlyMap<string, string>
  agents: readonly AgentEntry[]
  /** `agents.defaults.workspace`: of the default agent. */
  workspace?: string
  bindings: readonly Binding[]
  /** Chat channels the config names, with their accounts. */
  channels: ReadonlyMap<string, readonly string[]>
  /** The bots that the gateway runs at Telegram. */
  telegram: readonly TelegramAccount[]
  /** Which conversation a private chat belongs to. */
  dmScope: DmScope
  providers: ReadonlyMap<string, ProviderSettings>
  env: ReadonlyMap<string, string>
  /** Whether the login shell is asked for keys that are set nowhere else, and how long it may take. */
  shellEnv: { enabled: boolean; timeoutMs?: number }
  /** Plugins that are enabled, by id, and the folders of those that are not installed, as written. */
  plugins: { enabled: readonly string[]; paths: readonly string[] }
  /** What is handed out about calls. */
  diagnostics: Otel
  /** Variables that the file names and nobody has set. */
  missing: readonly MissingVariable[]
  gateway: {
    port?: number
    bind: Bind
    customBindHost?: string
    mode: 'token' | 'password'
    token?: string
    password?: string
    allowedHosts: readonly string[]
    timeouts: Timeouts
  }
}

/**
 * Reads a parsed config file.
 * @param raw the JSON5 value; an absent file is `{}`
 * @param variables what `${NAME}` stands for, besides what the file sets itself
 * @returns the meaning, or every issue with its path
 */
export function readConfig(
  raw: unknown,
  variables: Variables = () => undefined,
): { config: Config; issues: [] } | { config?: never; issues: ConfigIssue[] } {
  if (Array.isArray(raw)) return { issues: [{ path: '', message: 'expected an object' }] }
  const poison = findPoison(raw, [])
  if (poison !== undefined) return { issues: [{ path: formatPath(poison), message: 'this key is not allowed' }] }
  const { value, missing } = substitute(raw, variables)
  const parsed = v.safeParse(ConfigSchema, value)
  const issues = [...(parsed.issues ?? []).flatMap((issue) => issuesOf(issue, [])), ...refIssues(value)]
  if (parsed.success) {
    const list = parsed.output.agents?.list ?? []
    issues.push(...bindingIssues(parsed.output), ...repeatIssues(list), ...inheritIssues(list))
  }
  if (issues.length > 0 || !parsed.success) return { issues }
  return { config: meaningOf(parsed.output, missing), issues: [] }
}

function choice(value: ModelChoice | undefined): { primary?: string; fallbacks?: string[] } {
  if (value === undefined) return {}
  if (typeof value === 'string') return { primary: value }
  return {
    ...(value.primary === undefined ? {} : { primary: value.primary }),
    ...(value.fallbacks === undefined ? {} : { fallbacks: value.fallbacks }),
  }
}

function meaningOf(raw: RawConfig, missing: readonly MissingVariable[]): Config {
  const defaults = raw.agents?.defaults
  const model = choice(defaults?.model)
  const image = choice(defaults?.imageModel)
  const aliases = new Map<string, ModelRef>()
  const aliasNames = new Map<string, string>()
  const configured: string[] = []
  const cacheRetention = new Map<string, Retention>()
  for (const [key, entry] of Object.entries(defaults?.models ?? {})) {
    const ref = plainRef(key)
    configured.push(formatRef(ref))
    const asked = askedRetention(entry.params ?? {})
    if (asked !== undefined) cacheRetention.set(formatRef(ref), asked)
    if (entry.alias === undefined || entry.alias.trim() === '') continue
    aliases.set(entry.alias.trim().toLowerCase(), ref)
    aliasNames.set(entry.alias.trim(), formatRef(ref))
  }
  const gateway = raw.gateway
  return {
    model: {
      primary: model.primary ?? DEFAULT_MODEL,
      fallbacks: model.fallbacks ?? [],
      isNamed: model.primary !== undefined,
    },
    image: { ...(image.primary === undefined ? {} : { primary: image.primary }), fallbacks: image.fallbacks ?? [] },
    configured,
    cacheRetention,
    aliases,
    aliasNames,
    ...authSettings(raw.auth),
    agents: (raw.agents?.list ?? []).map((agent) => ({
      id: agent.id,
      isDefault: agent.default === true,
      ...(agent.name === undefined ? {} : { name: agent.name }),
      ...(agent.workspace === undefined ? {} : { workspace: agent.workspace }),
      ...(agent.agentDir === undefined ? {} : { agentDir: agent.agentDir }),
      ...(agent.identity === undefined ? {} : { identity: agent.identity }),
      ...(agent.auth?.inherit === undefined ? {} : { inherit: agent.auth.inherit }),
      ...(agent.model === undefined ? {} : { model: choice(agent.model) }),
    })),
    ...(defaults?.workspace === undefined ? {} : { workspace: defaults.workspace }),
    bindings: (raw.bindings ?? []).map(meantBy),
    channels: channelsOf(raw.channels ?? {}),
    telegram: telegramAccounts(raw.channels?.telegram, missing),
    dmScope: raw.session?.dmScope ?? 'main',
    providers: new Map(
      Object.entries(raw.models?.providers ?? {}).map(([id, provider]) => [
        normaliseProvider(id),
        {
          ...(provider.baseUrl === undefined ? {} : { baseUrl: provider.baseUrl.replace(/\/$/, '') }),
          ...(provider.apiKey === undefined ? {} : { apiKey: provider.apiKey }),
          ...(provider.api === undefined ? {} : { api: provider.api }),
          ...(provider.billing === undefined ? {} : { billing: provider.billing }),
          ...(provider.models === undefined ? {} : { prices: pricesIn(provider.models) }),
          ...missingIn(missing, `models.providers.${id}.`),
        },
      ]),
    ),
    env: envOf(raw),
    shellEnv: {
      enabled: raw.env?.shellEnv?.enabled === true,
      ...(raw.env?.shellEnv?.timeoutMs === undefined ? {} : { timeoutMs: raw.env.shellEnv.timeoutMs }),
    },
    plugins: {
      enabled: Object.entries(raw.plugins?.entries ?? {}).flatMap(([id, { enabled }]) =>
        enabled === true ? [id] : [],
      ),
      paths: raw.plugins?.load?.paths ?? [],
    },
    diagnostics: raw.diagnostics ?? {},
    missing,
    gateway: {
      ...(gateway?.port === undefined ? {} : { port: gateway.port }),
      // An address that is not known is no reason not to start; this machine is always there.
      bind: missing.some(({ path }) => path === 'gateway.customBindHost') ? 'loopback' : (gateway?.bind ?? 'loopback'),
      ...(gateway?.customBindHost === undefined ? {} : { customBindHost: gateway.customBindHost }),
      mode: gateway?.auth?.mode ?? 'token',
      ...(gateway?.auth?.token === undefined ? {} : { token: gateway.auth.token }),
      ...(gateway?.auth?.password === undefined ? {} : { password: gateway.auth.password }),
      allowedHosts: gateway?.allowedHosts ?? [],
      timeouts: {
        connectMs: gateway?.timeouts?.connectMs ?? TIMEOUTS.connectMs,
        firstByteMs: gateway?.timeouts?.firstByteMs ?? TIMEOUTS.firstByteMs,
        idleMs: gateway?.timeouts?.idleMs ?? TIMEOUTS.idleMs,
        drainMs: gateway?.timeouts?.drainMs ?? TIMEOUTS.drainMs,
      },
    },
  }
}

function missingIn(all: readonly MissingVariable[], prefix: string): Pick<ProviderSettings, 'missing' | 'missingKey'> {
  const own = all.filter(({ path }) => path.startsWith(prefix))
  const missingKey = own.find(({ path }) => path === `${prefix}apiKey`)
  const missing = own.find((one) => one.path !== `${prefix}apiKey`)
  return { ...(missing === undefined ? {} : { missing }), ...(missingKey === undefined ? {} : { missingKey }) }
}

/** A channel with `accounts` has those, any other its default one. */
function channelsOf(raw: Readonly<Record<string, unknown>>): Map<string, readonly string[]> {
  const rows = Object.entries(raw).filter(([name, value]) => name !== 'defaults' && typeof value === 'object')
  return new Map(
    rows.map(([name, value]) => {
      const accounts = typeof value === 'object' && value !== null && 'accounts' in value ? value.accounts : undefined
      const ids = typeof accounts === 'object' && accounts !== null ? Object.keys(accounts) : []
      return [name, ids.length === 0 ? [DEFAULT_ACCOUNT] : ids]
    }),
  )
}

function plainRef(text: string): ModelRef {
  return parseModelRef(text, { aliases: new Map(), defaultProvider: DEFAULT_PROVIDER })
}

/** The agent used when none is named: the first with `default: true`, else the first listed, else main. */
export function defaultAgent(config: Config): string {
  return (config.agents.find((agent) => agent.isDefault) ?? config.agents[0])?.id ?? MAIN_AGENT
}

/** All agents: main first where the config does not list it, then in the config's order. */
export function agentIds({ agents }: Config): string[] {
  const listed = agents.map(({ id }) => id)
  return [...new Set(listed.includes(MAIN_AGENT) ? listed : [MAIN_AGENT, ...listed])]
}

/** Whether the agent exists: listed, or main. */
export function hasAgent(config: Config, agentId: string): boolean {
  return agentId === MAIN_AGENT || config.agents.some((agent) => agent.id === agentId)
}

/** Models of an agent: its own choice, else the defaults; `fromAgent` says which parts are its own, `isNamed` as in `Config.model`. */
export function modelsOf(
  config: Config,
  agentId: string,
): Config['model'] & { fromAgent: { primary: boolean; fallbacks: boolean } } {
  const own = config.agents.find((agent) => agent.id === agentId)?.model
  return {
    primary: own?.primary ?? config.model.primary,
    fallbacks: own?.fallbacks ?? config.model.fallbacks,
    isNamed: config.model.isNamed || own?.primary !== undefined,
    fromAgent: { primary: own?.primary !== undefined, fallbacks: own?.fallbacks !== undefined },
  }
}

/**
 * Reads a model name with this config's aliases; a bare name belongs to the provider of the agent's default model.
 * @throws AuthError usage
 */
export function modelRefIn(config: Config, agentId: string, text: string): ModelRef {
  const options = { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER }
  if (text.includes('/')) return parseModelRef(text, options)
  const primary = parseModelRef(modelsOf(config, agentId).primary, options)
  return parseModelRef(text, { ...options, defaultProvider: primary.provider })
}

/** What the config says of the prompt cache of a model, and of the dialect of its provider. */
export function cacheSettingsOf(
  config: Config,
  ref: ModelRef,
): { asked: Retention | undefined; api: string | undefined } {
  return { asked: config.cacheRetention.get(formatRef(ref)), api: config.providers.get(ref.provider)?.api }
}
