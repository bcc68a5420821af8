// The gateway as a service of this machine: a systemd unit of the user (of the machine, where the user has no manager), a launchd agent, or
// a Windows task.
import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AuthError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import {
  launchAgent,
  readDefinition,
  type ServiceManager,
  type ServiceSpec,
  systemdUnit,
  taskScript,
} from '../core/service-unit.ts'
import { codeOf, type Files } from './files.ts'

export type ServiceVerb = 'install' | 'uninstall' | 'start' | 'stop' | 'restart'

export type ServiceState = { installed: boolean; running: boolean; pid?: number }

export type Service = {
  /** By which the manager knows it. */
  name: string
  manager: ServiceManager
  /** Its definition. */
  file: string
  /** @throws AuthError service_failed, with what the manager said */
  act(verb: ServiceVerb): Promise<void>
  state(): Promise<ServiceState>
  /** What stands in its definition now; undefined when there is none. */
  found(): Promise<{ text: string; spec: ServiceSpec | undefined } | undefined>
  /** What an installation from here would write. @param flags behind `gateway run` */
  wanted(flags: readonly string[]): { text: string; spec: ServiceSpec }
  /** Writes the definition anew; what runs is started again with it, what rests goes on resting. @throws AuthError service_failed */
  rewrite(flags: readonly string[]): Promise<void>
}

export type ServicePlace = {
  files: Files
  platform: string
  uid: number
  /** Where the user's units are, when not below the home directory: absolute. */
  configHome: string | undefined
  homeDir: string
  stateDir: string
  /** By which the service finds the installation: absolute, and no secret among them. */
  variables: Readonly<Record<string, string>>
  /** Of `--profile`. */
  profile: string | undefined
  /** What the service is told beside where things are, such as `--port 4000`. */
  flags: readonly string[]
}

type Said = { code: number; text: string }

function run(program: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: 30_000, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ code, text: `${stdout}${stderr}`.trim() })
    })
  })
}

async function must(program: string, args: readonly string[]): Promise<Said> {
  const said = await run(program, args)
  if (said.code === 0) return said
  const line = [program, ...args].join(' ')
  throw new AuthError('service_failed', `\`${line}\` failed${said.text === '' ? '' : `: ${said.text}`}`, {
    remedy: line,
  })
}

/** The program as it runs now, without a secret: where its state is, and nothing else of this environment. */
function specOf({ variables, profile, platform }: ServicePlace, flags: readonly string[]): ServiceSpec {
  const path = platform === 'win32' ? {} : { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` }
  return {
    command: [
      process.execPath,
      resolve(process.argv[1] ?? ''),
      ...(profile === undefined ? [] : ['--profile', profile]),
      'gateway',
      'run',
      ...flags,
    ],
    env: { ...variables, ...path },
  }
}

/**
 * The service of this installation on this machine; nothing is changed yet.
 * @throws AuthError no_service_manager
 */
export async function findService(place: ServicePlace): Promise<Service> {
  if (place.platform === 'darwin') return withDefinition(place, launchd(place))
  if (place.platform === 'win32') return withDefinition(place, task(place))
  const mayAnswer = await reachable(place.files)
  if (mayAnswer.user && (await run('systemctl', ['--user', 'show-environment'])).code === 0) {
    return withDefinition(place, systemd(place, false))
  }
  if (mayAnswer.system && place.uid === 0 && (await run('systemctl', ['show-environment'])).code === 0) {
    return withDefinition(place, systemd(place, true))
  }
  throw new AuthError(
    'no_service_manager',
    'There is no service manager here that this user can reach (systemctl --user does not answer); the gateway can run in the foreground, under whatever keeps programs running here.',
    { remedy: 'openclaw gateway' },
  )
}

/**
 * Which manager systemctl could reach at all: where systemd is not the first process (sd_booted(3)) and no bus is named, as in a container, it
 * is not asked, for a process that hears nothing costs as much as the rest of `gateway status`.
 */
async function reachable(files: Files): Promise<{ user: boolean; system: boolean }> {
  const isSet = (name: string): boolean => (process.env[name] ?? '') !== ''
  const isBooted = await files.stat('/run/systemd/system').then(
    (found) => found !== undefined,
    // What cannot be looked at may be there.
    () => true,
  )
  return {
    user: isSet('XDG_RUNTIME_DIR') || isSet('DBUS_SESSION_BUS_ADDRESS'),
    system: isBooted || isSet('DBUS_SYSTEM_BUS_ADDRESS'),
  }
}

/** One kind of manager: what is told to it beside the definition. */
type Manager = Pick<Service, 'name' | 'manager' | 'file' | 'state'> & {
  /** Of a system-wide unit. */
  user?: string
  text(spec: ServiceSpec): string
  /** Makes it a service, once its definition is written. */
  enable(): Promise<void>
  /** Stops it and forgets it, before its definition is removed. */
  disable(): Promise<void>
  /** Says that the definition was removed or has changed. */
  tell?(): Promise<unknown>
  act(verb: 'start' | 'stop' | 'restart'): Promise<unknown>
  /** What runs is started again by its new definition. */
  again(): Promise<unknown>
}

function withDefinition(place: ServicePlace, manager: Manager): Service {
  const { files, stateDir } = place
  const { name, file, user, state } = manager
  const wanted: Service['wanted'] = (flags) => {
    const spec = { ...specOf(place, flags), ...(user === undefined ? {} : { user }) }
    return { text: manager.text(spec), spec }
  }
  const define = async (flags: readonly string[]): Promise<void> => {
    try {
      for (const folder of [stateDir, dirname(file)]) await files.makeDir(folder)
      await files.writeDurable(file, wanted(flags).text)
    } catch (error) {
      throw new AuthError('write_failed', `${file} could not be written (${codeOf(error)}).`, {
        remedy: `ls -ld ${quoted(file)}`,
        cause: error,
      })
    }
    await manager.tell?.()
  }
  return {
    name,
    manager: manager.manager,
    file,
    state,
    wanted,
    act: async (verb) => {
      if (verb === 'install') {
        await define(place.flags)
        await manager.enable()
      } else if (verb === 'uninstall') {
        await manager.disable()
        await files.remove(file)
        await manager.tell?.()
      } else await manager.act(verb)
    },
    found: async () => {
      const text = (await files.read(file))?.text
      return text === undefined ? undefined : { text, spec: readDefinition(manager.manager, text) }
    },
    rewrite: async (flags) => {
      const { running } = await state()
      await define(flags)
      if (running) await manager.again()
    },
  }
}

function systemd(place: ServicePlace, isSystem: boolean): Manager {
  const name = `openclaw-gateway${place.profile === undefined ? '' : `-${place.profile}`}.service`
  const folder = isSystem
    ? '/etc/systemd/system'
    : join(place.configHome ?? join(place.homeDir, '.config'), 'systemd/user')
  const file = join(folder, name)
  const scope = isSystem ? [] : ['--user']
  const user = userInfo().username
  const tell = (): Promise<Said> => must('systemctl', [...scope, 'daemon-reload'])
  const restart = (): Promise<Said> => must('systemctl', [...scope, 'restart', name])
  return {
    name,
    manager: isSystem ? 'systemd (system)' : 'systemd',
    file,
    ...(isSystem ? { user } : {}),
    text: systemdUnit,
    tell,
    enable: async () => {
      await must('systemctl', [...scope, 'enable', name])
      await restart()
      // Without it the service ends when the user logs out.
      if (!isSystem) await run('loginctl', ['enable-linger', user])
    },
    disable: async () => {
      await run('systemctl', [...scope, 'disable', '--now', name])
    },
    act: async (verb) => {
      // A definition that was put back from a copy is not known yet.
      if (verb !== 'stop') await tell()
      await must('systemctl', [...scope, verb, name])
    },
    again: restart,
    state: async () => {
      const installed = (await place.files.stat(file)) !== undefined
      const { text } = await run('systemctl', [...scope, 'show', name, '--property=ActiveState,MainPID'])
      const pid = Number(/^MainPID=(\d{1,10})$/m.exec(text)?.[1] ?? 0)
      return { installed, running: /^ActiveState=active$/m.test(text), ...(pid > 0 ? { pid } : {}) }
    },
  }
}

function launchd(place: ServicePlace): Manager {
  const label = `ai.openclaw.${place.profile ?? 'gateway'}`
  const file = join(place.homeDir, 'Library/LaunchAgents', `${label}.plist`)
  const domain = `gui/${place.uid}`
  const target = `${domain}/${label}`
  const load = (): Promise<Said> => must('launchctl', ['bootstrap', domain, file])
  const unload = (): Promise<Said> => run('launchctl', ['bootout', target])
  const again = async (): Promise<void> => {
    await unload()
    await load()
  }
  return {
    name: label,
    manager: 'launchd',
    file,
    text: (spec) => launchAgent(label, spec, join(place.stateDir, 'gateway.err.log')),
    enable: again,
    disable: async () => {
      await unload()
    },
    act: (verb) => {
      if (verb === 'start') return load()
      return must('launchctl', verb === 'stop' ? ['bootout', target] : ['kickstart', '-k', target])
    },
    again,
    state: async () => {
      const installed = (await place.files.stat(file)) !== undefined
      const { code, text } = await run('launchctl', ['print', target])
      const pid = Number(/^[\t ]{0,16}pid = (\d{1,10})$/m.exec(text)?.[1] ?? 0)
      return { installed, running: code === 0 && pid > 0, ...(pid > 0 ? { pid } : {}) }
    },
  }
}

function task(place: ServicePlace): Manager {
  const name = `OpenClaw Gateway${place.profile === undefined ? '' : ` (${place.profile})`}`
  const file = join(place.stateDir, 'gateway.cmd')
  const start = (): Promise<Said> => must('schtasks', ['/Run', '/TN', name])
  const end = (): Promise<Said> => run('schtasks', ['/End', '/TN', name])
  const act: Manager['act'] = async (verb) => {
    if (verb !== 'start') await end()
    if (verb !== 'stop') await start()
  }
  return {
    name,
    manager: 'task scheduler',
    file,
    text: taskScript,
    enable: async () => {
      await must('schtasks', ['/Create', '/F', '/TN', name, '/SC', 'ONLOGON', '/RL', 'LIMITED', '/TR', `"${file}"`])
      await start()
    },
    disable: async () => {
      await end()
      await run('schtasks', ['/Delete', '/F', '/TN', name])
    },
    act,
    again: () => act('restart'),
    state: async () => {
      const { code, text } = await run('schtasks', ['/Query', '/TN', name, '/FO', 'LIST'])
      return { installed: code === 0, running: /Running/.test(text) }
    },
  }
}
