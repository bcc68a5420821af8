// Where the gateway of this home listens, and whether an address is one that its token may be sent to.
import type { Auth } from '../auth/auth.ts'
import { DEFAULT_PORT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { type GatewayNote, livingGateways } from '../store/gateway-notes.ts'
import { isLoopback } from './address.ts'
import { boundBy, reachable } from './bind.ts'

export type Wish = {
  /** Goes before environment and config. */
  port?: number
  /** The port goes before what a gateway noted, too. */
  isPortMeant?: boolean
  /** Another gateway than the one of this home. */
  url?: string
}

export type Spot = {
  url: string
  /** Who noted that it serves there, and lives. */
  note?: GatewayNote
  /** All that noted themselves in this state directory and live; undefined for a gateway that was named. */
  notes: readonly GatewayNote[] | undefined
}

/** Where the gateway of this home is: the one that noted itself, else where environment and config say that one would listen. */
export async function findSpot(auth: Auth, wish: Wish): Promise<Spot> {
  if (wish.url !== undefined) return { url: wish.url, notes: undefined }
  const notes = await livingGateways(auth.home.system, auth.home.layout)
  const url = configuredUrl(auth, wish.port)
  const there = notes.find((note) => new URL(note.url).port === new URL(url).port)
  const note = there ?? (wish.isPortMeant === true ? undefined : notes[0])
  return note === undefined ? { url, notes } : { url: note.url, note, notes }
}

/** Whether what answered is the gateway that is meant: it was named, it says so, or it is a process that noted itself here. */
export function isOurs(auth: Auth, { notes }: Spot, said: { stateDir?: unknown; pid?: unknown }): boolean {
  return notes === undefined || said.stateDir === auth.home.layout.stateDir || notes.some(({ pid }) => pid === said.pid)
}

function configuredUrl({ home }: Auth, wanted: number | undefined): string {
  const config = home.config()
  const fromEnv = Number(home.system.env.OPENCLAW_GATEWAY_PORT)
  const set = Number.isInteger(fromEnv) && fromEnv > 0 ? fromEnv : config.gateway.port
  const port = wanted ?? set ?? DEFAULT_PORT
  let host = '127.0.0.1'
  try {
    host = boundBy(config, undefined).host
  } catch {
    // The gateway itself will say what is wrong with its address; here the usual one is as good as any.
  }
  return `http://${reachable(host)}:${port}`
}

/** Our own token goes to this machine only. @throws AuthError unsafe, usage */
export function refuseForeign(url: string | undefined): void {
  if (url !== undefined && !isLocal(url)) {
    throw new AuthError(
      'unsafe',
      'The token of this gateway is not sent to another machine; name that one with --token.',
      {
        remedy: 'openclaw gateway call --help',
      },
    )
  }
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) throw new AuthError('usage', '--url is no URL.', { remedy: 'openclaw gateway call --help' })
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || isLoopback(host)
}
