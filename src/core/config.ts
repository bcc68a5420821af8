// The configuration: what it may hold, and what it means once read. Every complaint carries its path.
import * as v from 'valibot'
import { isSecretPath } from './config-keys.ts'
import { type ConfigPath, formatPath, POISON, valueAt } from './config-path.ts'
import {
  type Bind,
  ConfigSchema,
  DEFAULT_MODEL,
  type ModelChoice,
  type RawConfig,
  TIMEOUTS,
  type Timeouts,
} from './config-schema.ts'
import { formatRef, isModelRef, type ModelRef, normaliseProvider, parseModelRef } from './model-ref.ts'

export { DEFAULT_MODEL, DEFAULT_PORT, TIMEOUTS, type Timeouts } from './config-schema.ts'

export const DEFAULT_PROVIDER = 'anthropic'
export const MAIN_AGENT = 'main'

export type ConfigIssue = { path: string; message: string }

export type ModelSettings = { primary: string; fallbacks: readonly string[] }

export type AgentEntry = {
  id: string
  name?: string
  isDefault: boolean
  agentDir?: string
  model?: { primary?: string; fallbacks?: readonly string[] }
}

export type ProviderSettings = { baseUrl?: string; apiKey?: string; api?: string }

export type Config = {
  model: ModelSettings
  image: { primary?: string; fallbacks: readonly string[] }
  /** `provider/model` keys of agents.defaults.models in the order written; not empty = an allow-list. */
  configured: readonly string[]
  /** Lower-case alias -> model. */
  aliases: ReadonlyMap<string, ModelRef>
  /** Alias as written -> `provider/model`. */
  aliasNames: ReadonlyMap<string, string>
  authOrder: ReadonlyMap<string, readonly string[]>
  authProfiles: ReadonlyMap<string, { provider: string; mode?: string }>
  /** Subscription profiles that callers beyond loopback may use, by id (D13). */
  shared: ReadonlySet<string>
  agents: readonly AgentEntry[]
  providers: ReadonlyMap<string, ProviderSettings>
  env: ReadonlyMap<string, string>
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

/** Where in a value that stands at the path a key is that is never allowed. */
export function findPoison(value: unknown, path: ConfigPath): ConfigPath | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key !== 'string') continue
    const here = [...path, key]
    if (POISON.has(key)) return here
    const found = findPoison((value as Record<string, unknown>)[key], here)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Reads a parsed config file.
 * @param raw the JSON5 value; an absent file is `{}`
 * @returns the meaning, or every issue with its path
 */
export function readConfig(raw: unknown): { config: Config; issues: [] } | { config?: never; issues: ConfigIssue[] } {
  if (Array.isArray(raw)) return { issues: [{ path: '', message: 'expected an object' }] }
  const poison = findPoison(raw, [])
  if (poison !== undefined) return { issues: [{ path: formatPath(poison), message: 'this key is not allowed' }] }
  const parsed = v.safeParse(ConfigSchema, raw)
  const issues = [...(parsed.issues ?? []).flatMap((issue) => issuesOf(issue, [])), ...refIssues(raw)]
  if (issues.length > 0 || !parsed.success) return { issues }
  return { config: meaningOf(parsed.output), issues: [] }
}

/** An issue, or, where one of several shapes was meant, what is wrong inside of it. */
function issuesOf(issue: v.BaseIssue<unknown>, above: ConfigPath): ConfigIssue[] {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => String(key))]
  const inside = (issue.issues ?? []).filter((part) => part.path !== undefined)
  if (inside.length > 0) return inside.flatMap((part) => issuesOf(part, path))
  // The complaint would say what was found.
  const message = isSecretPath(path) ? `Invalid type: Expected ${issue.expected ?? 'something else'}` : issue.message
  return [{ path: formatPath(path), message }]
}

/** Names of models that cannot be read, each with its path; what has another shape than it should is the schema's business. */
function refIssues(raw: unknown): ConfigIssue[] {
  const defaults: ConfigPath = ['agents', 'defaults']
  const models = childrenOf(raw, [...defaults, 'models'])
  const aliases = new Set(
    models.map(([, entry]) =>
      textOf(valueAt(entry, ['alias']))
        ?.trim()
        .toLowerCase(),
    ),
  )
  const isNamed = (text: string): boolean => aliases.has(text.trim().toLowerCase()) || isModelRef(text)
  const wrong = models.filter(([key]) => !isModelRef(key)).map(([key]) => [...defaults, 'models', key])
  const choices: ConfigPath[] = [
    [...defaults, 'model'],
    [...defaults, 'imageModel'],
    ...childrenOf(raw, ['agents', 'list']).map(([at]) => ['agents', 'list', at, 'model']),
  ]
  for (const path of choices) {
    const named = [
      path,
      [...path, 'primary'],
      ...childrenOf(raw, [...path, 'fallbacks']).map(([at]) => [...path, 'fallbacks', at]),
    ]
    for (const at of named) {
      const text = textOf(valueAt(raw, at))
      if (text !== undefined && !isNamed(text)) wrong.push([...at])
    }
  }
  return wrong.map((path) => ({ path: formatPath(path), message: 'a model is written provider/model, or as an alias' }))
}

function childrenOf(raw: unknown, path: ConfigPath): [key: string, value: unknown][] {
  const value = valueAt(raw, path)
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function choice(value: ModelChoice | undefined): { primary?: string; fallbacks?: string[] } {
  if (value === undefined) return {}
  if (typeof value === 'string') return { primary: value }
  return {
    ...(value.primary === undefined ? {} : { primary: value.primary }),
    ...(value.fallbacks === undefined ? {} : { fallbacks: value.fallbacks }),
  }
}

function meaningOf(raw: RawConfig): Config {
  const defaults = raw.agents?.defaults
  const model = choice(defaults?.model)
  const image = choice(defaults?.imageModel)
  const aliases = new Map<string, ModelRef>()
  const aliasNames = new Map<string, string>()
  const configured: string[] = []
  for (const [key, entry] of Object.entries(defaults?.models ?? {})) {
    const ref = plainRef(key)
    configured.push(formatRef(ref))
    if (entry.alias === undefined || entry.alias.trim() === '') continue
    aliases.set(entry.alias.trim().toLowerCase(), ref)
    aliasNames.set(entry.alias.trim(), formatRef(ref))
  }
  const env = new Map<string, string>()
  for (const [name, value] of Object.entries(raw.env ?? {})) if (typeof value === 'string') env.set(name, value)
  for (const [name, value] of Object.entries(raw.env?.vars ?? {})) if (!env.has(name)) env.set(name, value)
  const gateway = raw.gateway
  return {
    model: { primary: model.primary ?? DEFAULT_MODEL, fallbacks: model.fallbacks ?? [] },
    image: { ...(image.primary === undefined ? {} : { primary: image.primary }), fallbacks: image.fallbacks ?? [] },
    configured,
    aliases,
    aliasNames,
    authOrder: new Map(
      Object.entries(raw.auth?.order ?? {}).map(([provider, ids]) => [normaliseProvider(provider), tidyOrder(ids)]),
    ),
    authProfiles: new Map(
      Object.entries(raw.auth?.profiles ?? {}).map(([id, meta]) => [
        id,
        { provider: normaliseProvider(meta.provider), ...(meta.mode === undefined ? {} : { mode: meta.mode }) },
      ]),
    ),
    shared: new Set(raw.auth?.shareBeyondLoopback ?? []),
    agents: (raw.agents?.list ?? []).map((agent) => ({
      id: agent.id,
      isDefault: agent.default === true,
      ...(agent.name === undefined ? {} : { name: agent.name }),
      ...(agent.agentDir === undefined ? {} : { agentDir: agent.agentDir }),
      ...(agent.model === undefined ? {} : { model: choice(agent.model) }),
    })),
    providers: new Map(
      Object.entries(raw.models?.providers ?? {}).map(([id, provider]) => [
        normaliseProvider(id),
        {
          ...(provider.baseUrl === undefined ? {} : { baseUrl: provider.baseUrl.replace(/\/$/, '') }),
          ...(provider.apiKey === undefined ? {} : { apiKey: provider.apiKey }),
          ...(provider.api === undefined ? {} : { api: provider.api }),
        },
      ]),
    ),
    env,
    gateway: {
      ...(gateway?.port === undefined ? {} : { port: gateway.port }),
      bind: gateway?.bind ?? 'loopback',
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

function plainRef(text: string): ModelRef {
  return parseModelRef(text, { aliases: new Map(), defaultProvider: DEFAULT_PROVIDER })
}

/** Trims, drops blanks and repeats; the first mention counts. */
export function tidyOrder(ids: readonly string[]): string[] {
  return [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ''))]
}

/** The agent used when none is named: the first with `default: true`, else the first listed, else main. */
export function defaultAgent(config: Config): string {
  return (config.agents.find((agent) => agent.isDefault) ?? config.agents[0])?.id ?? MAIN_AGENT
}

/** Whether the agent exists: listed, or main. */
export function hasAgent(config: Config, agentId: string): boolean {
  return agentId === MAIN_AGENT || config.agents.some((agent) => agent.id === agentId)
}

/** Models of an agent: its own choice, else the defaults; `fromAgent` says which parts are its own. */
export function modelsOf(
  config: Config,
  agentId: string,
): ModelSettings & { fromAgent: { primary: boolean; fallbacks: boolean } } {
  const own = config.agents.find((agent) => agent.id === agentId)?.model
  return {
    primary: own?.primary ?? config.model.primary,
    fallbacks: own?.fallbacks ?? config.model.fallbacks,
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
