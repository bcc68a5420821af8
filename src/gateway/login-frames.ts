// What a client is told of a login and of the account that came of it: only what a person has to see, never a secret.
import type { Kept } from '../auth/keep.ts'
import type { LoginNews } from '../auth/login.ts'
import { expiresAtOf } from '../core/credential.ts'
import type { Added, LoginFlow } from '../core/protocol.ts'

/** What stays the same from its beginning to its end. */
export type Base = Pick<LoginFlow, 'id' | 'provider' | 'label' | 'agentId' | 'method' | 'startedAt'>

/** A login that waits for the person. @param now ms epoch */
export function waiting(base: Base, before: LoginFlow | undefined, news: LoginNews, now: number): LoginFlow {
  switch (news.kind) {
    case 'open':
      return {
        ...base,
        state: 'waiting',
        kind: 'browser',
        url: news.url,
        ...(news.port === undefined ? {} : { port: news.port }),
      }
    case 'device':
      return {
        ...base,
        state: 'waiting',
        kind: 'device',
        url: news.url,
        userCode: news.userCode,
        endsAt: now + news.lifeMs,
      }
    case 'again': {
      const note = `${base.label} did not take the code: ${news.detail}. Trying again.`
      return before?.state === 'waiting'
        ? { ...before, note }
        : { ...base, state: 'waiting', kind: 'browser', url: '', note }
    }
  }
}

/** What is told of a stored account: never its secret. */
export function addedOf(agentId: string, { profile, replaced, notes }: Kept): Added {
  const { credential } = profile
  const expiresAt = expiresAtOf(credential)
  const { email, plan } = credential.kind === 'oauth' ? credential : {}
  return {
    profileId: profile.id,
    provider: profile.provider,
    type: credential.kind,
    agentId,
    replaced,
    ...(email === undefined ? {} : { email }),
    ...(plan === undefined ? {} : { plan }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    notes,
  }
}
