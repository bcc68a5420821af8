// Credentials that nobody keeps: those of variables, wherever these are set, and the key of the config. Touches nothing.
import type { ProviderSettings } from '../core/config.ts'
import { expiryOf } from '../core/expiry.ts'
import { type KeyVariable, keysIn, keyVariables, numberedIn } from '../core/key-variables.ts'
import { type Candidate, compareStanding, type Source } from '../core/order.ts'
import { Secret } from '../core/secret.ts'
import type { MissingVariable } from '../core/substitute.ts'
import type { Provider } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import type { AgentStore, Home } from '../store/home.ts'

/** Visible ASCII only: anything else is refused by HTTP, or ends up in an error message on the way. */
export const SENDABLE = /^[\x21-\x7e]+$/

/** A place where variables are set. */
type Setting = {
  get(name: string): string | undefined
  source(name: string): Source
}

/** Where variables are set, the nearest first, and the names among them that no list of ours can know beforehand. */
export type Settings = { settings: readonly Setting[]; numbered: readonly string[] }

/** Looked at once for all providers: listing the environment is not free. */
export function settingsOf(home: Home): Settings {
  const { layout, system } = home
  const [dotenv, config] = [home.dotenv(), home.config().env]
  return {
    settings: [
      { get: (name) => system.env[name], source: (name) => ({ kind: 'env', name }) },
      { get: (name) => dotenv.get(name), source: (name) => ({ kind: 'dotenv', name, file: layout.dotenv }) },
      {
        get: (name) => config.get(name),
        source: (name) => ({ kind: 'config', name: `env.${name}`, file: layout.config }),
      },
      { get: home.shell.get, source: (name) => ({ kind: 'shell', name }) },
    ],
    numbered: numberedIn([
      ...new Set([...Object.keys(system.env), ...dotenv.keys(), ...config.keys(), ...home.shell.names()]),
    ]),
  }
}

/** Names the login shell is asked for: those of every provider, and those of the gateway's own secret. */
export function wantedNames(registry: Registry): string[] {
  return [...registry.all().flatMap(({ env }) => env), ...GATEWAY_NAMES]
}

/** What the login shell gave that is used, by name. */
export function appliedNames(home: Home, candidates: readonly Candidate[]): string[] {
  const names = candidates.flatMap(({ source }) => (source.kind === 'shell' ? [source.name.replace(/#\d+$/, '')] : []))
  return [...new Set([...names, ...[...GATEWAY_NAMES, ...home.shellNames()].filter((name) => home.shell.get(name))])]
}

const GATEWAY_NAMES = ['OPENCLAW_GATEWAY_TOKEN', 'OPENCLAW_GATEWAY_PASSWORD']

type Found = { name: string; id: string; value: string; source: Source; place: number; shadow?: string }

/** Process, then `<state>/.env`, then the config, then the login shell: a variable set closer shadows the same one further away. */
export function environment(
  { settings, numbered }: Settings,
  home: Home,
  store: AgentStore,
  provider: Provider,
  own: ProviderSettings | undefined,
  now: number,
): Candidate[] {
  const variables = keyVariables(provider.id, provider.env, numbered)
  const found = variables.flatMap((variable) => lookUp(variable, settings))
  const pin = found.find(({ name, value }) => isPinning(variables, name) && SENDABLE.test(value))
  if (pin !== undefined) for (const one of found) if (one !== pin) one.shadow ??= pin.id
  const keyPath = `models.providers.${provider.id}.apiKey`
  const keyFound = { name: keyPath, id: `config:${keyPath}`, place: variables.length }
  const keySource: Source = { kind: 'config', name: keyPath, file: home.layout.config }
  const key = own?.apiKey?.trim() ?? ''
  if (key !== '') found.push({ ...keyFound, value: key, source: keySource })
  const candidates = found.map(({ name, id, value, source, place, shadow }): Candidate => {
    const kind = name.includes('OAUTH_TOKEN') ? 'token' : 'api_key'
    const secret = new Secret(value)
    const healthId = `${id.replace(/#\d+$/, '')}~${secret.tag()}`
    return {
      id,
      healthId,
      provider: provider.id,
      kind,
      source,
      secret,
      label: kind === 'token' ? 'OAuth (env)' : secret.mask(),
      expiry: expiryOf({ kind: 'api_key', secret }, now),
      health: store.health.get(healthId),
      place,
      ...(SENDABLE.test(value) ? {} : { defect: { rule: 'unsendable' as const } }),
      ...(shadow === undefined ? {} : { behind: { rule: 'shadowed' as const, of: shadow } }),
    }
  })
  markRepeats(candidates)
  if (own?.missingKey !== undefined) {
    candidates.push(keyless(keyFound.id, provider.id, keySource, store, own.missingKey))
  }
  return candidates
}

function isPinning(variables: readonly KeyVariable[], name: string): boolean {
  return variables.some((variable) => variable.isPinning && variable.name === name)
}

/** What the nearest setting of a variable holds, and behind it the others. */
function lookUp(variable: KeyVariable, settings: readonly Setting[]): Found[] {
  const { name, place, isList } = variable
  const found: Found[] = []
  for (const { get, source } of settings) {
    const shadow = found[0]?.id
    for (const [at, value] of keysIn(get(name) ?? '', variable).entries()) {
      const from = source(isList ? `${name}#${at + 1}` : name)
      const id = `${from.kind}:${name}${isList ? `#${at + 1}` : ''}`
      found.push({ name, id, value, source: from, place, ...(shadow === undefined ? {} : { shadow }) })
    }
  }
  return found
}

/** The same key under two names is one key: it has one quota, and needs no second try. */
function markRepeats(candidates: Candidate[]): void {
  const first = new Map<string, Candidate>()
  for (const candidate of candidates.filter(({ behind }) => behind === undefined).sort(compareStanding)) {
    const key = `${candidate.kind} ${candidate.secret?.reveal() ?? ''}`
    const before = first.get(key)
    if (before === undefined) first.set(key, candidate)
    else candidate.behind = { rule: 'same_as', of: before.id }
  }
}

/** The key of the config, when the variable that should hold it is not set: told of, never taken. */
function keyless(id: string, provider: string, source: Source, store: AgentStore, missing: MissingVariable): Candidate {
  return {
    id,
    provider,
    kind: 'api_key',
    source,
    label: `\${${missing.name}}`,
    expiry: 'static',
    health: store.health.get(id),
    defect: { rule: 'missing_variable', ...missing },
  }
}
