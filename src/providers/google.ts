// Google: generateContent, with the key in a header of its own, never in an address. The vendor's other door, which speaks OpenAI's dialect, is
// asked where a client speaks that.
import type { ProviderSettings } from '../core/config.ts'
import { compatibleProvider } from './compatible.ts'
import type { Provider } from './provider.ts'
import { bodyUsage, contentUsage, eventUsage } from './sse.ts'
import type { Row } from './vendors.ts'

const ROW: Row = {
  id: 'google',
  label: 'Google Gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  keyHint: 'AIza…',
  // A bad key is a bad request there.
  failures: [
    { code: 'API_KEY_INVALID', class: 'auth', scope: 'account' },
    { code: 'API_KEY_HTTP_REFERRER_BLOCKED', class: 'auth_permanent', scope: 'account' },
    { code: 'API_KEY_IP_ADDRESS_BLOCKED', class: 'auth_permanent', scope: 'account' },
    { code: 'API_KEY_SERVICE_BLOCKED', class: 'auth_permanent', scope: 'account' },
    { code: 'SERVICE_DISABLED', class: 'auth_permanent', scope: 'account' },
    { code: 'CONSUMER_SUSPENDED', class: 'auth_permanent', scope: 'account' },
    { code: 'BILLING_DISABLED', class: 'billing', scope: 'account' },
    { status: [429], code: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', class: 'quota', scope: 'account' },
    { status: [429], code: 'GenerateRequestsPerDayPerProjectPerModel', class: 'quota', scope: 'account' },
    { status: [503], text: 'the model is overloaded', class: 'overloaded', scope: 'model' },
    { status: [400], text: 'api key not valid', class: 'auth', scope: 'account' },
    { status: [403], text: 'reported as leaked', class: 'auth_permanent', scope: 'account' },
    { status: [400], text: 'user location is not supported', class: 'permission', scope: 'account' },
    { status: [400], text: 'exceeds the maximum number of tokens', class: 'context_overflow', scope: 'request' },
  ],
}

/** The door that speaks OpenAI's dialect alone; it takes the same key, as a bearer. */
const atOtherDoor: Provider = compatibleProvider(ROW)

const COUNTS = 'usageMetadata'

export const google: Provider = {
  ...atOtherDoor,
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  endpoints: {
    generate_content: '/models/{model}:generateContent',
    count_content: '/models/{model}:countTokens',
    chat_completions: '/openai/chat/completions',
    models: '/models',
  },
  // Without that form, a stream is one long list of JSON.
  streams: { generate_content: '/models/{model}:streamGenerateContent?alt=sse' },
  // Fifty at a time, unless it is asked for more.
  listing: { query: 'pageSize=1000' },
  probePath: '/models?pageSize=1',
  sign: (kind, secret, endpoint) =>
    endpoint === 'chat_completions' ? atOtherDoor.sign(kind, secret) : ['x-goog-api-key', secret.reveal()],
  readUsage: (endpoint, streaming) => {
    if (endpoint === 'chat_completions') return atOtherDoor.readUsage(endpoint, streaming)
    return streaming ? eventUsage(contentUsage, { key: COUNTS, isRunning: true }) : bodyUsage(contentUsage, COUNTS)
  },
}

const NATIVE_API = 'google-generative-ai'
const HOST = new URL(google.baseUrl).hostname
const VERSION = new URL(google.baseUrl).pathname
/** A proxy whose path ends in a stable version may well be one for OpenAI's dialect; at Google itself it is not. */
const PREVIEW = /\/v\d{1,2}(?:alpha|beta)\d{0,2}\/?$/
const AT_HOST = /^\/(?:v\d{1,2}(?:(?:alpha|beta)\d{0,2})?\/?)?$/

const below = (paths: Provider['endpoints']): Provider['endpoints'] =>
  Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, VERSION + path]))

/** Where an address names the host alone. */
const unversioned: Provider = {
  ...google,
  endpoints: below(google.endpoints),
  streams: below(google.streams ?? {}),
  probePath: `${VERSION}/models?pageSize=1`,
}

/**
 * The vendor as the config has it: an address at which OpenAI's dialect is spoken, such as its other door or a proxy, is asked in that dialect
 * and in no other.
 */
export function googleAt(settings: ProviderSettings | undefined): Provider {
  const { api, baseUrl } = settings ?? {}
  const url = baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  const isHome = url?.hostname === HOST
  const isNative = url === undefined || (isHome ? AT_HOST : PREVIEW).test(url.pathname)
  if (api === undefined ? !isNative : api !== NATIVE_API) return atOtherDoor
  return isHome && url?.pathname === '/' ? unversioned : google
}

/** A vendor of the config alone that speaks Google's dialect. @returns undefined for any other api */
export function googleLike(id: string, baseUrl: string, api: string | undefined): Provider | undefined {
  if (api !== NATIVE_API) return undefined
  const { chat_completions: _, ...endpoints } = google.endpoints
  return { ...google, id, label: id, baseUrl, endpoints, env: [], complain: () => undefined }
}
