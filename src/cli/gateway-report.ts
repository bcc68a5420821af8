// The report behind `gateway status`: the gateway as it answers, its service, and what it sees otherwise than this shell. Writes nothing.
import type { Auth } from '../auth/auth.ts'
import { DEFAULT_PORT } from '../core/config.ts'
import { type Difference, differences, type Standpoint } from '../core/difference.ts'
import { AuthError } from '../core/errors.ts'
import type { GatewayQuestion, GatewayState } from '../core/gateway-state.ts'
import { flagsOf, portOf } from '../core/service-unit.ts'
import type { Service, ServiceState } from '../system/service.ts'
import { VERSION } from '../system/version.ts'
import { serviceOf } from './commands/gateway-service.ts'
import type { Invocation } from './invocation.ts'

export type GatewayWish = { port?: number; url?: string; token?: string; timeout?: number; probe?: boolean }

export type ServiceView =
  | ({ manager: string; name: string; file: string; port?: number; flags: readonly string[] } & ServiceState)
  | { manager: null; why: string }

/** `taken`: something listens there that is no gateway; `unasked`: nobody wanted to know. */
type Shown = Omit<GatewayState, 'state' | 'details'> & { state: GatewayState['state'] | 'taken' | 'unasked' }

export type GatewayReport = Shown & {
  ok: boolean
  port: number
  /** The address it listens on, as it says itself. */
  bind: string | null
  /** Of this shell. */
  here: { version: string; stateDir: string; config: string; port: number }
  /** Of the gateway; null where it did not say. */
  there: { version: string | null; stateDir: string | null; config: string | null } | null
  service: ServiceView | null
  differences: Difference[]
  remedy?: string
}

/** How long a gateway may take to answer. */
const TIMEOUT_MS = 3000
const PROBE_MS = 1000

/**
 * Asks the gateway and the service manager; writes nothing.
 * @param known.service found before, undefined when no manager answers; its manager is then not looked for again
 * @throws AuthError usage, unsafe (the token of this gateway for another machine)
 */
export async function gatewayReport(
  invocation: Invocation,
  flags: GatewayWish,
  known: { service?: Service | undefined } = {},
): Promise<GatewayReport> {
  const auth = await invocation.auth()
  const wanted = flags.port ?? invocation.gatewayPort
  let chosen: string | undefined
  const salt = (): string => {
    chosen ??= Buffer.from(invocation.system.randomBytes(16)).toString('hex')
    return chosen
  }
  const question: GatewayQuestion = {
    timeoutMs: flags.timeout ?? TIMEOUT_MS,
    salt,
    ...(wanted === undefined ? {} : { port: wanted, isPortMeant: flags.port !== undefined }),
    ...(flags.url === undefined ? {} : { url: flags.url }),
    ...(flags.token === undefined ? {} : { token: flags.token }),
  }
  const isOurs = flags.url === undefined
  const find = 'service' in known ? async () => known.service : () => findOwn(invocation)
  const service = isOurs ? await serviceView(await find()) : null
  let said = flags.probe === false ? undefined : await invocation.faces.gatewayState(auth, question)
  // Whoever installed it with a port of its own need not say that port again.
  if (said?.state === 'absent' && isOurs && wanted === undefined && service?.manager && service.port !== undefined) {
    const other = await invocation.faces.gatewayState(auth, { ...question, port: service.port })
    if (other.state !== 'absent') said = other
  }
  const port = said === undefined ? (wanted ?? configuredPort(auth)) : portIn(said.url)
  const here = { version: VERSION, stateDir: auth.home.layout.stateDir, config: auth.home.layout.config }
  const { details, ...state } = said ?? { state: 'unasked' as const, url: `http://127.0.0.1:${port}` }
  const shown = await seenFrom(invocation, auth, state)
  const ok = shown.state === 'running' || (shown.state === 'unasked' && service?.manager != null && service.running)
  const remedy = remedyFor(shown, service)
  return {
    ok,
    ...shown,
    port: details?.port ?? port,
    bind: details?.host ?? null,
    here: { ...here, port: configuredPort(auth) },
    there:
      details === undefined
        ? null
        : {
            version: shown.version ?? null,
            stateDir: details.stateDir ?? null,
            config: details.config ?? null,
          },
    service,
    differences: details === undefined ? [] : await compared(auth, salt(), shown, details, service),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

/** The service of this installation, or undefined where no manager answers. */
export async function findOwn(invocation: Invocation): Promise<Service | undefined> {
  try {
    return await serviceOf(invocation)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'no_service_manager') return undefined
    throw error
  }
}

async function serviceView(service: Service | undefined): Promise<ServiceView> {
  if (service === undefined) return { manager: null, why: 'no service manager answers this user' }
  const { name, manager, file } = service
  const [state, found] = await Promise.all([service.state(), service.found()])
  const port = found?.spec === undefined ? undefined : portOf(found.spec)
  const flags = found?.spec === undefined ? [] : flagsOf(found.spec)
  return { manager, name, file, ...state, flags, ...(port === undefined ? {} : { port }) }
}

/** Nobody answered as a gateway: perhaps something else does, or the token is not known here. */
async function seenFrom({ system, faces }: Invocation, auth: Auth, state: Shown): Promise<Shown> {
  if (state.state !== 'absent') return state
  const { reach } = await import('../system/reach.ts')
  if ((await reach(new URL(state.url).origin, PROBE_MS)).state !== 'open') return state
  const { where, mask } = await faces.showToken(auth)
  if (mask === undefined) {
    return {
      ...state,
      state: 'refused',
      why: `something listens there, but no token is known here: ${where} does not exist`,
    }
  }
  system.log.debug('the port is taken by something else', { url: state.url })
  return { ...state, state: 'taken', why: 'something listens there that is no gateway' }
}

function configuredPort({ home }: Auth): number {
  const fromEnv = Number(home.system.env.OPENCLAW_GATEWAY_PORT)
  return Number.isInteger(fromEnv) && fromEnv > 0 ? fromEnv : (home.config().gateway.port ?? DEFAULT_PORT)
}

function portIn(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

async function compared(
  auth: Auth,
  salt: string,
  state: Shown,
  details: NonNullable<GatewayState['details']>,
  service: ServiceView | null,
): Promise<Difference[]> {
  const [{ fingerprint }, { wantedNames }] = await Promise.all([
    import('../auth/fingerprint.ts'),
    import('../auth/environment.ts'),
  ])
  const { home, registry } = auth
  await home.askShell(wantedNames(registry))
  const { layout } = home
  const here: Standpoint = {
    version: VERSION,
    stateDir: layout.stateDir,
    config: layout.config,
    agentDir: layout.agentDir(home.pickAgent(undefined)),
    variables: fingerprint(home, registry, salt),
  }
  const there = { ...here, ...details, ...(state.version === undefined ? {} : { version: state.version }) }
  const isService = service?.manager != null && service.running && service.pid === state.pid
  const found = differences(here, there, {
    restart: isService ? 'openclaw gateway restart' : `kill ${state.pid ?? ''} && openclaw gateway`,
    ...(isService ? { install: ['openclaw gateway install --force', ...service.flags].join(' ') } : {}),
  })
  const own = configuredPort(auth)
  const { port } = details
  if (port !== undefined && port !== own) {
    const isSet = (home.system.env.OPENCLAW_GATEWAY_PORT ?? '') !== ''
    const remedy = isSet ? `export OPENCLAW_GATEWAY_PORT=${port}` : `openclaw config set gateway.port ${port}`
    found.push({ what: 'port', here: String(own), there: String(port), remedy })
  }
  if (service?.manager != null && service.pid !== undefined && state.pid !== undefined && !isService) {
    const remedy = `kill ${state.pid}`
    found.push({ what: 'process', here: `service, pid ${service.pid}`, there: `pid ${state.pid}`, remedy })
  }
  return found
}

function remedyFor({ state, url }: Shown, service: ServiceView | null): string | undefined {
  const isInstalled = service?.manager != null && service.installed
  switch (state) {
    case 'running':
    case 'unasked':
      return undefined
    case 'absent':
      return isInstalled ? 'openclaw gateway start' : 'openclaw gateway'
    case 'silent':
      return isInstalled ? 'openclaw gateway restart' : 'openclaw logs'
    case 'refused':
      return 'openclaw gateway token show'
    case 'foreign':
    case 'taken':
      return `openclaw config set gateway.port ${(portIn(url) % 65_535) + 1}`
  }
}
