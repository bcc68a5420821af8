// What can be known of a provider without asking its vendor: the static part of the contract suite, run over every plugin as it is loaded.
import { type FailureClass, isAboutAccount, isWorthNextProfile } from '../core/failure.ts'
import type { PluginManifest } from '../core/plugin-manifest.ts'
import { Secret } from '../core/secret.ts'
import { pluginHost } from './plugin-host.ts'
import { isOnline, loginMethods, type Provider, type Refusal } from './provider.ts'

const ENDPOINTS: ReadonlySet<string> = new Set([
  'messages',
  'count_tokens',
  'chat_completions',
  'responses',
  'generate_content',
  'count_content',
  'models',
])
const PATH = /^\/[\w/.:?=-]*(?:\{model\}[\w/.:?=-]*)?$/
const FUNCTIONS = ['complain', 'sign', 'classify', 'readUsage'] as const
const OPTIONAL_FUNCTIONS = ['renew', 'revoke', 'whose'] as const
const BODIES = [
  '',
  'null',
  '[]',
  '{}',
  '{',
  '<html>',
  '{"error":{"message":7,"code":[],"type":{}}}',
  '{"error":"text"}',
]
/** A status, and what every vendor means by it. */
const VERDICTS: readonly (readonly [number, FailureClass])[] = [
  [401, 'auth'],
  [402, 'billing'],
  [429, 'rate_limit'],
  [500, 'server'],
  [503, 'overloaded'],
]
const CANARY = 'canary-secret-1234'
/** Any moment, ms epoch. */
const NOW = 1_900_000_000_000

/**
 * @param value what a plugin calls a provider
 * @returns what is wrong with it, or undefined; what it throws is thrown on
 */
export function complaintAboutProvider(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is no object'
  // Looked at member by member before any of it is used.
  const provider = value as Provider
  return complaintAboutShape(provider) ?? complaintAboutAnswers(provider)
}

function complaintAboutShape(provider: Provider): string | undefined {
  const { id, label, baseUrl, endpoints, streams, env, probePath, login } = provider
  if (typeof id !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id))
    return 'its id is not lower-case letters, digits, - _ and .'
  if (typeof label !== 'string' || !/^[\x20-\x7e]{1,80}$/.test(label)) return 'its label is no short line of text'
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined || `${url.username}${url.password}${url.search}${url.hash}` !== '' || baseUrl.endsWith('/')) {
    return 'its baseUrl is no plain address'
  }
  if (url.protocol !== 'https:' && url.hostname !== '127.0.0.1') return 'its baseUrl is neither https nor on 127.0.0.1'
  if (typeof endpoints !== 'object' || endpoints === null || Object.keys(endpoints).length === 0) {
    return 'it has no endpoints'
  }
  const strange = [...Object.keys(endpoints), ...Object.keys(streams ?? {})].find((name) => !ENDPOINTS.has(name))
  if (strange !== undefined) return `it has an endpoint that is not known (${strange})`
  const paths = [...Object.values({ ...endpoints, probe: probePath ?? '/' }), ...Object.values(streams ?? {})]
  if (!paths.every((path) => typeof path === 'string' && PATH.test(path))) return 'an endpoint is no path'
  if (!Array.isArray(env) || !env.every((name) => typeof name === 'string' && /^[A-Z][A-Z0-9_]*$/.test(name))) {
    return 'env is no list of variables'
  }
  const missing = FUNCTIONS.find((name) => typeof provider[name] !== 'function')
  if (missing !== undefined) return `it has no function ${missing}`
  const wrong = OPTIONAL_FUNCTIONS.find((name) => provider[name] !== undefined && typeof provider[name] !== 'function')
  if (wrong !== undefined) return `${wrong} is no function`
  if (login !== undefined && !Array.isArray(login)) return 'login is no list of methods'
  return (
    complaintAboutBilling(provider.billing) ??
    complaintAboutUsage(provider.usageHeaders) ??
    complaintAboutMethods(provider)
  )
}

function complaintAboutBilling(billing: Provider['billing']): string | undefined {
  const isKnown = Object.entries(billing ?? {}).every(
    ([kind, value]) => KINDS.has(kind) && (value === 'flat_rate' || value === 'metered'),
  )
  return isKnown ? undefined : 'billing says of a kind of credential neither flat_rate nor metered'
}

const KINDS: ReadonlySet<string> = new Set(['api_key', 'token', 'oauth'])
const FIELDS: ReadonlySet<unknown> = new Set(['fraction', 'percent', 'limit', 'remaining', 'reset', 'minutes'])

function complaintAboutUsage(headers: Provider['usageHeaders']): string | undefined {
  if (headers === undefined) return undefined
  const { prefix, forms, exhausted = [] } = headers ?? {}
  if (typeof prefix !== 'string' || !/^[a-z0-9-]{1,60}-$/.test(prefix)) return 'usageHeaders has no prefix of headers'
  const areForms = Array.isArray(forms) && forms.every((form) => Object.values(form?.fields ?? [0]).every(isField))
  if (!areForms || !Array.isArray(exhausted)) return 'usageHeaders has no forms'
  return undefined
}

const isField = (field: unknown): boolean => FIELDS.has(field)

function complaintAboutMethods(provider: Provider): string | undefined {
  const methods = loginMethods(provider)
  if (methods.length === 0) return 'it has no way to get a credential'
  for (const method of methods) {
    if (typeof method?.id !== 'string' || typeof method.label !== 'string') return 'a login method has no id or label'
    if (!isOnline(method)) {
      if (!['paste-api-key', 'paste-token', 'setup-token'].includes(method.door))
        return `the method ${method.id} has no door`
      continue
    }
    const needed = method.kind === 'device' ? [method.open] : [method.address, method.exchange]
    if (!needed.every((one) => typeof one === 'function')) return `the method ${method.id} lacks a function`
    if (method.kind === 'oauth-browser' && !Array.isArray(method.redirects))
      return `the method ${method.id} has no redirects`
  }
  return undefined
}

function complaintAboutAnswers(provider: Provider): string | undefined {
  for (const kind of ['api_key', 'token', 'oauth'] as const) {
    const signature = provider.sign(kind, new Secret(CANARY))
    const isList = Array.isArray(signature) && signature.every((part) => typeof part === 'string')
    if (!isList || signature.length % 2 !== 0) return 'sign gives no list of names and values'
    const names = signature.filter((_part, at) => at % 2 === 0)
    if (!names.every((name) => /^[a-z0-9-]+$/.test(name))) return 'sign names a header that is none'
    if (names.includes('user-agent')) return 'sign would send another name than ours'
    if (signature.filter((part) => part.includes(CANARY)).length !== 1)
      return 'sign does not send the secret in one header'
  }
  for (const kind of ['api_key', 'token'] as const) {
    const complaint = provider.complain(kind, CANARY)
    if (complaint === undefined) continue
    if (typeof complaint.message !== 'string' || complaint.message.includes('canary'))
      return 'complain repeats the secret'
  }
  for (const [status, wanted] of VERDICTS) {
    for (const body of BODIES) {
      const failure = provider.classify(refusal(status, body))
      if (typeof failure?.detail !== 'string' || failure.detail.length >= 300) return 'classify gives no short detail'
      if (isAboutAccount(status) && !isWorthNextProfile(failure)) return `classify blames the request for a ${status}`
      if (body === '{}' && failure.class !== wanted)
        return `classify takes a ${status} for ${failure.class}, not ${wanted}`
    }
  }
  for (const endpoint of Object.keys(provider.endpoints) as (keyof typeof provider.endpoints)[]) {
    for (const streaming of [true, false]) {
      const reader = provider.readUsage(endpoint, streaming)
      reader.push(Buffer.from('data: {"a":1}\n\n{"usage":null}'))
      if (typeof reader.usage().input !== 'number') return 'readUsage gives no counts'
    }
  }
  return undefined
}

/** What the default export of a module gives; undefined when that is no list of anything. Throws whatever the plugin throws. */
export function providersIn(exported: unknown): readonly Provider[] | undefined {
  const plugin: unknown = typeof exported === 'function' ? exported(pluginHost()) : exported
  const list = isRecord(plugin) ? plugin.providers : undefined
  return Array.isArray(list) && list.length > 0 ? list : undefined
}

/**
 * Whether good providers are those that their manifest names, and no others' names.
 * @param taken ids of the providers that exist already
 */
export function complaintAboutList(
  providers: readonly Provider[],
  manifest: PluginManifest,
  taken: ReadonlySet<string>,
): string | undefined {
  const ids = new Set<string>()
  for (const { id } of providers) {
    if (taken.has(id) || ids.has(id)) return `there is another provider called ${id} already`
    if (!manifest.providers.includes(id)) return `its manifest does not name the provider ${id}`
    ids.add(id)
  }
  const absent = manifest.providers.find((name) => !ids.has(name))
  return absent === undefined ? undefined : `it does not bring the provider ${absent}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function refusal(status: number, body: string): Refusal {
  return { status, body, header: () => undefined, now: NOW }
}
