// V15: a name is never a path. Hostile ids of agents, sessions, profiles and providers through every door; nothing outside the state
// directory is opened, and nothing of the name becomes a file.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { connectClient, type SocketClient } from '../support/socket-client.ts'
import { HAS_STRACE, type Picture, pictureOf, strangeCharacters, touchesIn, underStrace } from './support.ts'

const KEY = 'sk-ant-api03-names-0123456789abcdef'
/** Stands in every hostile name, so that its traces can be found. */
const MARK = 'qzx'

const NAMES: readonly string[] = [
  `../${MARK}`,
  `../../${MARK}`,
  `../../../../../../tmp/${MARK}`,
  `..\\..\\${MARK}`,
  `/tmp/${MARK}`,
  `//tmp/${MARK}`,
  `~/${MARK}`,
  `${MARK}/../../escape`,
  `a/../../${MARK}`,
  `a/${MARK}`,
  `.${MARK}`,
  `${MARK}.`,
  `${MARK} `,
  ` ${MARK}`,
  `${MARK}\u0000.json`,
  `${MARK}\n`,
  `${MARK}\r\nx: y`,
  `${MARK}\u001b[2J`,
  `${MARK}\u202etxt`,
  `${MARK}\u0300`,
  `\uff0e\uff0e\uff0f${MARK}`,
  `%2e%2e%2f${MARK}`,
  `..%2f${MARK}`,
  `%252e%252e%252f${MARK}`,
  `..%c0%af${MARK}`,
  `C:\\${MARK}`,
  `\\\\host\\share\\${MARK}`,
  `file:///tmp/${MARK}`,
  `CON-${MARK}:`,
  `${MARK}*`,
  `${MARK}?`,
  `$(touch ${MARK})`,
  `\`touch ${MARK}\``,
  `\${HOME}/${MARK}`,
  `;touch ${MARK}`,
  `--${MARK}`,
  `-${MARK}`,
  `${MARK}${'a'.repeat(300)}`,
  `${MARK}`.repeat(100),
  `__proto__/${MARK}`,
]

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let client: SocketClient
let before: Picture
let log: string

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'real', vendor: 'anthropic', key: KEY }] })
  place = await install({
    config: { models: { providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` } } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
  })
  log = join(place.dir, 'strace.log')
  gateway = await startGateway(place, HAS_STRACE ? { under: underStrace(log) } : {})
  client = await connectClient(gateway)
  before = outside(await pictureOf(place.dir))
})

afterAll(async () => {
  await client?.close()
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

function outside(picture: Picture): Picture {
  return Object.fromEntries(
    Object.entries(picture).filter(([path]) => !path.startsWith('state/') && !path.startsWith('strace')),
  )
}

async function nothingHappened(): Promise<void> {
  expect(outside(await pictureOf(place.dir))).toEqual(before)
  expect(
    Object.keys(await pictureOf(place.state)).filter((path) => path.includes(MARK) && !path.includes('sessions')),
  ).toEqual([])
}

describe('V15 hostile names', () => {
  test('of agents in headers are refused', async () => {
    for (const name of NAMES) {
      const headers = { 'x-api-key': gateway.token, 'content-type': 'application/json' }
      const encoded = Buffer.from(name, 'utf8').toString('latin1')
      let response: Response
      try {
        response = await fetch(`${gateway.url}/v1/messages`, {
          method: 'POST',
          headers: { ...headers, 'x-openclaw-agent': encoded },
          body: JSON.stringify({
            model: 'anthropic/claude-opus-4-6',
            max_tokens: 9,
            messages: [{ role: 'user', content: 'x' }],
          }),
        })
      } catch (error) {
        // The client's own library refuses to send it.
        expect(error).toBeInstanceOf(TypeError)
        continue
      }
      expect(response.status, JSON.stringify(name)).toBeGreaterThanOrEqual(400)
      expect(response.status, JSON.stringify(name)).toBeLessThan(500)
      await response.text()
    }
    expect(sandbox.requests()).toEqual([])
    await nothingHappened()
  })

  test('of models and providers are refused or asked of the vendor as they are, never of another address', async () => {
    for (const name of NAMES) {
      const response = await fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': gateway.token, 'content-type': 'application/json' },
        body: JSON.stringify({ model: `${name}/model`, max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }),
      })
      expect(response.status, JSON.stringify(name)).toBeGreaterThanOrEqual(400)
      expect(response.status, JSON.stringify(name)).toBeLessThan(500)
      await response.text()
    }
    await nothingHappened()
  })

  test('of sessions and agents over the WebSocket are refused, or are no path', async () => {
    for (const name of NAMES) {
      for (const [method, params] of [
        ['chat.history', { sessionKey: name }],
        ['chat.history', { sessionKey: `agent:main:${name}` }],
        ['chat.history', { sessionKey: `agent:${name}:main` }],
        ['chat.abort', { sessionKey: name }],
        ['sessions.get', { key: name }],
        ['sessions.reset', { key: name }],
        ['sessions.delete', { key: name }],
        ['sessions.patch', { key: name, model: null }],
        ['sessions.list', { agentId: name }],
        ['models.authStatus', { agentId: name }],
        ['models.explain', { agentId: name, sessionKey: name }],
        ['models.explain', { model: `${name}/x` }],
      ] as const) {
        const frame = await client.ask(method, params)
        expect(JSON.stringify(frame).length, method).toBeLessThan(20_000)
        expect(frame.error?.code, `${method} ${JSON.stringify(name)}`).not.toBe('internal')
      }
    }
    await nothingHappened()
  })

  test('on the command line are refused or are entries, and no file comes to be', async () => {
    // What the store has beside it.
    const beside = /\.lock$|\/auth-profiles\.undo\.json$/
    const names = async (): Promise<string[]> =>
      Object.keys(await pictureOf(join(place.state, 'agents'))).filter((path) => !beside.test(path))
    const files = await names()
    const typed = NAMES.filter((name) => !name.includes('\u0000'))
    const lines = typed.flatMap((name, at): string[][] => {
      const all = [
        ['models', 'status', '--agent', name],
        ['models', 'auth', 'paste-api-key', '--provider', 'anthropic', `--profile-id=anthropic:${name}`],
        ['models', 'auth', 'paste-api-key', `--provider=${name}`],
        ['models', 'auth', 'logout', '--yes', '--', name],
        ['agent', '--message', 'x', `--session-id=${name}`, '--agent', 'none'],
        ['models', 'explain', `--session=${name}`],
        [`--profile=${name}`, 'models', 'set', 'anthropic/claude-opus-4-6'],
      ]
      const one = all[at % all.length]
      return one === undefined ? [] : [one]
    })
    let next = 0
    await Promise.all(
      Array.from({ length: 2 }, async () => {
        for (let line = lines[next++]; line !== undefined; line = lines[next++]) {
          const ran = await openclaw(place, line, {
            input: 'sk-ant-api03-another-0123456789abcdef',
            env: { OPENCLAW_STATE_DIR: line[0]?.startsWith('--profile') ? '' : place.state },
          })
          // Some are fine as the name of a profile: an entry in a file, never a file.
          const isEntry = line[2] === 'paste-api-key'
          expect(isEntry ? [0, 1] : [1], `${JSON.stringify(line)} ${ran.stdout}`).toContain(ran.code)
          expect(strangeCharacters(ran.stderr + ran.stdout)).toEqual([])
        }
      }),
    )
    expect(await names()).toEqual(files)
    await nothingHappened()
  })

  test('a link planted where a secret would be written is not followed', async () => {
    const elsewhere = join(place.dir, 'elsewhere')
    await mkdir(elsewhere)
    const linked = await install({ agents: { linked: {} } })
    const folder = join(linked.state, 'agents', 'linked', 'agent')
    await mkdir(folder, { recursive: true })
    await writeFile(join(elsewhere, 'target.json'), '{"version":1,"profiles":{}}')
    await symlink(join(elsewhere, 'target.json'), join(folder, 'auth-profiles.json'))
    const line = ['models', 'auth', 'paste-api-key', '--provider', 'anthropic', '--agent', 'linked']
    const ran = await openclaw(linked, line, { input: KEY })
    expect(ran.code).toBe(1)
    expect(Object.values(await pictureOf(elsewhere, (_path, text) => text))[0]?.what).toBe(
      '{"version":1,"profiles":{}}',
    )
    await linked.remove()
  })

  test.skipIf(!HAS_STRACE)('no path of such a name was opened by the gateway', async () => {
    await client.close()
    await gateway.stop()
    const touched = (await touchesIn(log)).flatMap(({ paths }) => paths.filter((path) => path.includes(MARK)))
    expect(touched.filter((path) => !path.startsWith(`${place.state}/`) || path.includes('..'))).toEqual([])
  })
})
