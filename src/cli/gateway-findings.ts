// What doctor sees of the gateway: its service, its token, its port, and on demand whether the vendors can be reached from here.
import type { Auth } from '../auth/auth.ts'
import type { FaceRepairs } from '../auth/repair.ts'
import type { Difference } from '../core/difference.ts'
import type { Finding } from '../core/finding.ts'
import { quoted } from '../core/quoted.ts'
import { flagsOf, type ServiceSpec } from '../core/service-unit.ts'
import type { Service } from '../system/service.ts'
import { serviceOf, stateDirOf } from './commands/gateway-service.ts'
import { findOwn, type GatewayReport, gatewayReport } from './gateway-report.ts'
import type { Invocation } from './invocation.ts'

const GATEWAY_MS = 1000
const VENDOR_MS = 5000

/**
 * Asks the service manager and the port of this machine; vendors only with `deep`, and without any credential. Changes nothing.
 * @param auth of a config that could be read
 */
export async function gatewayFindings(
  invocation: Invocation,
  auth: Auth,
  options: { deep: boolean },
): Promise<Finding[]> {
  const service = await findOwn(invocation)
  const [report, token, vendors, ofService] = await Promise.all([
    gatewayReport(invocation, { timeout: GATEWAY_MS }, { service }),
    invocation.faces.troubleWithToken(auth),
    options.deep ? aboutVendors(auth) : [],
    service === undefined ? [] : aboutService(invocation, auth, service),
  ])
  return [
    ...ofService,
    ...aboutPort(report),
    ...token.map(
      ({ where, why, severity, remedy, isFile }): Finding => ({
        code: 'gateway_token',
        severity,
        file: where,
        message: `The secret of the gateway (${where}) ${why}.`,
        ...(remedy === undefined ? {} : { remedy }),
        ...(isFile ? { repair: { kind: 'gateway_token', path: where } } : {}),
      }),
    ),
    ...vendors,
  ]
}

/** What `--fix` does of these. */
export function faceRepairs(invocation: Invocation, auth: Auth): FaceRepairs {
  return {
    service: async () => {
      const service = await serviceOf(invocation)
      const spec = (await service.found())?.spec
      await service.rewrite(spec === undefined ? [] : flagsOf(spec))
    },
    gatewayToken: async () => {
      await invocation.faces.rotateToken(auth)
    },
  }
}

async function aboutService(invocation: Invocation, auth: Auth, service: Service): Promise<Finding[]> {
  const found = await service.found()
  if (found === undefined) return []
  const { file } = service
  const { spec } = found
  const base = { file, remedy: 'openclaw gateway install --force' } as const
  if (spec === undefined) {
    const message = `${file} was not written by gateway install; it is left alone, and what it starts is not known.`
    return [{ ...base, code: 'service_foreign', severity: 'note', message }]
  }
  const again = [base.remedy, ...flagsOf(spec)].join(' ')
  const wanted = service.wanted(flagsOf(spec))
  const repair = { kind: 'service', file, command: restart(invocation) } as const
  const gone = await missingOf(invocation, spec)
  if (gone !== undefined) {
    const message = `The service starts ${gone}, which does not exist any more; after the next restart of this machine no gateway runs.`
    return [{ code: 'service_program_gone', severity: 'error', file, message, remedy: again, repair }]
  }
  const stateDir = stateDirOf(invocation, spec)
  if (stateDir !== auth.home.layout.stateDir) {
    // Which of the two is meant, only the person knows.
    const message = `The service keeps its state in ${stateDir}, this shell in ${auth.home.layout.stateDir}: what is set up here, it does not see.`
    return [
      {
        code: 'service_state_dir',
        severity: 'error',
        file,
        message,
        remedy: `export OPENCLAW_STATE_DIR=${quoted(stateDir)}`,
      },
    ]
  }
  const other = differing(spec, wanted.spec)
  if (other.length > 0) {
    const message = `The service is not defined as gateway install would define it now (${other.join(', ')}).`
    return [{ code: 'service_drift', severity: 'warning', file, message, remedy: again, repair }]
  }
  if (found.text === wanted.text) return []
  const message = `${file} holds lines beside those of gateway install; they stay.`
  return [{ code: 'service_edited', severity: 'note', file, message }]
}

/** The command after which an old definition that was put back is in force again. */
function restart({ profile }: Invocation): string {
  return `openclaw${profile === undefined ? '' : ` --profile ${profile}`} gateway restart`
}

async function missingOf({ system }: Invocation, { command }: ServiceSpec): Promise<string | undefined> {
  for (const path of command.slice(0, 2)) if ((await system.files.stat(path)) === undefined) return path
  return undefined
}

/** What differs, by name; values of variables may be long. */
function differing(is: ServiceSpec, wanted: ServiceSpec): string[] {
  const names = [...new Set([...Object.keys(is.env), ...Object.keys(wanted.env)])]
  return [
    ...(is.command.join('\0') === wanted.command.join('\0') ? [] : ['what it starts']),
    ...(is.user === wanted.user ? [] : ['as whom']),
    ...names.filter((name) => is.env[name] !== wanted.env[name]),
  ]
}

function aboutPort(report: GatewayReport): Finding[] {
  const { state, url, remedy, why, service } = report
  const base = { ...(remedy === undefined ? {} : { remedy }) }
  switch (state) {
    case 'foreign':
    case 'taken':
      return [
        {
          ...base,
          code: 'port_taken',
          severity: 'error',
          message: `No gateway can start at ${url}: ${(why ?? '').replace(/\.$/, '')}.`,
        },
      ]
    case 'silent':
      return [{ ...base, code: 'gateway_silent', severity: 'warning', message: `Nothing answers in time at ${url}.` }]
    case 'refused':
      return [{ ...base, code: 'gateway_refused', severity: 'warning', message: `${why ?? url}` }]
    case 'absent': {
      if (service?.manager == null || !service.running) return []
      const message = `The service runs (pid ${service.pid ?? 'unknown'}), but no gateway answers at ${url}.`
      return [{ code: 'gateway_absent', severity: 'warning', message, remedy: 'openclaw logs' }]
    }
    default:
      return report.differences.map(findingOf)
  }
}

/** A key that only one of the two has may be meant so; where they look for keys may not differ. */
function findingOf({ what, name, here, there, remedy }: Difference): Finding {
  const message = `The gateway sees ${name ?? what.replaceAll('_', ' ')} otherwise than this shell: here ${here ?? 'not set'}, there ${there ?? 'not set'}.`
  return { code: `gateway_${what}`, severity: what === 'variable' ? 'note' : 'warning', message, remedy }
}

/** One connection to the address of every vendor that has a credential; nothing is asked, nothing is shown. */
async function aboutVendors(auth: Auth): Promise<Finding[]> {
  const { reach } = await import('../system/reach.ts')
  const view = await auth.view(auth.home.pickAgent(undefined))
  const { config, providers } = view.facts()
  const origins = new Map<string, string>()
  for (const { provider, candidates } of providers.values()) {
    const settings = config.providers.get(provider)
    const baseUrl = settings?.baseUrl ?? auth.registry.find(provider, settings)?.baseUrl
    if (baseUrl === undefined || !candidates.some(({ secret }) => secret !== undefined)) continue
    origins.set(new URL(baseUrl).origin, provider)
  }
  const seen = await Promise.all(
    [...origins].map(async ([origin, provider]): Promise<Finding[]> => {
      const { state, why } = await reach(origin, VENDOR_MS)
      if (state === 'open') return []
      const how = state === 'refused' ? 'shows no certificate that is trusted here' : 'cannot be reached from here'
      const message = `${provider}: ${origin} ${how} (${why ?? 'no answer in time'}).`
      return [{ code: 'unreachable', severity: 'error', message, remedy: `curl -sSI ${origin}` }]
    }),
  )
  return seen.flat()
}
