// V40: objects from outside never reach a prototype: `__proto__`, `constructor` and `prototype` at any depth through the doors of config,
// profiles, HTTP and WebSocket, while the process watches its own prototypes and runs without the `__proto__` accessor.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { connectClient, type SocketClient } from '../support/socket-client.ts'

const KEY = 'sk-ant-api03-pollution-0123456789abcdef'
const SEED = Number(process.env.KEYCLAW_SEED ?? 20_261_121)

/** Inside the program: says so as soon as any plain object has a property that nobody gave it. */
const WATCHMAN = `data:text/javascript,${encodeURIComponent(
  `const look=()=>{for(const o of [{},[],()=>0,'',0])if(o.polluted!==undefined||o.isAdmin!==undefined)process.stderr.write('POLLUTED\\n')};setInterval(look,5).unref();process.on('exit',look)`,
)}`
const FLAGS = ['--disable-proto=throw', '--import', WATCHMAN]

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let client: SocketClient

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'real', vendor: 'anthropic', key: KEY }] })
  place = await install({
    config: { models: { providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` } } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
  })
  gateway = await startGateway(place, { nodeFlags: FLAGS })
  client = await connectClient(gateway)
})

afterAll(async () => {
  await client?.close()
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const PAYLOAD = { polluted: true, isAdmin: true }
const WRAPS: readonly ((inner: string) => string)[] = [
  (inner) => `{"__proto__":${inner}}`,
  (inner) => `{"constructor":{"prototype":${inner}}}`,
  (inner) => `{"prototype":${inner}}`,
  (inner) => `{"a":[{"__proto__":${inner}}]}`,
]

/** JSON texts with a poisoned key somewhere inside. */
const poisoned: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...WRAPS),
    fc.array(fc.constantFrom('x', 'params', 'metadata', 'profiles', 'order'), { maxLength: 3 }),
  )
  .map(([wrap, path]) => path.reduce((inner, key) => `{"${key}":${inner}}`, wrap(JSON.stringify(PAYLOAD))))

const clean = (said: string): void => expect(said).not.toContain('POLLUTED')

describe(`V40 prototypes (seed ${SEED})`, () => {
  test('the watchman would have said so', async () => {
    const broken = `data:text/javascript,${encodeURIComponent('Object.prototype.polluted = 1')}`
    const ran = await openclaw(place, ['models', 'status'], { nodeFlags: ['--import', broken, ...FLAGS] })
    expect(ran.stderr).toContain('POLLUTED')
  })

  test('survive a config with poisoned keys, which is refused by its path', async () => {
    for (const [text, path] of [
      ['{ models: { providers: { "__proto__": { baseUrl: "http://127.0.0.1:1" } } } }', '__proto__'],
      ['{ __proto__: { polluted: true } }', '__proto__'],
      ['{ gateway: { constructor: { prototype: { isAdmin: true } } } }', 'constructor'],
      ['{ auth: { order: { prototype: ["a"] } } }', 'prototype'],
    ] as const) {
      const other = await install()
      await writeFile(join(other.state, 'openclaw.json'), text)
      const ran = await openclaw(other, ['models', 'status', '--json'], { nodeFlags: FLAGS })
      expect(ran.code, text).toBe(1)
      expect(ran.stdout, text).toMatch(path === '__proto__' ? /__proto__|not valid/ : path)
      clean(ran.stderr)
      // Neither does a command that edits it, and the file stays as it was.
      const edit = await openclaw(other, ['models', 'set', 'anthropic/claude-opus-4-6'], { nodeFlags: FLAGS })
      expect(edit.code).toBe(1)
      expect(await readFile(join(other.state, 'openclaw.json'), 'utf8')).toBe(text)
      await other.remove()
    }
  })

  test('survive stores with poisoned keys, through reading, choosing and writing', async () => {
    const other = await install({
      config: { models: { providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` } } } },
    })
    const folder = join(other.state, 'agents/main/agent')
    await mkdir(folder, { recursive: true })
    const entry = `{"type":"api_key","provider":"anthropic","key":"${KEY}","__proto__":{"polluted":true}}`
    await writeFile(
      join(folder, 'auth-profiles.json'),
      `{"version":1,"profiles":{"__proto__":${entry},"constructor":${entry},"anthropic:default":${entry}},"order":{"__proto__":["a"],"anthropic":["__proto__","anthropic:default"]},"usageStats":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}`,
    )
    await writeFile(
      join(folder, 'auth.json'),
      '{"usageStats":{"__proto__":{"polluted":true,"cooldownUntil":1},"constructor":{"prototype":{"isAdmin":true}}},"lastGood":{"__proto__":"x"}}',
    )
    await mkdir(join(other.state, 'agents/main/sessions'), { recursive: true })
    await writeFile(
      join(other.state, 'agents/main/sessions/sessions.json'),
      '{"__proto__":{"sessionId":"x","polluted":true},"agent:main:main":{"sessionId":"a","__proto__":{"polluted":true}}}',
    )
    for (const [line, input] of [
      [['models', 'status', '--json']],
      [['models', 'auth', 'list', '--json']],
      [['models', 'explain', 'anthropic', '--json']],
      [['models', 'auth', 'paste-api-key', '--provider', 'anthropic', '--profile-id', 'anthropic:new'], KEY],
      [['models', 'auth', 'order', 'set', '--provider', 'anthropic', 'anthropic:new']],
      [['agent', '--message', 'hi']],
      [['models', 'auth', 'logout', '__proto__', '--yes']],
    ] as const) {
      const ran = await openclaw(other, line, { nodeFlags: FLAGS, ...(input === undefined ? {} : { input }) })
      clean(ran.stderr)
      expect(ran.stderr, line.join(' ')).not.toMatch(/TypeError|ReferenceError|ERR_PROTO_ACCESS/)
    }
    expect(JSON.parse(await readFile(join(folder, 'auth-profiles.json'), 'utf8'))).toHaveProperty('profiles')
    await other.remove()
  })

  test('survive 300 poisoned bodies and frames, and no caller becomes more than it was', async () => {
    await fc.assert(
      fc.asyncProperty(poisoned, async (text) => {
        const body = `{"model":"anthropic/claude-opus-4-6","max_tokens":9,"messages":[{"role":"user","content":"x"}],"metadata":${text}}`
        for (const [path, sent] of [
          ['/v1/messages', body],
          ['/v1/messages', text],
          ['/login', text],
        ] as const) {
          const response = await fetch(gateway.url + path, {
            method: 'POST',
            headers: { 'x-api-key': gateway.token, 'content-type': 'application/json' },
            body: sent,
          })
          expect(response.status).toBeLessThan(500)
          await response.text()
        }
        client.sendRaw(`{"type":"req","id":"p","method":"sessions.list","params":${text}}`)
        client.sendRaw(
          `{"type":"req","id":"q","method":"sessions.patch","params":{"key":"agent:main:p","model":null,"x":${text}}}`,
        )
        client.sendRaw(`{"type":"req","id":"__proto__","method":"__proto__","params":${text}}`)
        client.sendRaw(`{"type":"req","id":"c","method":"constructor","params":{}}`)
      }),
      { numRuns: 75, seed: SEED },
    )
    await until('the gateway to answer after all of it', async () =>
      (await client.ask('health', {})).ok === true ? true : undefined,
    )
    const stranger = await fetch(`${gateway.url}/metrics`)
    expect(stranger.status).toBe(401)
    clean(gateway.said())
    expect(gateway.said()).not.toMatch(/TypeError|ERR_PROTO_ACCESS/)
  })
})
