// The scripts that watch over logins (scripts/ops), run by a real shell in a home of their own.
import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { apiKey, setupToken } from '../cli/secrets.ts'
import { type Installation, install, type Plan, PROGRAM, ROOT } from '../support/installation.ts'
import { build } from '../support/program.ts'

const HOUR_MS = 3_600_000
const OPS = join(ROOT, 'scripts/ops')

let place: Installation
let home: string

/** A home whose `openclaw` is the built one, or is not there at all. */
async function set(plan: Plan = {}, withProgram = true): Promise<void> {
  await place?.remove()
  place = await install(plan)
  home = place.env.HOME ?? ''
  const bin = join(place.dir, 'bin')
  await mkdir(bin)
  if (withProgram) {
    await writeFile(join(bin, 'openclaw'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, { mode: 0o755 })
  }
  place.env.PATH = [bin, join(process.execPath, '..'), '/usr/bin', '/bin'].join(':')
}

async function loginOfClaude(login: object): Promise<void> {
  await mkdir(join(home, '.claude'), { recursive: true })
  await writeFile(join(home, '.claude/.credentials.json'), JSON.stringify({ claudeAiOauth: login }))
}

function run(script: string, args: string[] = [], env: Record<string, string> = {}): Promise<[number, string, string]> {
  return new Promise((resolve) => {
    const options = { env: { ...place.env, ...env }, cwd: place.cwd }
    execFile('bash', [join(OPS, script), ...args], options, (error, stdout, stderr) =>
      resolve([typeof error?.code === 'number' ? error.code : 0, stdout, stderr]),
    )
  })
}

beforeAll(build, 60_000)
beforeEach(() => set())
afterEach(() => place.remove())

describe('claude-auth-status.sh', () => {
  const token = (end: string, hours?: number): object => ({
    id: `anthropic:${end}`,
    token: setupToken(end),
    ...(hours === undefined ? {} : { expires: Date.now() + hours * HOUR_MS }),
  })
  const cases: [what: string, plan: Plan, word: string, code: number][] = [
    ['nothing at all', {}, 'OPENCLAW_EXPIRED', 1],
    ['a key', { profiles: [{ id: 'anthropic:a', key: apiKey('aaaa') }] }, 'OK', 0],
    ['a key in the environment', { env: { ANTHROPIC_API_KEY: apiKey('aaaa') } }, 'OK', 0],
    ['a token that lasts', { profiles: [token('aaaa', 5)] as never }, 'OK', 0],
    ['a token without an end', { profiles: [token('aaaa')] as never }, 'OK', 0],
    ['a token that ends soon', { profiles: [token('aaaa', 0.5)] as never }, 'OPENCLAW_EXPIRING', 2],
    ['a token that has ended', { profiles: [token('aaaa', -1)] as never }, 'OPENCLAW_EXPIRED', 1],
    ['one that ended beside one that lasts', { profiles: [token('aaaa', -1), token('bbbb', 9)] as never }, 'OK', 0],
  ]
  it.each(cases)('%s', async (_what, plan, word, code) => {
    await set(plan)
    expect(await run('claude-auth-status.sh', ['simple'])).toEqual([code, `${word}\n`, ''])
    // Without the command the files say the same, as far as they know: the environment is not in them.
    if (plan.env !== undefined) return
    await set(plan, false)
    expect(await run('claude-auth-status.sh', ['simple'], { PATH: place.env.PATH ?? '' })).toEqual([
      code,
      `${word}\n`,
      '',
    ])
  })

  it('tells of the login of Claude Code, which renews itself where it can', async () => {
    await set({ profiles: [{ id: 'anthropic:a', key: apiKey('aaaa') }] })
    await loginOfClaude({ accessToken: setupToken('cccc'), expiresAt: Date.now() - HOUR_MS })
    expect((await run('claude-auth-status.sh', ['simple']))[1]).toBe('CLAUDE_EXPIRED\n')
    await loginOfClaude({ accessToken: setupToken('cccc'), refreshToken: 'r', expiresAt: Date.now() - HOUR_MS })
    const [code, text] = await run('claude-auth-status.sh')
    expect([code, text]).toEqual([0, 'Claude Code OK: renews itself\nOpenClaw    OK: static\n'])
  })

  it('reads a report of any length', async () => {
    const script = `#!/bin/sh\nprintf '{"auth":{"oauth":{"profiles":[]},"providers":[{"provider":"anthropic","env":{}}]},"pad":"'\nhead -c 300000 /dev/zero | tr '\\0' x\nprintf '"}'\n`
    await writeFile(join(place.dir, 'bin/openclaw'), script, { mode: 0o755 })
    expect(await run('claude-auth-status.sh', ['simple'])).toEqual([0, 'OK\n', ''])
  })

  it('is one line of JSON for scripts, without a secret, and never fails', async () => {
    await set({ profiles: [token('aaaa', -1)] as never })
    const [code, text] = await run('claude-auth-status.sh', ['json'])
    expect(code).toBe(0)
    expect(JSON.parse(text)).toMatchObject({ openclaw: { status: 'EXPIRED' }, needs_reauth: true })
    expect(text).not.toContain('sk-ant')
  })
})

describe('auth-monitor.sh', () => {
  type Notice = { title: string | undefined; text: string }
  async function topic(): Promise<{ url: string; notices: Notice[] }> {
    const notices: Notice[] = []
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
      request.on('end', () => {
        notices.push({ title: request.headers.title as string | undefined, text })
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logins`, notices }
  }
  const expiring: Plan = {
    profiles: [{ id: 'anthropic:a', token: setupToken('aaaa'), expires: Date.now() + HOUR_MS }],
  }

  it('is silent when all is well', async () => {
    await set({ profiles: [{ id: 'anthropic:a', key: apiKey('aaaa') }] })
    const { url, notices } = await topic()
    expect(await run('auth-monitor.sh', [], { NOTIFY_NTFY: url })).toEqual([0, '', ''])
    expect(notices).toEqual([])
  })

  it.skipIf(!has('curl'))('says it once an hour, whatever the timer does', async () => {
    await set(expiring)
    const { url, notices } = await topic()
    for (let turn = 0; turn < 3; turn++) expect((await run('auth-monitor.sh', [], { NOTIFY_NTFY: url }))[0]).toBe(0)
    expect(notices.map(({ title }) => title)).toEqual(['OpenClaw login ends soon'])
    expect(notices[0]?.text).not.toContain('sk-ant')
    const memory = join(place.state, 'auth-monitor-state')
    expect((await stat(memory)).mode & 0o777).toBe(0o600)
    await writeFile(memory, `${Math.floor(Date.now() / 1000) - 3601}\n`)
    await run('auth-monitor.sh', [], { NOTIFY_NTFY: url })
    // A clock that was set back: the memory lies ahead.
    await writeFile(memory, `${Math.floor(Date.now() / 1000) + 86_400}\n`)
    await run('auth-monitor.sh', [], { NOTIFY_NTFY: url })
    expect(notices).toHaveLength(3)
  })

  it('ends with 1 when nothing is left', async () => {
    expect((await run('auth-monitor.sh'))[0]).toBe(1)
  })

  it('refuses a number of hours that is none', async () => {
    expect(await run('auth-monitor.sh', [], { WARN_HOURS: 'soon; true' })).toMatchObject({ 0: 1, 1: '' })
  })
})

describe('setup-auth-system.sh', () => {
  it('installs for this user alone, twice the same, keeps other settings, and goes without a trace', async () => {
    const settings = join(home, '.config/openclaw/auth-monitor.env')
    await mkdir(join(settings, '..'), { recursive: true })
    await writeFile(settings, 'MINE=1\nWARN_HOURS=9\n')
    const args = ['--ntfy', 'my-topic', '--warn-hours', '3']
    expect((await run('setup-auth-system.sh', args))[0]).toBe(0)
    const once = await readFile(settings, 'utf8')
    expect(once).toContain('MINE=1\n')
    expect(once).toContain('NOTIFY_NTFY=my-topic\n')
    expect(once).toContain('WARN_HOURS=3\n')
    expect(once).not.toContain('WARN_HOURS=9')
    await run('setup-auth-system.sh', args)
    expect((await readFile(settings, 'utf8')).split('\n').sort()).toEqual(once.split('\n').sort())
    const installed = join(home, '.local/share/openclaw/ops/auth-monitor.sh')
    expect((await stat(installed)).mode & 0o111).not.toBe(0)
    for (const unit of ['service', 'timer']) {
      const text = await readFile(join(home, `.config/systemd/user/openclaw-auth-monitor.${unit}`), 'utf8')
      expect(text).not.toMatch(/\/home\/|\/root\/|sk-/)
    }
    expect((await run('setup-auth-system.sh', ['--uninstall']))[0]).toBe(0)
    await expect(stat(installed)).rejects.toThrow('ENOENT')
    expect(await readFile(settings, 'utf8')).toContain('MINE=1')
  })

  it.each([[['--ntfy', 'a b']], [['--warn-hours', 'x']], [['--what']], [['--ntfy']]])(
    'refuses %j and does nothing',
    async (args) => {
      expect(await run('setup-auth-system.sh', args)).toMatchObject({ 0: 1, 1: '' })
      await expect(stat(join(home, '.local'))).rejects.toThrow('ENOENT')
    },
  )
})

describe('the widgets', () => {
  it('ask the host that was named, and begin a new login when the old one has ended', async () => {
    const ssh = join(place.dir, 'bin/ssh')
    await writeFile(ssh, `#!/bin/sh\necho "$@" >> '${place.dir}/asked'\necho OPENCLAW_EXPIRED\nexit 1\n`)
    await chmod(ssh, 0o755)
    await run('termux-quick-auth.sh', [], { OPENCLAW_SERVER: 'gate' })
    const asked = (await readFile(join(place.dir, 'asked'), 'utf8')).trim().split('\n')
    expect(asked[0]).toMatch(/gate \.local\/share\/openclaw\/ops\/claude-auth-status\.sh simple$/)
    expect(asked[1]).toBe('-t gate .local/share/openclaw/ops/mobile-reauth.sh')
  })

  it.each(['termux-quick-auth.sh', 'termux-auth-widget.sh'])('%s says which variable it misses', async (script) => {
    const [code, , complaint] = await run(script)
    expect([code, complaint]).toEqual([1, expect.stringContaining('OPENCLAW_SERVER')])
  })
})

it.skipIf(!has('shellcheck'))('shellcheck has nothing to say of any of them', () => {
  expect(execFileSync('sh', ['-c', `shellcheck '${OPS}'/*.sh '${ROOT}/.ci/run'`]).toString()).toBe('')
})

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}
