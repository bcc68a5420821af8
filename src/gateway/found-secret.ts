// The gateway's own secret as it is found: in flags, environment, config or its file. Looks, makes none, and checks nobody.
import type { Auth } from '../auth/auth.ts'
import type { Config } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Home } from '../store/home.ts'

export type SecretFlags = { token?: string; password?: string; auth?: 'token' | 'password' }

export type SecretSource = 'flag' | 'environment' | 'config' | 'file'

/** Beyond this machine, and for a token that we made. */
export const SHORTEST = 16
const NOBODYS = new Set(
  (
    'null undefined none nil true false token your-token your_token yourtoken my-token gateway-token changeme change-me ' +
    'change_me password passwd secret your-secret your-password clawbox openclaw keyclaw test example default admin'
  ).split(' '),
)
const TEMPLATE = /^(?:your|my|change|replace|insert|example|sample|put)[-_ ]|^<.*>$|^\$?\{.*\}$|^\$\w+$|^(.)\1*$/i
const SENDABLE = /^[\x21-\x7e]+$/

/** Why the text is no secret at all, or undefined. Short ones are a matter of where one listens. */
export function complaintAboutSecret(text: string): string | undefined {
  const value = text.trim()
  if (value === '') return 'is empty'
  if (NOBODYS.has(value.toLowerCase()) || TEMPLATE.test(value)) return 'is a text from an example, not a secret'
  if (!SENDABLE.test(value)) return 'holds characters that cannot be sent in a header'
  return undefined
}

type Found = { text: string; source: Exclude<SecretSource, 'file'>; where: string }

/** Where the secret in force is, and its mask once there is one. Writes nothing. */
export async function showToken(auth: Auth): Promise<{ where: string; mask: string | undefined }> {
  const secret = await findSecret(auth.home)
  return { where: secret.where, mask: secret.secret?.mask() }
}

/** The secret in force for programs of this user, such as our own command line. */
export async function findSecret(home: Home): Promise<{ where: string; source: SecretSource; secret?: Secret }> {
  const found = candidates(home, home.config(), {}).find(({ text }) => complaintAboutSecret(text) === undefined)
  if (found !== undefined) {
    return { where: found.where, source: found.source, secret: new Secret(found.text.trim()) }
  }
  const where = home.layout.gatewayToken
  const text = (await home.backend.get(where))?.text.trim() ?? ''
  return { where, source: 'file', ...(text === '' ? {} : { secret: new Secret(text) }) }
}

/** What is set by a person, the one in force first; whether it is a secret at all is another question. */
export function candidates(home: Home, config: Config, flags: SecretFlags): Found[] {
  const { env } = home.system
  const mode = flags.auth ?? (flags.password === undefined ? config.gateway.mode : 'password')
  const variable = mode === 'password' ? 'OPENCLAW_GATEWAY_PASSWORD' : 'OPENCLAW_GATEWAY_TOKEN'
  const set = (text: string | undefined, source: Found['source'], where: string): Found[] =>
    text === undefined ? [] : [{ text, source, where }]
  return [
    ...set(flags[mode], 'flag', `--${mode}`),
    ...(env[variable] === undefined
      ? set(home.dotenv().get(variable), 'environment', `${variable} in ${home.layout.dotenv}`)
      : set(env[variable], 'environment', variable)),
    ...set(config.env.get(variable), 'config', `env.${variable} in ${home.layout.config}`),
    ...set(home.shell.get(variable), 'environment', `${variable} of the login shell`),
    ...set(config.gateway[mode], 'config', `gateway.auth.${mode} in ${home.layout.config}`),
  ]
}

/** @throws AuthError unsafe, when the secret is not enough for listening beyond this machine */
export function refuseUnsafe(home: Home, flags: SecretFlags): void {
  const all = candidates(home, home.config(), flags)
  const good = all.find(({ text }) => complaintAboutSecret(text) === undefined && text.trim().length >= SHORTEST)
  if (good !== undefined && all.find(({ text }) => complaintAboutSecret(text) === undefined) === good) return
  const why =
    all.length === 0
      ? 'no secret is set'
      : `${all[0]?.where} ${complaintAboutSecret(all[0]?.text ?? '') ?? `is shorter than ${SHORTEST} characters`}`
  throw new AuthError('unsafe', `The gateway will not listen beyond this machine: ${why}.`, {
    remedy: 'OPENCLAW_GATEWAY_TOKEN="$(openssl rand -hex 32)" openclaw gateway',
  })
}
