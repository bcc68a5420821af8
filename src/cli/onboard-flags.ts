// Which credential the flags of `onboard` want, with the secret when they bring one. Refuses before anything is touched.
import { checkedProvider } from '../auth/paste.ts'
import { AuthError } from '../core/errors.ts'
import { parseDuration } from '../core/expiry.ts'
import { printable, profileId } from '../core/profile.ts'
import type { CommonFlags } from './invocation.ts'
import { type AuthChoice, attributeOf, choiceNamed, KEY_CHOICES } from './onboard-choices.ts'

/** As the parser hands them over: a flag without its value is `true`. */
export type OnboardFlags = CommonFlags & { readonly [flag: string]: unknown }

export type Wanted = {
  choice: AuthChoice
  provider: string
  /** The secret itself, when a flag brought it. */
  text?: string
  profileId?: string
  expiresInMs?: number
  notes: string[]
}

/** What the line says of a flag, if anything. */
export const given = (flags: OnboardFlags, flag: string): unknown => flags[attributeOf(flag)]

/**
 * The value of a flag that needs one.
 * @throws AuthError bad_secret, naming the flag, when a variable was not set or not filled in
 */
export function filled(flags: OnboardFlags, flag: string): string | undefined {
  const value = given(flags, flag)
  if (value === undefined) return undefined
  const name = flag.endsWith('api-key') ? flag.toUpperCase().replaceAll('-', '_') : undefined
  if (typeof value !== 'string' || value.trim() === '') {
    const why = name === undefined ? '.' : `; is ${name} set in this shell?`
    throw new AuthError('bad_secret', `--${flag} is empty${why} Nothing was changed.`, {
      remedy: 'openclaw onboard',
    })
  }
  if (/^\$\{?\w+\}?$/.test(value.trim())) {
    throw new AuthError(
      'bad_secret',
      `--${flag} holds the name of a variable instead of its value: within single quotes a shell fills nothing in. Nothing was changed.`,
    )
  }
  return value.trim()
}

/**
 * The choice that the flags make, with the secret when they bring one.
 * @returns undefined when they leave it open
 * @throws AuthError usage, bad_secret
 */
export function wantedBy(flags: OnboardFlags): Wanted | undefined {
  const brought = KEY_CHOICES.filter(({ flag }) => given(flags, flag) !== undefined)
  const chosen = choiceIn(flags, brought)
  if (chosen === undefined) return undefined
  const { choice, notes } = chosen
  const provider = providerOf(flags, choice)
  const own = choice.flag === undefined ? undefined : KEY_CHOICES.find((row) => row.provider === provider)?.flag
  for (const { flag } of brought) if (flag !== own) notes.push(`--${flag} is not used with the choice ${choice.id}.`)
  const isOfToken =
    choice.kind === 'token' || (choice.kind === 'api_key' && given(flags, 'token-provider') !== undefined)
  const text = (own === undefined ? undefined : filled(flags, own)) ?? (isOfToken ? filled(flags, 'token') : undefined)
  if (!isOfToken && given(flags, 'token') !== undefined) notes.push(`--token is not used with the choice ${choice.id}.`)
  const named = filled(flags, 'token-profile-id')
  const life = lifeOf(flags)
  return {
    choice,
    provider,
    ...(text === undefined ? {} : { text }),
    ...(named === undefined ? {} : { profileId: idNamed(provider, named) }),
    ...(life === undefined ? {} : { expiresInMs: life }),
    notes,
  }
}

function choiceIn(
  flags: OnboardFlags,
  brought: readonly (AuthChoice & { flag: string })[],
): { choice: AuthChoice; notes: string[] } | undefined {
  const name = given(flags, 'auth-choice')
  const isSilent = flags.nonInteractive === true
  if (name !== undefined) {
    const { choice, formerly } = choiceNamed(typeof name === 'string' ? name : '')
    if (formerly === undefined) return { choice, notes: [] }
    const today = `The auth choice ${formerly} is called ${choice.id} now`
    if (!isSilent) return { choice, notes: [`${today}.`] }
    throw new AuthError('usage', `${today}; nothing was changed.`, {
      remedy: `openclaw onboard --auth-choice ${choice.id}`,
    })
  }
  if (brought.length > 1) {
    const names = brought.map(({ flag }) => `--${flag}`).join(', ')
    const [first] = brought
    throw new AuthError('usage', `Several keys were given (${names}); --auth-choice says which. Nothing was changed.`, {
      remedy: `openclaw onboard --auth-choice ${first?.id} --${first?.flag} "$${first?.flag.toUpperCase().replaceAll('-', '_')}"`,
    })
  }
  const only = brought[0] ?? (given(flags, 'token') === undefined ? undefined : choiceNamed('token').choice)
  if (only !== undefined) return { choice: only, notes: [] }
  return isSilent ? { choice: choiceNamed('skip').choice, notes: [] } : undefined
}

/** `--token-provider` sends the choices `token` and `apiKey` to any vendor. */
function providerOf(flags: OnboardFlags, choice: AuthChoice): string {
  const text = filled(flags, 'token-provider')
  if (text === undefined || (choice.id !== 'token' && choice.id !== 'apiKey')) return choice.provider
  return checkedProvider(text)
}

function idNamed(provider: string, text: string): string {
  if (text.includes(':')) return text
  const words = text.toLowerCase().split(/[^a-z0-9._]+/)
  const name = words.filter((word) => word !== '').join('-')
  return profileId(provider, name === '' ? 'default' : name)
}

function lifeOf(flags: OnboardFlags): number | undefined {
  const text = filled(flags, 'token-expires-in')
  const ms = text === undefined ? undefined : parseDuration(text)
  if (text !== undefined && ms === undefined) {
    throw wrongValue(`--token-expires-in is a number and ms, s, m, h or d (365d, 12h), not "${printable(text, 20)}".`)
  }
  return ms
}

/** A wrong value, which changed nothing. */
export function wrongValue(message: string): AuthError {
  return new AuthError('usage', `${message} Nothing was changed.`, { remedy: 'openclaw onboard --help' })
}
