// The gateway's own secret in force: whether a caller has it, and what happens when it changes while we run.
import type { Auth } from '../auth/auth.ts'
import type { Config } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Home } from '../store/home.ts'
import {
  candidates,
  complaintAboutSecret,
  refuseUnsafe,
  type SecretFlags,
  type SecretSource,
  SHORTEST,
} from './found-secret.ts'

export type GatewaySecret = {
  /** Takes no less time for what is nearly right. */
  matches(candidate: string): boolean
  /** Counts changes; whoever was let in under another number is out. */
  generation(): number
  source(): SecretSource
  /** Where a person finds or changes it: a file, a variable, a key of the config. */
  where(): string
  /** What was found and not used, for the screen. */
  warnings: readonly string[]
  /** Takes over what the file says by now. @throws AuthError, when it cannot be read; the one before stays in force */
  reload(): Promise<void>
  /** Follows the file. @returns stops */
  watch(): { close(): void }
}

const PREFIX = 'kcg_'

/**
 * Opens the secret; makes `<state>/gateway.token` when there is none of any kind.
 * @param options.beyondLoopback the gateway will listen beyond loopback
 * @throws AuthError unsafe: beyond loopback without a good secret set by a person
 */
export async function openSecret(
  home: Home,
  flags: SecretFlags,
  options: { beyondLoopback: boolean },
): Promise<GatewaySecret> {
  const warnings: string[] = []
  let fromFile: Secret | undefined
  const load = async (): Promise<void> => {
    fromFile = await readOrMake(home)
  }
  const judge = (config: Config): { secret: Secret | undefined; source: SecretSource; where: string } => {
    const found = candidates(home, config, flags).find(({ text }) => complaintAboutSecret(text) === undefined)
    return found === undefined
      ? { secret: fromFile, source: 'file', where: home.layout.gatewayToken }
      : { secret: new Secret(found.text.trim()), source: found.source, where: found.where }
  }

  for (const { text, where } of candidates(home, home.config(), flags)) {
    const complaint = complaintAboutSecret(text)
    if (complaint !== undefined) warnings.push(`${where} ${complaint}; it is not used.`)
    else if (text.trim().length < SHORTEST) {
      warnings.push(`${where} is shorter than ${SHORTEST} characters; that is good enough on this machine only.`)
    }
  }
  if (options.beyondLoopback) refuseUnsafe(home, flags)
  let config = home.config()
  let present = judge(config)
  if (present.source === 'file') {
    await load()
    present = judge(config)
  }
  let generation = 1
  const look = (): void => {
    const next = judge(config)
    if (next.secret === undefined || present.secret === undefined || !next.secret.equals(present.secret)) generation++
    present = next
  }
  const reload = (): void => {
    load().then(look, (error: unknown) => {
      home.system.log.error('the gateway token could not be read; the one before stays in force', {
        why: error instanceof Error ? error.message : 'unknown',
      })
    })
  }
  const current = (): typeof present => {
    // Reading the config anew makes a new object; that is all there is to see.
    if (home.config() !== config) {
      config = home.config()
      look()
      // Whoever set the secret took it out of the config: the file's is in force from now on.
      if (present.secret === undefined) reload()
    }
    return present
  }
  return {
    matches: (candidate) => current().secret?.isKnownBy(candidate) === true,
    generation: () => {
      current()
      return generation
    },
    source: () => current().source,
    where: () => current().where,
    warnings,
    reload: () => load().then(look),
    watch: () => home.backend.notice([home.layout.gatewayToken], reload),
  }
}

/** Makes a new token; whoever has the old one is out within a second. @throws AuthError usage, when the token in force is not in the file */
export async function rotateToken(auth: Auth): Promise<{ where: string; mask: string }> {
  const { home } = auth
  const other = candidates(home, home.config(), {}).find(({ text }) => complaintAboutSecret(text) === undefined)
  if (other !== undefined) {
    throw new AuthError('usage', `The gateway's secret is set by ${other.where}; change it there.`)
  }
  const token = makeToken(home)
  await home.backend.change(home.layout.gatewayToken, () => `${token}\n`)
  return { where: home.layout.gatewayToken, mask: new Secret(token).mask() }
}

async function readOrMake(home: Home): Promise<Secret> {
  const path = home.layout.gatewayToken
  const good = (text: string | undefined): string | undefined => {
    const value = text?.trim() ?? ''
    return complaintAboutSecret(value) === undefined && value.length >= SHORTEST ? value : undefined
  }
  let token = good((await home.backend.get(path))?.text)
  if (token === undefined) {
    await home.backend.change(path, (before) => {
      token = good(before?.text)
      if (token !== undefined) return undefined
      token = makeToken(home)
      return `${token}\n`
    })
  }
  if (token === undefined) throw new Error('a token was neither found nor made')
  const secret = new Secret(token)
  home.system.log.hide(secret)
  return secret
}

function makeToken(home: Home): string {
  return PREFIX + Buffer.from(home.system.randomBytes(32)).toString('base64url')
}
