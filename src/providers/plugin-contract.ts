// What every vendor, built in or plugged in, must do (provider.ts), as rules that say in words what is broken. Our own tests run them over
// every provider; authors of plugins run them over theirs (src/plugin.ts).
import { type Failure, type FailureClass, type FailureScope, isWorthNextProfile } from '../core/failure.ts'
import { readManifest } from '../core/plugin-manifest.ts'
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { complaintAboutList, complaintAboutProvider, providersIn } from './plugin-check.ts'
import type { Provider, Refusal } from './provider.ts'
import { createRegistry } from './registry.ts'

/** One thing that a provider must do. */
export type ProviderRule = {
  name: string
  /** Throws whatever the provider throws. @returns what is broken, or undefined */
  broken(provider: Provider): string | undefined
}

/** A rule that is not kept, and how. */
export type BrokenRule = { provider: string; rule: string; what: string }

const CLASSES: ReadonlySet<FailureClass> = new Set<FailureClass>([
  'format',
  'context_overflow',
  'auth',
  'auth_permanent',
  'permission',
  'rate_limit',
  'billing',
  'overloaded',
  'server',
  'timeout',
  'network',
  'model_not_found',
  'unknown',
])
const SCOPES: ReadonlySet<FailureScope> = new Set<FailureScope>(['request', 'model', 'account', 'vendor', 'network'])
const CANARY = 'canary-secret-1234'
/** Any moment, ms epoch. */
const NOW = 1_900_000_000_000
const BODIES = [
  '',
  'null',
  '[]',
  '{}',
  '"x"',
  '{',
  '<html>',
  '{"error":null}',
  '{"error":[]}',
  '{"error":{"message":7,"code":[],"type":{}}}',
  '\0',
  '{"error":"text"}',
]
/** A status that says nothing more, and what every vendor means by it. */
const VERDICTS: readonly (readonly [number, FailureClass, FailureScope])[] = [
  [307, 'server', 'vendor'],
  [400, 'format', 'request'],
  [401, 'auth', 'account'],
  [402, 'billing', 'account'],
  [403, 'permission', 'account'],
  [404, 'model_not_found', 'model'],
  [429, 'rate_limit', 'account'],
  [500, 'server', 'vendor'],
  [502, 'server', 'vendor'],
  [503, 'overloaded', 'vendor'],
  [529, 'overloaded', 'vendor'],
]
const OF_THE_REQUEST = ['context_length_exceeded', 'model_not_found', 'invalid_request_error', 'prompt is too long']
/** How keys of large vendors begin: what people paste by mistake. */
const PASTED = ['sk-ant-api03-', 'sk-ant-oat01-', 'sk-or-v1-', '']

const refusal = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Refusal => ({
  status,
  body,
  header: (name) => headers[name],
  now: NOW,
})

/** The first complaint of many looks. */
function first<T>(list: Iterable<T>, look: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const complaint = look(one)
    if (complaint !== undefined) return complaint
  }
  return undefined
}

function complaintAboutJudgement(status: number, body: string, failure: Failure): string | undefined {
  const where = `a ${status} with the body ${JSON.stringify(body)}`
  if (!CLASSES.has(failure.class)) return `${where} gets a class that is none (${printable(String(failure.class), 40)})`
  if (!SCOPES.has(failure.scope)) return `${where} gets a scope that is none (${printable(String(failure.scope), 40)})`
  if (failure.status !== status) return `${where} is told as a ${failure.status}`
  return failure.detail.length < 300 ? undefined : `${where} gets a detail of ${failure.detail.length} characters`
}

/** In the order in which they are told. */
export const PROVIDER_RULES: readonly ProviderRule[] = [
  {
    name: 'has the shape of a provider, and answers as every plugin must before it is used',
    broken: complaintAboutProvider,
  },
  {
    name: 'reads its secret from variables that a shell can hold, each named once',
    broken: ({ env }) => (new Set(env).size === env.length ? undefined : 'env names a variable twice'),
  },
  {
    name: 'signs in a header that HTTP can carry, and nowhere else',
    broken: (provider) =>
      first(['api_key', 'token', 'oauth'] as const, (kind) => {
        const signature = provider.sign(kind, new Secret(CANARY))
        const values = signature.filter((_part, at) => at % 2 === 1)
        return values.every((value) => /^[\x20-\x7e]+$/.test(value)) ? undefined : `for ${kind} a value is no header's`
      }),
  },
  {
    name: 'judges any status and body, and says it in one short line',
    broken: (provider) =>
      first(
        Array.from({ length: 300 }, (_none, at) => 300 + at),
        (status) =>
          first(status % 50 === 0 || status === 401 || status === 429 ? BODIES : ['{}'], (body) =>
            complaintAboutJudgement(status, body, provider.classify(refusal(status, body))),
          ),
      ),
  },
  {
    name: 'blames the account for a refused key and a rate limit, the vendor for its own trouble, the request for its form',
    broken: (provider) =>
      first(VERDICTS, ([status, cls, scope]) => {
        const failure = provider.classify(refusal(status, '{}'))
        if (failure.class === cls && failure.scope === scope) return undefined
        return `a ${status} is ${cls} of the ${scope}, not ${failure.class} of the ${failure.scope}`
      }),
  },
  {
    name: 'never blames the request for a 402 or a 429: the next account is asked before the words are read',
    broken: (provider) => {
      const words = OF_THE_REQUEST.map((word) => JSON.stringify({ error: { code: word, type: word, message: word } }))
      return first([402, 429], (status) =>
        first([...BODIES, ...words], (body) =>
          isWorthNextProfile(provider.classify(refusal(status, body))) ? undefined : `it does for a ${status}: ${body}`,
        ),
      )
    },
  },
  {
    name: 'judges the same at the same moment, and takes the hint of the vendor',
    broken: (provider) => {
      const limited = refusal(429, '{}', { 'retry-after': '30' })
      const [one, other] = [provider.classify(limited), provider.classify(limited)]
      if (JSON.stringify(one) !== JSON.stringify(other)) return 'the same answer is judged in two ways'
      return one.retryAt === NOW + 30_000 ? undefined : 'retry-after: 30 does not become retryAt, 30 seconds from now'
    },
  },
  {
    name: 'lets no control character of the vendor through',
    broken: (provider) => {
      const body = JSON.stringify({
        error: { message: 'a\u001b[31m\r\n\u202e\u0000b', code: 'x\u001b\n', type: '\u0007' },
      })
      return first([400, 401, 418, 429, 500], (status) => {
        const { detail, code = '' } = provider.classify(refusal(status, body))
        return /\p{C}/u.test(detail + code) ? `it does for a ${status}` : undefined
      })
    },
  },
  {
    name: 'has complaints, if any, that are sentences and do not repeat the secret',
    broken: (provider) =>
      first(['api_key', 'token'] as const, (kind) =>
        first(PASTED, (begin) => {
          const complaint = provider.complain(kind, `${begin}canarycanarycanary`)
          if (complaint === undefined) return undefined
          if (complaint.message.includes('canary')) return 'a complaint repeats the secret'
          return /^[A-Z].*\.$/.test(complaint.message) ? undefined : 'a complaint is no sentence with a full stop'
        }),
      ),
  },
  {
    name: 'counts nothing in an answer that says nothing of usage',
    broken: (provider) =>
      first(Object.keys(provider.endpoints) as (keyof typeof provider.endpoints)[], (endpoint) =>
        first([true, false], (streaming) => {
          const reader = provider.readUsage(endpoint, streaming)
          for (const chunk of ['data: {"a":1}\n\n', '{"usage":', '"usage": null\n', 'data: {"usage":null}\n\n'])
            reader.push(Buffer.from(chunk))
          const { input, output, cacheRead, cacheWrite } = reader.usage()
          const isNothing = [input, output, cacheRead, cacheWrite].every((count) => count === 0)
          return isNothing ? undefined : `it does at ${endpoint}${streaming ? ', streaming' : ''}`
        }),
      ),
  },
]

/**
 * Runs every rule over a provider. Asks no vendor, reads no file.
 * @returns the rules that are not kept; none when all are
 */
export function checkProvider(value: unknown): BrokenRule[] {
  // The first rule looks at the shape; nothing else is asked of what has none.
  const provider = value as Provider
  const found: BrokenRule[] = []
  for (const { name, broken } of PROVIDER_RULES) {
    const what = wordsFor(() => broken(provider))
    if (what !== undefined) found.push({ provider: nameOf(value), rule: name, what })
    if (found.length > 0 && name === PROVIDER_RULES[0]?.name) break
  }
  return found
}

/**
 * Checks a whole plugin as the program does when it loads it, and every rule over each of its providers.
 * @param exported the default export of its module
 * @param manifest the text of openclaw.plugin.json
 * @returns sentences; none when it can be enabled
 */
export function checkPlugin(exported: unknown, manifest: string): string[] {
  const read = readManifest(manifest)
  if ('complaint' in read) return [read.complaint]
  let providers: readonly Provider[] | undefined
  const threw = wordsFor(() => {
    providers = providersIn(exported)
    return undefined
  })
  if (threw !== undefined) return [`the default export: ${threw}`]
  if (providers === undefined) return ['the default export gives no list of providers']
  const broken = providers.flatMap((provider) => checkProvider(provider))
  if (broken.length > 0) return broken.map(({ provider, rule, what }) => `${provider}: ${what} (it ${rule})`)
  const taken = new Set(
    createRegistry()
      .all()
      .map(({ id }) => id),
  )
  const complaint = complaintAboutList(providers, read.manifest, taken)
  return complaint === undefined ? [] : [complaint]
}

function wordsFor(look: () => string | undefined): string | undefined {
  try {
    return look()
  } catch (error) {
    return `it threw: ${printable(error instanceof Error ? error.message : 'something that is no error', 200)}`
  }
}

/** What a provider calls itself, as far as that can be said. */
function nameOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  return typeof id === 'string' ? printable(id, 40) : 'a provider without an id'
}
