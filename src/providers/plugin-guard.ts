// A provider of a plugin as the program uses it: what its functions throw, or give that is nothing of the kind, fails one call and no more.
import type { Credential } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { judge } from './http-failure.ts'
import type { LoginMethod, Outcome, Provider, UsageReader } from './provider.ts'

const NO_USAGE: UsageReader = {
  push: () => undefined,
  usage: () => ({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }),
}

/**
 * @param plugin whose it is, for errors
 * @param provider that fulfilled the contract when it was loaded
 */
export function guarded(plugin: string, provider: Provider): Provider {
  const { renew, revoke, whose, login } = provider
  const failed = (what: string): AuthError =>
    new AuthError('upstream', `The plugin ${plugin} failed to ${what}. Nothing was changed.`, {
      remedy: `openclaw plugins disable ${plugin}`,
    })
  return {
    ...provider,
    complain: (kind, text) => attempt(() => provider.complain(kind, text), undefined),
    sign: (kind, secret, endpoint) => {
      try {
        return provider.sign(kind, secret, endpoint)
      } catch {
        throw failed('sign a request')
      }
    },
    classify: (refusal) => attempt(() => provider.classify(refusal), judge([], refusal)),
    readUsage: (endpoint, streaming) => {
      const reader = attempt(() => provider.readUsage(endpoint, streaming), NO_USAGE)
      return {
        push: (chunk) => attempt(() => reader.push(chunk), undefined),
        usage: () => attempt(() => reader.usage(), NO_USAGE.usage()),
      }
    },
    ...(whose === undefined ? {} : { whose: (credential) => attempt(() => whose(credential), {}) }),
    ...(revoke === undefined
      ? {}
      : { revoke: async (room, credential) => (await revoke(room, credential).catch(() => false)) === true }),
    ...(renew === undefined ? {} : { renew: (room, credential) => outcomeOf(() => renew(room, credential)) }),
    ...(login === undefined ? {} : { login: login.map((method) => guardedMethod(method, failed)) }),
  }
}

function guardedMethod(method: LoginMethod, failed: (what: string) => AuthError): LoginMethod {
  if (method.kind === 'oauth-browser') {
    return {
      ...method,
      address: (...given) => orElse(() => method.address(...given), failed('begin a login')),
      exchange: (...given) => outcomeOf(() => method.exchange(...given)),
    }
  }
  if (method.kind !== 'device') return method
  return {
    ...method,
    open: async (room) => {
      const opened = await orElse(() => method.open(room), failed('begin a login'))
      const { userCode, url, lifeMs } = opened
      if (typeof userCode !== 'string' || typeof url !== 'string') throw failed('begin a login')
      return {
        userCode: printable(userCode, 40),
        url: printable(url, 500),
        lifeMs: Number(lifeMs),
        wait: () => outcomeOf(() => opened.wait()),
      }
    },
  }
}

async function orElse<T>(work: () => Promise<T>, error: AuthError): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw thrown instanceof AuthError ? thrown : error
  }
}

function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work()
  } catch {
    // Of no more use than an answer that says nothing; the call itself goes on.
    return otherwise
  }
}

/** Errors of ours are meant for people; any other one is the plugin's own trouble, and nobody knows how far it came. */
async function outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
  let outcome: Outcome | undefined
  try {
    outcome = await work()
  } catch (error) {
    if (error instanceof AuthError) throw error
    return { kind: 'failed', spent: 'unknown', detail: 'the plugin threw an error' }
  }
  switch (outcome?.kind) {
    case 'granted':
      return isCredential(outcome.credential) ? outcome : NO_OUTCOME
    case 'ended':
      return { kind: 'ended', code: printable(String(outcome.code), 64), detail: said(outcome) }
    case 'failed':
      return { kind: 'failed', spent: outcome.spent === 'no' ? 'no' : 'unknown', detail: said(outcome) }
    default:
      return NO_OUTCOME
  }
}

const NO_OUTCOME: Outcome = { kind: 'failed', spent: 'unknown', detail: 'the plugin gave no credential' }

function said({ detail }: { detail: string }): string {
  return printable(String(detail), 200)
}

/** What is stored must be what the store can write, and what names a profile must be a text. */
function isCredential(credential: Credential | undefined): boolean {
  switch (credential?.kind) {
    case 'oauth': {
      const { access, refresh, expiresAt, accountId, userId, email, plan, clientId } = credential
      const isEnd = expiresAt === undefined || Number.isFinite(expiresAt)
      const texts = [accountId, userId, email, plan, clientId]
      const areTexts = texts.every((text) => text === undefined || (typeof text === 'string' && text.length <= 500))
      return access instanceof Secret && (refresh === undefined || refresh instanceof Secret) && isEnd && areTexts
    }
    case 'api_key':
    case 'token':
      return credential.secret instanceof Secret
    default:
      return false
  }
}
