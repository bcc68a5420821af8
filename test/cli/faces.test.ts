// The commands that reach the gateway: a turn with and without one, methods, the token's file, and how a gateway starts and stops.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, openclaw, PROGRAM } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'

const KEY = `sk-ant-api03-${'z'.repeat(70)}good`

let place: Installation
let sandbox: Sandbox
beforeAll(build, 60_000)
beforeEach(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'mine', vendor: 'anthropic', key: KEY }] })
  place = await install({
    config: { models: { providers: { anthropic: { baseUrl: sandbox.baseUrl('anthropic') } } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
    // A port nobody listens on, so that no gateway of this machine is met by chance.
    env: { OPENCLAW_GATEWAY_PORT: '1' },
  })
})
afterEach(async () => {
  await sandbox.close()
  await place.remove()
})

describe('agent', () => {
  it('does a turn without a gateway and prints the answer alone', async () => {
    const ran = await openclaw(place, ['agent', '--message', 'hello there'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toMatch(/^Sandbox answer: [^\n]*hello there[^\n]*\n$/)
  })

  it('names in JSON who served, and how', async () => {
    const ran = await openclaw(place, ['agent', '--message', 'hi', '--json', '--session-id', 'mine'])
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: true,
      agentId: 'main',
      sessionKey: 'agent:main:mine',
      servedBy: 'anthropic:default',
      model: 'anthropic/claude-opus-4-6',
      attempts: 1,
      via: 'local',
    })
    const again = await openclaw(place, ['models', 'explain', '--session', 'mine'])
    expect(again.stdout).toContain('Session: agent:main:mine (used anthropic:default last)')
  })

  it('reads the message from a pipe', async () => {
    const ran = await openclaw(place, ['agent', '--message', '-'], { input: 'from a pipe' })
    expect(ran.stdout).toContain('from a pipe')
  })

  it('exits 1 with the reason when nobody answers', async () => {
    sandbox.setFaults([{ preset: 'invalid-key' }])
    const text = transcript(place, await openclaw(place, ['agent', '--message', 'hi']))
    expect(text).toMatch(/^--- stderr\nError: [^\n]*anthropic:default[^\n]*\n {2}Run: openclaw [^\n]+\n--- exit 1\n$/)
    const json = await openclaw(place, ['agent', '--message', 'hi', '--json'])
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, exitCode: 1 })
  })
})

describe('gateway', () => {
  const start = async (
    ...flags: string[]
  ): Promise<{
    url: string
    banner: () => string
    log: () => string
    stop: (signal?: NodeJS.Signals) => Promise<number | null>
  }> => {
    const child = spawn(process.execPath, [PROGRAM, 'gateway', 'run', '--port', '0', ...flags], {
      env: place.env,
      cwd: place.cwd,
    })
    let text = ''
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString()
    })
    let log = ''
    child.stderr.on('data', (piece: Buffer) => {
      log += piece.toString()
    })
    let url: string | undefined
    while (url === undefined) {
      await Promise.race([
        once(child.stdout, 'data'),
        once(child, 'exit').then(() => Promise.reject(new Error('ended'))),
      ])
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0]
    }
    const ended = once(child, 'exit')
    return {
      url,
      banner: () => text,
      log: () => log,
      stop: async (signal = 'SIGTERM') => {
        child.kill(signal)
        const [code] = await ended
        return code as number | null
      },
    }
  }

  it('runs until a signal and then ends with 0; its methods and its token are at hand meanwhile', async () => {
    const gateway = await start()
    try {
      const health = await openclaw(place, ['gateway', 'call', 'health', '--url', gateway.url])
      expect(health).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(health.stdout)).toMatchObject({ ok: true })
      expect((await openclaw(place, ['gateway', 'status', '--url', gateway.url])).code).toBe(0)
      const port = new URL(gateway.url).port
      const turn = await openclaw(place, ['agent', '--message', 'hi', '--json'], {
        env: { OPENCLAW_GATEWAY_PORT: port },
      })
      expect(JSON.parse(turn.stdout)).toMatchObject({ ok: true, via: 'gateway', servedBy: 'anthropic:default' })

      const path = `${place.state}/gateway.token`
      const token = (await readFile(path, 'utf8')).trim()
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect(gateway.banner()).not.toContain(token)
      const shown = comparable(place, transcript(place, await openclaw(place, ['gateway', 'token'])))
      expect(shown).toBe(
        `Token file: $STATE/gateway.token\nToken: kcg_…${token.slice(-4)}\n--- stderr\nTo read it: cat '$STATE/gateway.token'\n--- exit 0\n`,
      )
      const rotated = await openclaw(place, ['gateway', 'token', 'rotate', '--json'])
      const fresh = (await readFile(path, 'utf8')).trim()
      expect(fresh).not.toBe(token)
      expect(JSON.parse(rotated.stdout)).toEqual({ ok: true, path, token: `kcg_…${fresh.slice(-4)}` })
    } finally {
      expect(await gateway.stop()).toBe(0)
    }
  })

  it('says in one line what each call was, when it is asked to, and goes in order when its terminal does', async () => {
    const gateway = await start('--verbose')
    const env = { OPENCLAW_GATEWAY_PORT: new URL(gateway.url).port }
    await openclaw(place, ['agent', '--message', 'nobody reads this'], { env })
    const token = (await readFile(`${place.state}/gateway.token`, 'utf8')).trim()
    const body = JSON.stringify({
      model: 'anthropic/claude-opus-4-6',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'nor this' }],
    })
    await (
      await fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body })
    ).text()
    expect(await gateway.stop('SIGHUP')).toBe(0)
    const lines = gateway
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { message: 'a call', route: 'chat.send', profile: 'anthropic:default', outcome: 'final', ms: expect.any(Number) },
      {
        message: 'a call',
        route: '/v1/messages',
        profile: 'anthropic:default',
        status: 200,
        outcome: 'served',
        ms: expect.any(Number),
      },
    ])
    expect(gateway.log()).not.toMatch(/nobody|nor this|kcg_|sk-ant/)
  })

  it('that does not know our token is named, with what helps, and the turn is done without it', async () => {
    const gateway = await start()
    try {
      const env = { OPENCLAW_GATEWAY_PORT: new URL(gateway.url).port, OPENCLAW_GATEWAY_TOKEN: 'of-another-gateway' }
      const ran = await openclaw(place, ['agent', '--message', 'hi', '--json'], { env })
      expect(JSON.parse(ran.stdout)).toMatchObject({ via: 'local' })
      expect(ran.stderr).toContain(`Warning: The gateway at ${gateway.url} refused: `)
      expect(ran.stderr).toContain('\n  Run: openclaw gateway token show\n')
    } finally {
      await gateway.stop()
    }
  })

  it.each(['gateway', 'local'])('has its turn stopped by Ctrl-C of the one who asked (%s)', async (via) => {
    await sandbox.close()
    sandbox = await startSandbox({
      accounts: [{ name: 'mine', vendor: 'anthropic', key: KEY }],
      tokenDelayMs: 20,
      words: 2000,
    })
    const config = { models: { providers: { anthropic: { baseUrl: sandbox.baseUrl('anthropic') } } } }
    await writeFile(`${place.state}/openclaw.json`, JSON.stringify(config))
    const gateway = via === 'gateway' ? await start() : undefined
    try {
      const port = gateway === undefined ? '1' : new URL(gateway.url).port
      const child = spawn(process.execPath, [PROGRAM, 'agent', '--message', 'talk'], {
        cwd: place.cwd,
        env: { ...place.env, OPENCLAW_GATEWAY_PORT: port },
      })
      await once(child.stdout, 'data')
      child.kill('SIGINT')
      expect((await once(child, 'exit'))[0]).toBe(130)
      await expect.poll(() => sandbox.requests().map(({ aborted }) => aborted)).toEqual([true])
      const [name] = (await readdir(`${place.state}/agents/main/sessions`)).filter((file) => file.endsWith('.jsonl'))
      expect(await readFile(`${place.state}/agents/main/sessions/${name}`, 'utf8')).toContain(
        '[stopped here by the user]',
      )
    } finally {
      await gateway?.stop()
    }
  })

  it('says where the token will be before there is one, and makes none', async () => {
    expect(transcript(place, await openclaw(place, ['gateway', 'token', 'show']))).toBe(
      'Token file: $STATE/gateway.token\nToken: (made at the first start of the gateway)\n--- exit 0\n',
    )
    await expect(stat(`${place.state}/gateway.token`)).rejects.toThrow('ENOENT')
  })

  it('says that none runs when none does', async () => {
    const text = transcript(place, await openclaw(place, ['gateway', 'call', 'health']))
    expect(text).toMatch(/^--- stderr\nError: [^\n]+\n {2}Run: openclaw gateway\n--- exit 1\n$/)
  })

  it('warns of a secret on the command line without repeating it', async () => {
    const ran = await openclaw(place, ['gateway', 'call', 'health', '--token', 'kcg_secret-on-the-line'])
    expect(ran.stderr).toContain('Warning: --token on a command line is seen by every process of this machine')
    expect(ran.stdout + ran.stderr).not.toContain('secret-on-the-line')
  })
})

it('shows the main job on the sandbox with demo --once', async () => {
  const ran = await openclaw(place, ['demo', '--once'], { env: { OPENCLAW_STATE_DIR: `${place.dir}/none` } })
  expect(ran.code).toBe(0)
  expect(ran.stdout).toContain('SANDBOX')
  expect(ran.stdout).toContain('anthropic:healthy')
})
