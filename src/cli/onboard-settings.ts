// Workspace and gateway as the flags of `onboard` want them, and which flags mean nothing here. Refuses before anything is touched.
import { isAbsolute, join, resolve } from 'node:path'
import type { GatewayWish } from '../auth/onboard.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Home } from '../store/home.ts'
import { filled, given, type OnboardFlags, wrongValue } from './onboard-flags.ts'

export type Settings = {
  workspace?: string
  gateway: GatewayWish
  /** Whether the gateway becomes a service; undefined: nobody said. */
  daemon?: boolean
  notes: string[]
}

/** Flags that ask for something this release does not have; documents and scripts use them all the same. */
const WITHOUT_MEANING: readonly string[] = [
  'daemon-runtime',
  'tailscale',
  'tailscale-reset-on-exit',
  'node-manager',
  'cloudflare-ai-gateway-account-id',
  'cloudflare-ai-gateway-gateway-id',
]

/**
 * Workspace and gateway as the flags want them.
 * @throws AuthError usage, bad_secret
 */
export function settingsOf(flags: OnboardFlags, home: Home): Settings {
  oneOf(flags, 'flow', ['quickstart', 'advanced', 'manual'])
  if (oneOf(flags, 'mode', ['local', 'remote']) === 'remote' || given(flags, 'remote-url') !== undefined) {
    throw wrongValue('A gateway on another machine cannot be set up from here yet; run onboard on that machine.')
  }
  const workspace = filled(flags, 'workspace')
  const skipped = WITHOUT_MEANING.filter((flag) => {
    const value = given(flags, flag)
    return value !== undefined && value !== false && value !== 'off' && value !== 'node'
  })
  const daemon = flags.skipDaemon === true ? false : flags.installDaemon
  return {
    ...(workspace === undefined ? {} : { workspace: absolute(home, workspace) }),
    ...(typeof daemon === 'boolean' ? { daemon } : {}),
    gateway: gatewayOf(flags, home),
    notes:
      skipped.length === 0
        ? []
        : [`Skipped, as this release has nothing for it: ${skipped.map((flag) => `--${flag}`).join(', ')}.`],
  }
}

function gatewayOf(flags: OnboardFlags, home: Home): GatewayWish {
  const token = filled(flags, 'gateway-token')
  const password = filled(flags, 'gateway-password')
  const named = oneOf(flags, 'gateway-auth', ['token', 'password'])
  for (const [flag, text] of [
    ['gateway-token', token],
    ['gateway-password', password],
  ] as const) {
    if (text === undefined) continue
    home.system.log.hide(new Secret(text))
    if (!/^[\x21-\x7e]+$/.test(text)) throw wrongValue(`--${flag} holds characters that cannot be sent in a header.`)
  }
  if (token !== undefined && password !== undefined && named === undefined) {
    throw wrongValue('--gateway-token and --gateway-password were both given; --gateway-auth says which one counts.')
  }
  const authMode = named ?? (password !== undefined ? 'password' : token !== undefined ? 'token' : undefined)
  const known = home.config().gateway.password ?? home.system.env.OPENCLAW_GATEWAY_PASSWORD
  if (authMode === 'password' && (password ?? known ?? '') === '') {
    throw wrongValue('--gateway-auth password needs --gateway-password, or OPENCLAW_GATEWAY_PASSWORD.')
  }
  const port = portOf(flags)
  return {
    ...(port === undefined ? {} : { port }),
    ...bindOf(flags, home),
    ...(authMode === undefined ? {} : { authMode }),
    ...(token === undefined ? {} : { token }),
    ...(password === undefined ? {} : { password }),
  }
}

/** A port to listen on, or undefined. */
export function portIn(text: string): number | undefined {
  const value = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0
  return value >= 1 && value <= 65_535 ? value : undefined
}

function portOf(flags: OnboardFlags): number | undefined {
  const text = filled(flags, 'gateway-port')
  const port = text === undefined ? undefined : portIn(text)
  if (text !== undefined && port === undefined) throw wrongValue('--gateway-port is a number from 1 to 65535.')
  return port
}

const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$|^[0-9a-f]{0,4}:[0-9a-f:.]{1,40}$/i

function bindOf(flags: OnboardFlags, home: Home): Pick<GatewayWish, 'bind' | 'customBindHost'> {
  const text = filled(flags, 'gateway-bind')
  if (text === undefined) return {}
  if (ADDRESS.test(text)) return { bind: 'custom', customBindHost: text }
  if (text === 'loopback' || text === 'lan' || text === 'auto') return { bind: text }
  if (text === 'custom' && home.config().gateway.customBindHost !== undefined) return { bind: text }
  if (text === 'tailnet') {
    throw new AuthError('usage', 'Binding to a tailnet needs its address; nothing was changed.', {
      remedy: 'openclaw onboard --gateway-bind "$(tailscale ip -4)"',
    })
  }
  throw wrongValue('--gateway-bind is loopback, lan, auto, or an address.')
}

function oneOf<T extends string>(flags: OnboardFlags, flag: string, values: readonly T[]): T | undefined {
  const text = filled(flags, flag)
  if (text === undefined) return undefined
  const value = values.find((known) => known === text)
  if (value === undefined) throw wrongValue(`--${flag} is one of ${values.join(', ')}.`)
  return value
}

function absolute(home: Home, path: string): string {
  const { homeDir, workingDir, env } = home.system
  const own = env.HOME ?? homeDir
  const full = path === '~' || path.startsWith('~/') ? join(own, path.slice(1)) : path
  return isAbsolute(full) ? resolve(full) : resolve(workingDir, full)
}
