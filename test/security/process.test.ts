// V17, V42 and the doors of the process itself: no debugger, no report, no secret in the process table, no line of a log that a stranger wrote.
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort, type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { pictureOf, strangeCharacters } from './support.ts'

const KEY = 'sk-ant-api03-process-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'real', vendor: 'anthropic', key: KEY }] })
  place = await install({
    config: { models: { providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` } } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
  })
  gateway = await startGateway(place, { args: ['--verbose', '--log-level', 'debug'] })
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** Ports on which a process listens. */
async function listeningPorts(pid: number): Promise<number[]> {
  const { readdir, readlink } = await import('node:fs/promises')
  const inodes = new Set<string>()
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined) inodes.add(inode)
  }
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1)
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
    return state === '0A' && inodes.has(inode) ? [Number.parseInt(local.split(':')[1] ?? '0', 16)] : []
  })
}

describe('the process', () => {
  test.skipIf(process.platform !== 'linux')('opens no inspector when it is sent SIGUSR1', async () => {
    expect(await listeningPorts(gateway.pid)).toEqual([gateway.port])
    for (let times = 0; times < 3; times++) process.kill(gateway.pid, 'SIGUSR1')
    expect((await fetch(`${gateway.url}/health`)).ok).toBe(true)
    process.kill(gateway.pid, 'SIGUSR1')
    expect((await fetch(`${gateway.url}/health`)).ok).toBe(true)
    expect(await listeningPorts(gateway.pid)).toEqual([gateway.port])
    expect(gateway.said()).not.toMatch(/Debugger listening|inspector/i)
  })

  test('does not start under a debugger, and says how to insist', async () => {
    const port = await freePort()
    for (const flag of [`--inspect=127.0.0.1:${port}`, `--inspect-brk=127.0.0.1:${port}`.replace('-brk', '-port')]) {
      for (const options of [{ env: { NODE_OPTIONS: flag } }, { nodeFlags: [flag] }]) {
        const ran = await openclaw(place, ['models', 'status'], options)
        expect(ran.code, JSON.stringify(options)).toBe(1)
        expect(ran.stdout).toBe('')
        expect(ran.stderr).toContain('--allow-debug')
        expect(await isOpen(port)).toBe(false)
      }
    }
  })

  test('leaves no report and no core file behind when it is killed, whatever the signal', async () => {
    for (const signal of ['SIGABRT', 'SIGQUIT', 'SIGSEGV'] as const) {
      const victim = await startGateway(place, { under: ['sh', '-c', 'ulimit -c 0; exec "$0" "$@"'] })
      await victim.stop(signal)
      expect(victim.said()).not.toContain(KEY)
    }
    expect(await pictureOf(place.cwd)).toEqual({})
    const names = Object.keys(await pictureOf(place.state))
    expect(names.filter((name) => /report|core|dump|heap|trace/i.test(name))).toEqual([])
  })

  test.skipIf(process.platform !== 'linux')(
    'V42 keeps a secret given as a flag out of the process table, and warns',
    async () => {
      const token = 'kcg_a-token-on-the-command-line-0123456789'
      const other = await install()
      const started = await startGateway(other, { args: ['--token', token], token })
      expect(started.said()).toContain('OPENCLAW_GATEWAY_TOKEN')
      await until('the process table to forget the token', async () => {
        const line = await readFile(`/proc/${started.pid}/cmdline`, 'utf8')
        return line.includes(token) ? undefined : true
      })
      expect((await fetch(`${started.url}/metrics`, { headers: { 'x-api-key': token } })).status).toBe(200)
      await started.stop()
      expect(started.said()).not.toContain(token)
      await other.remove()
    },
  )
})

describe('V17 the log', () => {
  test('has one bounded, escaped line per event, whatever a stranger puts into a request', async () => {
    const poison = [
      '\u001b[2J\u001b]0;owned\u0007',
      '\u202eevil\u2066',
      '{"level":"error","message":"forged"}',
      'x'.repeat(8000),
      '%0d%0aforged: 1',
    ]
    for (const text of poison) {
      const value = Buffer.from(text, 'utf8')
        .toString('latin1')
        .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?')
      await fetch(`${gateway.url}/v1/messages/${encodeURIComponent(text).slice(0, 500)}`, {
        headers: { 'user-agent': value, 'x-api-key': gateway.token },
      }).then((response) => response.text())
      await fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': gateway.token, 'user-agent': value },
        body: JSON.stringify({ model: text, max_tokens: 9, messages: [{ role: 'user', content: text }] }),
      }).then((response) => response.text())
      const socket = connect(gateway.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.end(`GET /${text} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nX-Y: ${text}\r\n\r\n`)
      await new Promise((resolve) => socket.on('close', resolve).resume())
    }
    // A vendor's words are a stranger's, too.
    sandbox.setFaults([
      { status: 429, body: { type: 'error', error: { type: 'rate_limit_error', message: poison.join(' ') } } },
    ])
    await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.token },
      body: JSON.stringify({
        model: 'anthropic/claude-opus-4-6',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'x' }],
      }),
    }).then((response) => response.text())
    const said = gateway.said()
    expect(strangeCharacters(said)).toEqual([])
    const lines = said.split('\n').filter((line) => line.startsWith('{'))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      const entry = JSON.parse(line) as Record<string, unknown>
      expect(entry.message).not.toBe('forged')
      for (const value of Object.values(entry))
        if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(513)
    }
  })
})
