// The gateway as a service of this machine: a systemd unit of the user (of the machine, where the user has no manager), a launchd agent, or
// a Windows task.
import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { AuthError } from '../core/errors.ts'
import { launchAgent, type ServiceSpec, systemdUnit, taskScript } from '../core/service-unit.ts'
import type { Files } from './files.ts'

export type ServiceVerb = 'install' | 'uninstall' | 'start' | 'stop' | 'restart'

export type ServiceState = { installed: boolean; running: boolean; pid?: number }

export type Service = {
  /** By which the manager knows it. */
  name: string
  manager: 'systemd' | 'systemd (system)' | 'launchd' | 'task scheduler'
  /** Its definition. */
  file: string
  /** @throws AuthError service_failed, with what the manager said */
  act(verb: ServiceVerb): Promise<void>
  state(): Promise<ServiceState>
}

export type ServicePlace = {
  files: Files
  platform: string
  uid: number
  homeDir: string
  env: Readonly<Record<string, string | undefined>>
  stateDir: string
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
function specOf({ env, flags, profile, platform }: ServicePlace): ServiceSpec {
  const kept = ['OPENCLAW_STATE_DIR', 'OPENCLAW_CONFIG_PATH', 'OPENCLAW_HOME', 'HOME', 'USERPROFILE']
  const places = kept.flatMap((name) => {
    const value = env[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  const path =
    platform === 'win32' ? [] : [['PATH', `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`] as const]
  return {
    command: [
      process.execPath,
      process.argv[1] ?? '',
      ...(profile === undefined ? [] : ['--profile', profile]),
      'gateway',
      'run',
      ...flags,
    ],
    env: Object.fromEntries([...places, ...path]),
  }
}

/**
 * The service of this installation on this machine; nothing is changed yet.
 * @throws AuthError no_service_manager
 */
export async function findService(place: ServicePlace): Promise<Service> {
  if (place.platform === 'darwin') return launchd(place)
  if (place.platform === 'win32') return task(place)
  if ((await run('systemctl', ['--user', 'show-environment'])).code === 0) return systemd(place, false)
  if (place.uid === 0 && (await run('systemctl', ['show-environment'])).code === 0) return systemd(place, true)
  throw new AuthError(
    'no_service_manager',
    'There is no service manager here that this user can reach (systemctl --user does not answer); the gateway can run in the foreground, under whatever keeps programs running here.',
    { remedy: 'openclaw gateway' },
  )
}

function systemd(place: ServicePlace, isSystem: boolean): Service {
  const name = `openclaw-gateway${place.profile === undefined ? '' : `-${place.profile}`}.service`
  const folder = isSystem
    ? '/etc/systemd/system'
    : join(place.env.XDG_CONFIG_HOME ?? join(place.homeDir, '.config'), 'systemd/user')
  const file = join(folder, name)
  const scope = isSystem ? [] : ['--user']
  const user = userInfo().username
  return {
    name,
    manager: isSystem ? 'systemd (system)' : 'systemd',
    file,
    act: async (verb) => {
      if (verb === 'install') {
        await place.files.makeDir(folder)
        await place.files.writeDurable(file, systemdUnit({ ...specOf(place), ...(isSystem ? { user } : {}) }))
        await must('systemctl', [...scope, 'daemon-reload'])
        await must('systemctl', [...scope, 'enable', name])
        await must('systemctl', [...scope, 'restart', name])
        // Without it the service ends when the user logs out.
        if (!isSystem) await run('loginctl', ['enable-linger', user])
      } else if (verb === 'uninstall') {
        await run('systemctl', [...scope, 'disable', '--now', name])
        await place.files.remove(file)
        await run('systemctl', [...scope, 'daemon-reload'])
      } else await must('systemctl', [...scope, verb, name])
    },
    state: async () => {
      const installed = (await place.files.stat(file)) !== undefined
      const { text } = await run('systemctl', [...scope, 'show', name, '--property=ActiveState,MainPID'])
      const pid = Number(/^MainPID=(\d{1,10})$/m.exec(text)?.[1] ?? 0)
      return { installed, running: /^ActiveState=active$/m.test(text), ...(pid > 0 ? { pid } : {}) }
    },
  }
}

function launchd(place: ServicePlace): Service {
  const label = `ai.openclaw.${place.profile ?? 'gateway'}`
  const file = join(place.homeDir, 'Library/LaunchAgents', `${label}.plist`)
  const domain = `gui/${place.uid}`
  const target = `${domain}/${label}`
  const load = (): Promise<Said> => must('launchctl', ['bootstrap', domain, file])
  const unload = (): Promise<Said> => run('launchctl', ['bootout', target])
  return {
    name: label,
    manager: 'launchd',
    file,
    act: async (verb) => {
      if (verb === 'install') {
        const log = join(place.stateDir, 'gateway.err.log')
        await place.files.makeDir(place.stateDir)
        await place.files.makeDir(dirname(file))
        await place.files.writeDurable(file, launchAgent(label, specOf(place), log))
        await unload()
        await load()
      } else if (verb === 'uninstall') {
        await unload()
        await place.files.remove(file)
      } else if (verb === 'start') await load()
      else if (verb === 'stop') await must('launchctl', ['bootout', target])
      else await must('launchctl', ['kickstart', '-k', target])
    },
    state: async () => {
      const installed = (await place.files.stat(file)) !== undefined
      const { code, text } = await run('launchctl', ['print', target])
      const pid = Number(/^[\t ]{0,16}pid = (\d{1,10})$/m.exec(text)?.[1] ?? 0)
      return { installed, running: code === 0 && pid > 0, ...(pid > 0 ? { pid } : {}) }
    },
  }
}

function task(place: ServicePlace): Service {
  const name = `OpenClaw Gateway${place.profile === undefined ? '' : ` (${place.profile})`}`
  const file = join(place.stateDir, 'gateway.cmd')
  return {
    name,
    manager: 'task scheduler',
    file,
    act: async (verb) => {
      if (verb === 'install') {
        await place.files.makeDir(place.stateDir)
        await place.files.writeDurable(file, taskScript(specOf(place)))
        await must('schtasks', ['/Create', '/F', '/TN', name, '/SC', 'ONLOGON', '/RL', 'LIMITED', '/TR', `"${file}"`])
        await must('schtasks', ['/Run', '/TN', name])
      } else if (verb === 'uninstall') {
        await run('schtasks', ['/End', '/TN', name])
        await run('schtasks', ['/Delete', '/F', '/TN', name])
        await place.files.remove(file)
      } else {
        if (verb !== 'start') await run('schtasks', ['/End', '/TN', name])
        if (verb !== 'stop') await must('schtasks', ['/Run', '/TN', name])
      }
    },
    state: async () => {
      const { code, text } = await run('schtasks', ['/Query', '/TN', name, '/FO', 'LIST'])
      return { installed: code === 0, running: /Running/.test(text) }
    },
  }
}
