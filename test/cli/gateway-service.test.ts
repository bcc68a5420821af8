// The gateway as a service: what the managers are told, by stand-ins for them that keep a record, and that no secret is ever among it.
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchAgent, systemdUnit, taskScript } from '../../src/core/service-unit.ts'
import { createFiles } from '../../src/system/files.ts'
import { findService, type ServicePlace } from '../../src/system/service.ts'
import { type Installation, install, openclaw, type Ran } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
let bin: string

/** A manager that notes what it is asked, and answers as the script says. */
async function standIn(name: string, script = ''): Promise<void> {
  const text = `#!/bin/sh\necho "${name} $*" >> '${place.dir}/asked'\n${script}\n`
  await writeFile(join(bin, name), text, { mode: 0o755 })
}
const asked = async (): Promise<string[]> =>
  (await readFile(join(place.dir, 'asked'), 'utf8').catch(() => '')).trim().split('\n')
const run = (...args: string[]): Promise<Ran> => openclaw(place, ['gateway', ...args])

const SYSTEMCTL = `case "$*" in
*show-environment*) exit 0 ;;
*' show '*) [ -f "$HOME/running" ] && printf 'ActiveState=active\\nMainPID=77\\n' || printf 'ActiveState=inactive\\nMainPID=0\\n' ;;
*restart*|*' start '*) touch "$HOME/running" ;;
*stop*|*disable*) rm -f "$HOME/running" ;;
esac`

beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({
    env: {
      ANTHROPIC_API_KEY: apiKey('aaaa'),
      OPENCLAW_GATEWAY_TOKEN: 'a-long-enough-token-of-mine',
      XDG_CONFIG_HOME: '',
      XDG_RUNTIME_DIR: '/run/user/1',
    },
  })
  bin = join(place.dir, 'bin')
  await mkdir(bin)
  place.env.PATH = `${bin}:${place.env.PATH}`
  delete place.env.XDG_CONFIG_HOME
})
afterEach(() => place.remove())

describe('systemd', () => {
  const unit = (): string => join(place.env.HOME ?? '', '.config/systemd/user/openclaw-gateway.service')
  beforeEach(async () => {
    await standIn('systemctl', SYSTEMCTL)
    await standIn('loginctl')
  })

  it('is installed, enabled and started, knows where the state is, and holds no secret', async () => {
    const ran = await run('install', '--port', '4000', '--json')
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true, manager: 'systemd', running: true, pid: 77, file: unit() })
    const text = await readFile(unit(), 'utf8')
    expect(text).toContain(`Environment="OPENCLAW_STATE_DIR=${place.state}"`)
    expect(text).toMatch(/^ExecStart="[^"]+" "[^"]+openclaw\.js" "gateway" "run" "--port" "4000"$/m)
    expect(text).not.toMatch(/sk-ant|token-of-mine|API_KEY|TOKEN/)
    const verbs = (await asked()).filter((line) => !line.includes('show'))
    expect(verbs.slice(0, 3)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable openclaw-gateway.service',
      'systemctl --user restart openclaw-gateway.service',
    ])
    expect(verbs[3]).toMatch(/^loginctl enable-linger /)
  })

  it('is not written twice unless that is asked for', async () => {
    await run('install')
    await writeFile(unit(), 'mine\n')
    const again = await run('install')
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toContain('Run: openclaw gateway install --force')
    expect(await readFile(unit(), 'utf8')).toBe('mine\n')
    expect((await run('install', '--force')).code).toBe(0)
    expect(await readFile(unit(), 'utf8')).toContain('[Service]')
  })

  it('is stopped, started, restarted and removed', async () => {
    await run('install')
    expect((await run('stop')).stdout).toContain('Not running.')
    expect((await run('start')).stdout).toContain('Running, pid 77.')
    expect((await run('restart')).stdout).toContain('Running, pid 77.')
    expect((await run('uninstall')).stdout).toContain('(removed)')
    await expect(stat(unit())).rejects.toThrow('ENOENT')
    for (const verb of ['start', 'stop', 'restart']) {
      expect(await run(verb)).toMatchObject({ code: 1, stderr: expect.stringContaining('openclaw gateway install') })
    }
    // Removing what is not there is done.
    expect((await run('uninstall')).code).toBe(0)
  })

  it('says what the manager said when it fails', async () => {
    await standIn(
      'systemctl',
      `case "$*" in *show-env*) exit 0 ;; *enable*) echo 'Unit is masked.' >&2; exit 1 ;; esac`,
    )
    const ran = await run('install')
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('Unit is masked.')
  })

  it('has a name of its own for another installation, and finds it by absolute paths', async () => {
    const ran = await openclaw(place, ['--profile', 'work', 'gateway', 'install', '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({ service: 'openclaw-gateway-work.service' })
    const env = {
      OPENCLAW_PROFILE: 'third',
      OPENCLAW_STATE_DIR: '../relative',
      OPENCLAW_AGENT_DIR: 'agent-dir',
      OPENCLAW_CONFIG_PATH: 'c.json',
      OPENCLAW_GATEWAY_PORT: '4001',
      XDG_CONFIG_HOME: '',
    }
    const third = await openclaw(place, ['gateway', 'install', '--json'], { env })
    const { service, file } = JSON.parse(third.stdout)
    expect(service).toBe('openclaw-gateway-third.service')
    expect(file).toBe(unit().replace('gateway.', 'gateway-third.'))
    const text = await readFile(file, 'utf8')
    for (const line of [
      `OPENCLAW_STATE_DIR=${join(place.dir, 'relative')}`,
      `OPENCLAW_AGENT_DIR=${join(place.cwd, 'agent-dir')}`,
      `OPENCLAW_CONFIG_PATH=${join(place.cwd, 'c.json')}`,
      'OPENCLAW_GATEWAY_PORT=4001',
    ]) {
      expect(text).toContain(`Environment="${line}"\n`)
    }
    expect(text).toContain('"--profile" "third" "gateway" "run"\n')
    expect(await readdir(place.cwd)).toEqual([])
  })

  it('takes no flag that it would ignore, and is not written through a link', async () => {
    const ran = await run('install', '--bind', 'lan')
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('takes no --bind') })
    expect((await run('status', '--password', 'x')).stderr).toContain('gateway status takes no --password')
    await mkdir(join(unit(), '..'), { recursive: true })
    await symlink(join(place.dir, 'nowhere'), unit())
    const linked = await run('install', '--force')
    expect(linked).toMatchObject({ code: 1, stderr: expect.stringContaining(`Run: ls -ld '${unit()}'`) })
  })

  it('of another installation is neither stopped nor replaced, and one whose config is broken is stopped', async () => {
    await run('install')
    const before = await readFile(unit(), 'utf8')
    const env = { OPENCLAW_STATE_DIR: join(place.dir, 'other') }
    for (const line of [['stop'], ['restart'], ['uninstall'], ['install', '--force']]) {
      const ran = await openclaw(place, ['gateway', ...line], { env })
      expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining(`serves ${place.state}`) })
    }
    expect(await readFile(unit(), 'utf8')).toBe(before)
    expect((await asked()).filter((line) => /stop|disable/.test(line))).toEqual([])
    await writeFile(join(place.state, 'openclaw.json'), '{ broken')
    expect((await run('stop')).stdout).toContain('Not running.')
  })
})

it('where no manager answers, nothing is written, and the way on is said', async () => {
  await standIn('systemctl', 'exit 1')
  const ran = await run('install')
  expect(ran).toMatchObject({ code: 1, stdout: '' })
  expect(ran.stderr).toContain('Run: openclaw gateway')
  await expect(stat(join(place.env.HOME ?? '', '.config'))).rejects.toThrow('ENOENT')
})

it('where systemd is not the first process and no bus is named, nobody is asked', async () => {
  await standIn('systemctl', SYSTEMCTL)
  const ran = await openclaw(place, ['gateway', 'status', '--json'], {
    env: { XDG_RUNTIME_DIR: '', DBUS_SESSION_BUS_ADDRESS: '' },
  })
  expect(JSON.parse(ran.stdout).service).toMatchObject({ manager: null })
  expect((await asked()).filter((line) => line.includes('--user'))).toEqual([])
})

describe('elsewhere', () => {
  const here = (platform: string): ServicePlace => ({
    files: createFiles({ pid: 1, randomBytes: () => new Uint8Array(6) }),
    platform,
    uid: 501,
    homeDir: place.env.HOME ?? '',
    configHome: undefined,
    stateDir: place.state,
    variables: { HOME: place.env.HOME ?? '', OPENCLAW_STATE_DIR: place.state },
    profile: undefined,
    flags: [],
  })
  const withPath = async (work: () => Promise<void>): Promise<void> => {
    const before = process.env.PATH
    process.env.PATH = place.env.PATH
    try {
      await work()
    } finally {
      process.env.PATH = before
    }
  }

  it('launchd is given an agent, and asked by its target', () =>
    withPath(async () => {
      await standIn('launchctl', `[ "$1" = print ] && echo '	pid = 88'; exit 0`)
      const service = await findService(here('darwin'))
      await service.act('install')
      expect(service.file).toBe(join(place.env.HOME ?? '', 'Library/LaunchAgents/ai.openclaw.gateway.plist'))
      expect(await readFile(service.file, 'utf8')).not.toContain('sk-ant')
      expect(await service.state()).toEqual({ installed: true, running: true, pid: 88 })
      await service.act('restart')
      expect(await asked()).toEqual([
        'launchctl bootout gui/501/ai.openclaw.gateway',
        `launchctl bootstrap gui/501 ${service.file}`,
        'launchctl print gui/501/ai.openclaw.gateway',
        'launchctl kickstart -k gui/501/ai.openclaw.gateway',
      ])
    }))

  it('Windows is given a task that runs a script', () =>
    withPath(async () => {
      await standIn('schtasks')
      const service = await findService(here('win32'))
      await service.act('install')
      expect(await readFile(service.file, 'utf8')).not.toContain('sk-ant')
      expect((await asked())[0]).toBe(
        `schtasks /Create /F /TN OpenClaw Gateway /SC ONLOGON /RL LIMITED /TR "${service.file}"`,
      )
    }))
})

describe('paths that would end a word, a line or a tag', () => {
  const spec = { command: ['/opt/my node/n', '/a"b\\c%d$e&<f>'], env: { HOME: '/h "x" %h $y & <z>' } }

  it('stay what they are in a unit', () => {
    const text = systemdUnit(spec)
    expect(text).toContain('ExecStart="/opt/my node/n" "/a\\"b\\\\c%%d$$e&<f>"\n')
    expect(text).toContain('Environment="HOME=/h \\"x\\" %%h $y & <z>"\n')
  })

  it('stay what they are in a property list', () => {
    const text = launchAgent('a', spec, '/log')
    expect(text).toContain('<string>/a&quot;b\\c%d$e&amp;&lt;f&gt;</string>')
  })

  it('stay what they are in a script', () => {
    expect(taskScript(spec)).toContain('set "HOME=/h "x" %%h $y & <z>"')
  })
})
