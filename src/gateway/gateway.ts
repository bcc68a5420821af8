// The gateway, started: it listens first, and loads what calls need while nobody has called yet.
import type { Auth } from '../auth/auth.ts'
import { importLegacy } from '../auth/import-legacy.ts'
import type { OpenChannels } from '../chat/channel-door.ts'
import { agentIds, DEFAULT_PORT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { missingText } from '../core/substitute.ts'
import { leaveNote } from '../store/gateway-notes.ts'
import { openLogFile } from '../system/log-file.ts'
import type { System } from '../system/system.ts'
import { drawBanner } from './banner.ts'
import { boundBy, reachable } from './bind.ts'
import { LIMITS, type Limits } from './limits.ts'
import { createMessengers } from './messengers.ts'
import { type Otel, openOtel } from './otel.ts'
import { startServer } from './server.ts'
import { openSecret } from './token.ts'

/** What nobody waits for yet lets the first answer go first, ms. */
const FIRST_ANSWER_MS = 25

export type GatewayOptions = {
  port?: number
  bind?: string
  token?: string
  password?: string
  auth?: 'token' | 'password'
  allowRoot?: boolean
  /** Somebody reads the banner as it is printed, and nothing keeps it. */
  isBannerSeen?: boolean
  /** Smaller ones, for tests. */
  limits?: Partial<Limits>
  /** Opens the chat channels that the config names; absent: there are none. */
  openChannels?: OpenChannels
}

export type RunningGateway = {
  url: string
  port: number
  /** What it serves, with which accounts, and where: one screen, no secret but, where it is seen, a one-use code for the page. */
  banner: string
  /** The page with a code that lets one browser in, once, within ten minutes. */
  pageUrl(): string
  /** Running answers end within `gateway.timeouts.drainMs`; what is known is written down. */
  close(): Promise<void>
}

/**
 * Starts the gateway; needs no configuration at all.
 * @throws AuthError port_in_use, unsafe, usage
 */
export async function runGateway(system: System, auth: Auth, options: GatewayOptions): Promise<RunningGateway> {
  const { home } = auth
  const config = home.config()
  const bound = boundBy(config, options.bind)
  // Read while we get ready to listen. A failure is met where the end is waited for; until then it is not an unhandled one.
  const reading = Promise.all([auth.view(home.pickAgent(undefined)), system.transport()])
  reading.catch(() => undefined)
  // The login shell, where it is wanted, may hold the gateway's own secret.
  if (home.shell.isWanted()) await reading
  const secret = await openSecret(home, options, { beyondLoopback: bound.beyondLoopback })
  const port = portFor(system, config.gateway.port, options.port)
  const limits = { ...LIMITS, ...options.limits }
  const server = await startServer(auth, { host: bound.host, port, names: bound.names, limits, secret })
  const watches: { close(): void }[] = []
  const logFile = openLogFile(system, home.layout.gatewayLog)
  const endLog = system.log.also(logFile.write)
  const url = `http://${reachable(bound.host)}:${server.port}`
  let otel: Otel | undefined
  let noting: Promise<() => Promise<void>> | undefined
  try {
    const { house } = server
    const [view, transport] = await reading
    house.view = view
    house.transport = transport
    // Whoever waits for the first answer comes before whoever looks for us, or reads the banner.
    await system.sleep(FIRST_ANSWER_MS)
    house.dialects = await import('../dialects/dialects.ts')
    noting = noteOurselves(auth, url)
    const ids = agentIds(home.config()).map((id) => home.agent(id).owner)
    for (const agentId of new Set(ids)) {
      const isClean = auth.peek(agentId) !== undefined && auth.peek(agentId)?.facts().older === undefined
      if (!isClean) await importLegacy(auth, agentId, { isOptional: true })
    }
    otel = await openOtel(house)
    const { follow } = otel
    const reloaded = async (): Promise<void> => {
      house.view = await auth.view(home.pickAgent(undefined))
      await follow()
      house.messengers?.reload()
    }
    watches.push(auth.watch(reloaded), secret.watch())
    if (options.openChannels !== undefined) house.messengers = createMessengers(house, options.openChannels)
    const pageUrl = (): string => `${url}/#code=${house.gate.makeCode()}`
    const forget = await noting
    const unset = home.config().missing.map((missing) => `${missingText(missing)} (${home.layout.config}).`)
    const warnings = [...unset, ...secret.warnings, ...remarks(system, options, bound.beyondLoopback)]
    return {
      url,
      port: server.port,
      pageUrl,
      banner: drawBanner({
        view,
        url,
        bind: bound.host,
        pageUrl: options.isBannerSeen === true ? pageUrl() : undefined,
        secret,
        warnings,
      }),
      close: async () => {
        house.messengers?.stop()
        await server.close(home.config().gateway.timeouts.drainMs)
        await house.messengers?.close()
        for (const watch of watches) watch.close()
        server.house.metrics.settle()
        await auth.flush()
        await otel?.close()
        await forget()
        endLog()
        await logFile.close()
      },
    }
  } catch (error) {
    // A listener without a gateway behind it would keep the process, and the port, for ever.
    for (const watch of watches) watch.close()
    await server.house.messengers?.close()
    await server.close(0)
    await otel?.close()
    await (await noting)?.()
    endLog()
    await logFile.close()
    throw error
  }
}

/** Other commands of this installation find us by it, wherever we listen. A disk that refuses keeps nobody from serving. */
async function noteOurselves({ home }: Auth, url: string): Promise<() => Promise<void>> {
  const unnoted = (error: unknown): void =>
    home.system.log.warn('the note that this gateway runs could not be changed', {
      file: home.layout.gatewayNotes,
      why: error instanceof Error ? error.message : 'unknown',
    })
  try {
    const forget = await leaveNote(home.system, home.layout, url)
    return () => forget().catch(unnoted)
  } catch (error) {
    unnoted(error)
    return async () => undefined
  }
}

function remarks(system: System, options: GatewayOptions, beyondLoopback: boolean): string[] {
  const lines: string[] = []
  if (system.uid === 0 && options.allowRoot !== true) {
    lines.push('The gateway runs as root; a user of its own would confine it (--allow-root hides this line).')
  }
  if (beyondLoopback) {
    lines.push('It listens beyond this machine without TLS; put something in front of it that has a certificate.')
  }
  return lines
}

/** Flag, then environment, then config, then the default. */
function portFor(system: System, configured: number | undefined, flag: number | undefined): number {
  const text = system.env.OPENCLAW_GATEWAY_PORT?.trim()
  if (flag === undefined && text !== undefined && text !== '') {
    const port = Number(text)
    if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
    throw new AuthError('usage', `OPENCLAW_GATEWAY_PORT is "${printable(text, 40)}", which is no port.`, {
      remedy: `openclaw gateway --port ${DEFAULT_PORT}`,
    })
  }
  return flag ?? configured ?? DEFAULT_PORT
}
