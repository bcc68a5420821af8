// The credential of a choice: from the flag, else from the environment, else the stored one, else asked for or read from a pipe.

import type { Auth } from '../auth/auth.ts'
import { checkWishedId } from '../auth/keep-login.ts'
import { login, methodNamed } from '../auth/login.ts'
import type { Onboarding } from '../auth/onboard.ts'
import { ownStore } from '../auth/own-store.ts'
import { AuthError } from '../core/errors.ts'
import { type Candidate, defectOf } from '../core/order.ts'
import { printable } from '../core/profile.ts'
import { isOnline, type LoginMethod, loginMethods, type Provider } from '../providers/provider.ts'
import { POLICY, secretQuestion } from './commands/auth-paste.ts'
import type { Invocation } from './invocation.ts'
import { AUTH_CHOICES, type AuthChoice, KEY_CHOICES } from './onboard-choices.ts'
import type { OnboardFlags, Wanted } from './onboard-flags.ts'

export type Brought = Pick<Onboarding, 'credential' | 'login'> & { notes: string[] }

/** The vendor as this installation knows it, when it does. */
export function providerNamed(auth: Auth, id: string): Provider | undefined {
  return auth.registry.find(id, auth.home.config().providers.get(id))
}

/** Whether the choice can be had here. */
export function isSupported(auth: Auth, choice: AuthChoice): boolean {
  const provider = providerNamed(auth, choice.provider)
  if (choice.kind === 'skip' || provider === undefined) return choice.kind === 'skip'
  return choice.kind !== 'login' || loginMethods(provider).some(isOnline)
}

/** Usable credentials of this kind that are there already, the nearest first. */
export async function present(
  auth: Auth,
  agentId: string,
  providerId: string,
  kind: 'api_key' | 'token',
): Promise<readonly Candidate[]> {
  const facts = (await auth.view(agentId)).facts()
  const now = auth.home.system.now()
  const all = facts.providers.get(providerId)?.candidates ?? []
  return all.filter(
    (candidate) =>
      candidate.kind === kind &&
      candidate.secret !== undefined &&
      candidate.behind === undefined &&
      defectOf(candidate, now) === undefined,
  )
}

/** @throws AuthError usage, unknown_provider, bad_secret, interrupted; nothing has been written then */
export async function credentialFor(
  invocation: Invocation,
  auth: Auth,
  agentId: string,
  wanted: Wanted,
  flags: OnboardFlags,
): Promise<Brought> {
  const { terminal } = invocation
  const { choice, provider: providerId } = wanted
  if (choice.kind === 'skip') return { notes: [] }
  const provider = providerNamed(auth, providerId)
  if (provider === undefined || !isSupported(auth, choice)) throw unsupported(auth, choice, providerId)
  if (choice.kind === 'login') {
    if (flags.nonInteractive === true) throw needsSomebody(provider)
    const method = methodNamed(provider, flags.deviceCode === true ? 'device-code' : undefined)
    return { login: await loggedIn(invocation, { auth, agentId, provider, method }, wanted.profileId), notes: [] }
  }
  const { kind } = choice
  const credential = (text: string): NonNullable<Brought['credential']> => ({
    provider: providerId,
    kind,
    text,
    ...(wanted.profileId === undefined ? {} : { profileId: wanted.profileId }),
    ...(wanted.expiresInMs === undefined ? {} : { expiresInMs: wanted.expiresInMs }),
    ...(choice.id === 'setup-token' ? { toFront: true as const } : {}),
  })
  if (wanted.text !== undefined) return { credential: credential(wanted.text), notes: [] }
  if (kind === 'api_key' && terminal.isInteractive() && flags.nonInteractive !== true) {
    const { askSecretOf } = await import('./onboard-wizard.ts')
    const chosen = await askSecretOf({ auth, agentId, terminal }, choice, providerId)
    if (chosen.credential === undefined) return { notes: [`What is there is kept: ${chosen.told}.`] }
    return { credential: credential(chosen.credential.text), notes: [] }
  }
  if (kind === 'api_key') {
    const found = await present(auth, agentId, providerId, kind)
    const variable = found.find(({ source }) => source.kind === 'env')
    if (variable?.secret !== undefined && variable.source.kind === 'env') {
      return {
        credential: credential(variable.secret.reveal()),
        notes: [`The key is that of ${variable.source.name}.`],
      }
    }
    const [kept] = found
    if (kept !== undefined) return { notes: [`What is there is kept: ${nameOf(kept)}.`] }
  }
  return { credential: credential(await entered(invocation, wanted, provider, flags)), notes: [] }
}

/**
 * Goes through a login; what it gave is written with everything else.
 * @param wish.method absent: the first that the vendor has
 * @throws AuthError interrupted, upstream, usage
 */
export async function loggedIn(
  invocation: Invocation,
  wish: { auth: Auth; agentId: string; provider: Provider; method: LoginMethod | undefined },
  profileId: string | undefined,
): Promise<NonNullable<Brought['login']>> {
  const { auth, provider } = wish
  // Before anybody goes through a login that could not be kept.
  const store = ownStore(auth.home, wish.agentId, (flag) => `openclaw onboard --auth-choice ${provider.id}${flag}`)
  if (profileId !== undefined) checkWishedId(await store.profiles.read(), provider, profileId)
  const method = wish.method ?? loginMethods(provider).find(isOnline)
  if (method === undefined || !isOnline(method)) throw new Error(`${provider.id} has no login`)
  const { atDesk } = await import('./login-desk.ts')
  const credential = await atDesk(invocation, provider, { noBrowser: false }, (desk) =>
    login(auth, provider, method, desk),
  )
  return { provider, credential, ...(profileId === undefined ? {} : { profileId }) }
}

function needsSomebody(provider: Provider): AuthError {
  return new AuthError(
    'usage',
    `A login needs somebody who agrees to it, and --non-interactive says that nobody is here. Nothing was changed.`,
    { remedy: `openclaw models auth login --provider ${provider.id}` },
  )
}

/** Where a credential is, for people. */
export function nameOf({ id, source }: Candidate): string {
  if (source.kind === 'dotenv' || source.kind === 'config') return `${source.name} in ${source.file}`
  return source.kind === 'env' ? source.name : id
}

async function entered(
  { terminal }: Invocation,
  { choice, provider: providerId }: Wanted,
  provider: Provider,
  flags: OnboardFlags,
): Promise<string> {
  const kind = choice.kind === 'token' ? 'token' : 'api_key'
  const isSilent = flags.nonInteractive === true
  if (terminal.isInteractive() && !isSilent) {
    if (kind === 'token' && providerId === 'anthropic') terminal.note(POLICY)
    return terminal.askSecret(secretQuestion(kind, providerId, provider))
  }
  // A key that --non-interactive expects elsewhere must not wait for a pipe that nobody closes.
  const isPiped = !terminal.isInteractive() && (kind === 'token' || !isSilent)
  const text = isPiped ? await terminal.readPipe() : ''
  if (text.trim() !== '') return text
  throw missing(kind, choice, providerId, provider, flags.agent === undefined ? '' : ` --agent ${flags.agent}`)
}

function missing(
  kind: 'api_key' | 'token',
  choice: AuthChoice,
  providerId: string,
  provider: Provider,
  agent: string,
): AuthError {
  if (kind === 'token') {
    const again = choice.id === 'token' ? `token --token-provider ${providerId}` : choice.id
    return new AuthError(
      'bad_secret',
      `No token came: neither --token nor standard input brought one. Nothing was changed.`,
      { remedy: `printf %s "$TOKEN" | openclaw onboard${agent} --auth-choice ${again}` },
    )
  }
  const flag = KEY_CHOICES.find((row) => row.provider === providerId)?.flag
  const variable = provider.env.find((name) => !name.includes('OAUTH')) ?? 'SECRET'
  const where = flag === undefined ? 'standard input' : `--${flag}`
  return new AuthError(
    'bad_secret',
    `No key of ${provider.label} was found: not in ${where}, not in ${variable}, and none is stored. Nothing was changed.`,
    {
      remedy:
        flag === undefined
          ? `printf %s "$${variable}" | openclaw models auth paste-api-key --provider ${providerId}${agent}`
          : `openclaw onboard${agent} --${flag} "$${variable}"`,
    },
  )
}

function unsupported(auth: Auth, choice: AuthChoice, providerId: string): AuthError {
  if (choice.kind === 'login') {
    return new AuthError('usage', `${choice.id}: this login is not supported yet. Nothing was changed.`, {
      remedy: insteadOf(auth, choice),
    })
  }
  const id = printable(providerId, 40)
  const how =
    choice.instead ??
    `a vendor that speaks OpenAI's dialect works once models.providers.${id}.baseUrl is in ${auth.home.configStore.where()}`
  const what = choice.provider === providerId ? choice.group : `The provider "${id}"`
  return new AuthError('unknown_provider', `${what} is not supported yet; ${how}. Nothing was changed.`, {
    remedy: 'openclaw onboard --help',
  })
}

/** What can be had of the same vendor. */
function insteadOf(auth: Auth, choice: AuthChoice): string {
  const other = AUTH_CHOICES.find(
    (row) => row.group === choice.group && row.kind === 'api_key' && isSupported(auth, row),
  )
  return other === undefined ? 'openclaw onboard --help' : `openclaw onboard --auth-choice ${other.id}`
}
