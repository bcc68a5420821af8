// What `npm start` runs, as a person sees it: the sandbox on a machine without credentials, the real vendor on one with.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, openclaw, type Plan, PROGRAM, until } from '../support/installation.ts'
import { providersAt } from './support.ts'

const KEY = 'sk-ant-api03-own-0123456789abcdef'
const started: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const thing of started.splice(0).reverse()) await thing.close()
})

async function machine(plan: Plan = {}): Promise<Installation & { tmp: string }> {
  const place = await install(plan)
  started.push({ close: () => place.remove() })
  const tmp = join(place.dir, 'tmp')
  await mkdir(tmp)
  place.env.TMPDIR = tmp
  return { ...place, tmp }
}

async function vendor(options: Parameters<typeof startSandbox>[0] = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ accounts: [{ name: 'own', vendor: 'anthropic', key: KEY }], ...options })
  started.push(sandbox)
  return sandbox
}

/** Starts the demonstration and waits until it says how to stop it. */
async function running(place: Installation) {
  const child = spawn(process.execPath, [PROGRAM, 'demo'], {
    cwd: place.cwd,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pieces: string[] = []
  child.stdout.on('data', (chunk: Buffer) => pieces.push(chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => pieces.push(chunk.toString('utf8')))
  const gone = once(child, 'close')
  started.push({
    close: async () => {
      child.kill('SIGKILL')
      await gone
    },
  })
  const said = (): string => pieces.join('')
  await until('the demonstration to wait', () => (said().includes('Ctrl-C stops it') ? true : undefined))
  const find = (pattern: RegExp): string => {
    const found = pattern.exec(said())?.[1]
    if (found === undefined) throw new Error(`nothing like ${pattern} in:\n${said()}`)
    return found
  }
  const stop = async (): Promise<number | null> => {
    child.kill('SIGINT')
    return (await gone)[0]
  }
  return { pieces, said, find, stop }
}

describe('the demonstration on a machine without credentials', () => {
  test('streams an answer past two bad accounts, explains itself, and leaves nothing behind', async () => {
    const place = await machine()
    const ran = await openclaw(place, ['demo', '--once'])
    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^SANDBOX\. /)
    expect(ran.stdout).toContain('answer  Sandbox answer: no model was asked')
    expect(ran.stdout).toContain('Served by anthropic:healthy of the sandbox, after 2 refused accounts')
    expect(ran.stdout).toMatch(/taken +anthropic:healthy +/)
    expect(ran.stdout).toMatch(/passed over +anthropic:rate-limited +cooldown \(quota\) ends in \d+m/)
    expect(ran.stdout).toMatch(/passed over +anthropic:broken-key +.*auth/)
    expect(ran.stdout).not.toMatch(/sk-ant-|sk-proj-|kcg_/)
    expect(await readdir(place.state)).toEqual([])
    expect(await readdir(place.tmp)).toEqual([])
  })

  test('goes on serving page, programs and commands until it is stopped', async () => {
    const place = await machine()
    const demo = await running(place)
    expect(demo.pieces.filter((piece) => /word|sandbox/.test(piece)).length).toBeGreaterThan(5)
    const url = demo.find(/ANTHROPIC_BASE_URL=(\S+)/)
    const state = demo.find(/OPENCLAW_STATE_DIR='([^']+)'/)
    expect(state.startsWith(place.tmp)).toBe(true)
    const token = (await readFile(demo.find(/ANTHROPIC_API_KEY="\$\(cat '([^']+)'\)"/), 'utf8')).trim()
    expect(demo.said()).not.toContain(token)

    const login = new URL(demo.find(/(http:\/\/\S+#\S+)/))
    expect((await fetch(login)).headers.get('content-type')).toContain('text/html')
    const code = login.hash.slice(1).replace(/^(code|login)=/, '')
    const entered = await fetch(new URL('/login', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(url).origin },
      body: JSON.stringify({ code }),
    })
    expect(entered.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/)

    const anthropic = new Anthropic({ baseURL: url, apiKey: token })
    const message = await anthropic.messages.create({
      model: 'anthropic/claude-opus-4-6',
      max_tokens: 300,
      messages: [{ role: 'user', content: 'from the SDK' }],
    })
    expect(JSON.stringify(message.content)).toContain('You said: from the SDK')
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: token })
    const chat = await openai.chat.completions.create({
      model: 'openai/gpt-5.1',
      messages: [{ role: 'user', content: 'hi' }],
    })
    expect(chat.choices[0]?.message.content).toContain('Sandbox')

    const explained = await openclaw(place, ['models', 'explain', 'anthropic'], { env: { OPENCLAW_STATE_DIR: state } })
    expect(explained.stdout).toMatch(/passed over +anthropic:rate-limited/)
    expect(await demo.stop()).toBe(0)
    expect(demo.said()).toContain('The sandbox and its state are removed.')
    expect(await readdir(place.tmp)).toEqual([])
  })

  test('leaves nothing behind when it is stopped in the midst of its one answer', async () => {
    const place = await machine()
    const child = spawn(process.execPath, [PROGRAM, 'demo', '--once'], { cwd: place.cwd, env: place.env })
    await once(child.stdout, 'data')
    child.kill('SIGHUP')
    expect((await once(child, 'exit'))[0]).toBe(130)
    expect(await readdir(place.tmp)).toEqual([])
  })

  test('takes another port when the usual one is taken', async () => {
    const squatter = createServer()
    squatter.listen(18789, '127.0.0.1')
    // Where somebody else has it, it is taken as well.
    await new Promise((resolve) => squatter.once('listening', resolve).once('error', resolve))
    started.push({ close: async () => void squatter.close() })
    const demo = await running(await machine())
    expect(new URL(demo.find(/ANTHROPIC_BASE_URL=(\S+)/)).port).not.toBe('18789')
    expect(await demo.stop()).toBe(0)
  })

  test('uses the sandbox, and says why, where the state cannot be read', async () => {
    const place = await machine({ config: { gateway: { port: 'no number' } } })
    const ran = await openclaw(place, ['demo', '--once'])
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('Your own state could not be read')
    expect(ran.stdout).toContain('gateway.port')
  })
})

describe('the demonstration with a key of the person', () => {
  test('asks the real vendor from their own state, and says so', async () => {
    const sandbox = await vendor()
    const place = await machine({ config: { models: providersAt(sandbox) }, env: { ANTHROPIC_API_KEY: KEY } })
    const ran = await openclaw(place, ['demo', '--once'])
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^YOUR OWN ACCOUNTS, no sandbox: /)
    expect(ran.stdout).toContain('Served by env:ANTHROPIC_API_KEY, at the first try')
    expect(ran.stdout).not.toContain(KEY)
    expect(sandbox.requests().map(({ path }) => path)).toEqual(['/anthropic/v1/messages'])
    expect(await readdir(place.tmp)).toEqual([])
  })

  test.each([
    ['.env of the state', { dotenv: 'OPENCLAW_GATEWAY_TOKEN=a-token-of-the-dotenv\n' }],
    ['a text from an example', { env: { OPENCLAW_GATEWAY_TOKEN: 'changeme' } }],
  ])('shows the gateway what the gateway took for its token: %s', async (_what, plan: Plan) => {
    const sandbox = await vendor()
    const place = await machine({
      ...plan,
      config: { models: providersAt(sandbox) },
      env: { ...plan.env, ANTHROPIC_API_KEY: KEY },
    })
    const ran = await openclaw(place, ['demo', '--once'])
    expect(ran.stdout).toContain('Served by env:ANTHROPIC_API_KEY')
    expect(ran.code).toBe(0)
  })

  test('asks a model of the vendor they have a key for', async () => {
    const sandbox = await vendor({ accounts: [{ name: 'own', vendor: 'openai', key: 'sk-proj-own-0123456789abcdef' }] })
    const place = await machine({
      config: { models: providersAt(sandbox) },
      profiles: [{ id: 'openai:work', key: 'sk-proj-own-0123456789abcdef' }],
    })
    const ran = await openclaw(place, ['demo', '--once'])
    expect(ran.stdout).toContain('Served by openai:work')
    expect(ran.code).toBe(0)
  })

  test('says why there is no answer, invents none, and fails', async () => {
    const sandbox = await vendor()
    sandbox.setFaults([{ preset: 'invalid-key' }])
    const place = await machine({ config: { models: providersAt(sandbox) }, env: { ANTHROPIC_API_KEY: KEY } })
    const ran = await openclaw(place, ['demo', '--once'])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatch(/No answer came: .*env:ANTHROPIC_API_KEY: HTTP 401/)
    expect(ran.stdout).not.toContain('Served by')
  })
})
