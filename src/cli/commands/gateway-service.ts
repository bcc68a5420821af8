// `gateway install`, `start`, `stop`, `restart`, `uninstall`: the gateway as a service of this machine.
import type { Command } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { ServiceSpec } from '../../core/service-unit.ts'
import { createLayout, type Layout, profileOf, variablesFor, xdgPath } from '../../store/layout.ts'
import type { Service, ServiceState, ServiceVerb } from '../../system/service.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

type Flags = CommonFlags & { port?: number; force?: boolean }

const SUMMARY: Record<ServiceVerb, string> = {
  install: 'make it a service that starts with this machine, and start it',
  uninstall: 'stop the service and remove it; keys and conversations stay',
  start: 'start the service',
  stop: 'stop the service, until it is started again',
  restart: 'stop it, and start it again',
}

const EXAMPLE: Readonly<Record<Exclude<ServiceVerb, 'install'>, string>> = {
  uninstall: 'install brings it back',
  start: 'also when it runs already',
  stop: 'start goes on',
  restart: 'after an update; changed keys and settings need none',
}

/** The verbs as subcommands of `gateway`. @param port reads a port, as `gateway run` does */
export function defineService(parent: Command, invocation: () => Invocation, port: (text: string) => number): void {
  for (const verb of Object.keys(SUMMARY) as ServiceVerb[]) {
    const command = parent.command(verb).description(SUMMARY[verb]).option('--json', 'what was done, as JSON')
    if (verb !== 'install') command.addHelpText('after', examples([[`openclaw gateway ${verb}`, EXAMPLE[verb]]]))
    else {
      command
        .option('--port <number>', 'where it listens (default: as environment and config say)', port)
        .option('--force', 'write the definition anew although it was changed by hand')
        .addHelpText(
          'after',
          examples([
            ['openclaw gateway install', 'a systemd user unit, a launchd agent or a Windows task'],
            ['openclaw gateway restart', 'after an update; changed keys and settings need none'],
          ]),
        )
    }
    command.action((_flags: unknown, self: Command) => act(invocation(), verb, self.optsWithGlobals<Flags>()))
  }
}

/** The service of this installation. @throws AuthError no_service_manager */
export async function serviceOf(invocation: Invocation, flags: readonly string[] = []): Promise<Service> {
  const { files, platform, uid, homeDir, env } = invocation.system
  const { findService } = await import('../../system/service.ts')
  const layout = layoutOf(invocation)
  return findService({
    files,
    platform,
    uid,
    homeDir,
    configHome: xdgPath(env.XDG_CONFIG_HOME),
    stateDir: layout.stateDir,
    variables: variablesFor(layout, { env }),
    profile: profileOf({ env, ...named(invocation) }),
    flags,
  })
}

/** Where everything is, whether the config can be read or not: a service is stopped in any case. */
function layoutOf(invocation: Invocation, env = invocation.system.env): Layout {
  const { homeDir, workingDir } = invocation.system
  return createLayout({ env, homeDir, workingDir, ...named(invocation) }, () => undefined)
}

function named({ profile }: Invocation): { profile?: string } {
  return profile === undefined ? {} : { profile }
}

/** Where a service keeps its state, as its definition says. */
export function stateDirOf(invocation: Invocation, { env }: ServiceSpec): string {
  return layoutOf(invocation, env).stateDir
}

/** A service of the same name may be that of another installation. @throws AuthError usage */
async function refuseOthers(invocation: Invocation, service: Service): Promise<void> {
  const spec = (await service.found())?.spec
  const ours = layoutOf(invocation).stateDir
  const theirs = spec === undefined ? ours : stateDirOf(invocation, spec)
  if (theirs === ours) return
  throw new AuthError(
    'usage',
    `${service.name} (${service.file}) serves ${theirs}, and this shell means ${ours}. Nothing was changed.`,
    { remedy: `OPENCLAW_STATE_DIR=${quoted(theirs)} openclaw gateway status` },
  )
}

/**
 * Makes sure that the service is there and runs with what the files say now.
 * @throws AuthError no_service_manager, service_failed
 */
export async function ensureService(invocation: Invocation): Promise<{ service: Service; state: ServiceState }> {
  const service = await serviceOf(invocation)
  await refuseOthers(invocation, service)
  const { installed } = await service.state()
  await service.act(installed ? 'restart' : 'install')
  return { service, state: await service.state() }
}

async function act(invocation: Invocation, verb: ServiceVerb, flags: Flags): Promise<void> {
  const { terminal } = invocation
  // Whatever is wrong with the config is said before a service stumbles over it again and again.
  if (verb === 'install') await invocation.auth()
  const port = flags.port ?? invocation.gatewayPort
  const service = await serviceOf(invocation, port === undefined ? [] : ['--port', String(port)])
  await refuseOthers(invocation, service)
  const before = await service.state()
  if (verb !== 'install' && !before.installed) {
    if (verb !== 'uninstall') {
      throw new AuthError('usage', `There is no service ${service.name} (${service.file}).`, {
        remedy: 'openclaw gateway install',
      })
    }
  } else if (verb === 'install' && before.installed && flags.force !== true) {
    throw new AuthError('usage', `${service.file} is there already; nothing was changed.`, {
      remedy: 'openclaw gateway install --force',
    })
  } else await service.act(verb)
  const after = await service.state()
  if (flags.json === true) {
    const { name, manager, file } = service
    return terminal.json({ ok: true, action: verb, service: name, manager, file, ...after })
  }
  terminal.out(`${service.manager}: ${service.name}\nDefinition: ${service.file}${after.installed ? '' : ' (removed)'}`)
  terminal.out(after.running ? `Running${after.pid === undefined ? '' : `, pid ${after.pid}`}.` : 'Not running.')
  if (verb === 'install') {
    const { stateDir, dotenv } = layoutOf(invocation)
    terminal.note(
      `Keys are read from ${stateDir}: stored profiles, and ${dotenv}. Keys exported in this shell alone are not seen by the service.`,
    )
  }
}
