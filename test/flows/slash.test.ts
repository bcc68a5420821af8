// Slash commands on every face: `openclaw agent` and `openclaw chat`, with a running gateway and without one, the WebSocket and the page: the same
// words, the same files.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { OWN_COMMANDS } from '../../src/cli/attachments.ts'
import { agentTurn } from '../../src/gateway/client.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSystem } from '../../src/system/system.ts'
import { CHROMIUM, startBrowser } from '../support/browser.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Ran, until } from '../support/installation.ts'
import { onTerminal } from '../support/program.ts'
import { overSocket, plainReply, TABLE } from '../support/slash-table.ts'
import { CLAUDE, GOOD, GPT, providersAt } from './support.ts'

const WORK = 'sk-ant-api03-work-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess | undefined

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'default', vendor: 'anthropic', key: GOOD },
      { name: 'work', vendor: 'anthropic', key: WORK },
    ],
  })
  place = await install({
    config: {
      models: providersAt(sandbox),
      agents: { defaults: { model: CLAUDE, models: { [CLAUDE]: { alias: 'Opus' }, [GPT]: {} } } },
    },
    profiles: [
      { id: 'anthropic:default', key: GOOD },
      { id: 'anthropic:work', key: WORK },
    ],
    order: { anthropic: ['anthropic:default', 'anthropic:work'] },
  })
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const agent = (message: string, ...flags: string[]): Promise<Ran> => {
  const env = gateway === undefined ? {} : { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
  return openclaw(place, ['agent', '--message', message, ...flags], { env })
}

async function walkThrough(): Promise<string[]> {
  const via = gateway === undefined ? 'local' : 'gateway'
  const before = sandbox.requests().length
  const picker = await agent('/model')
  expect(picker).toMatchObject({ code: 0, stderr: '' })
  const pinned = await agent('/model opus@anthropic:work', '--json')
  expect(JSON.parse(pinned.stdout)).toMatchObject({ ok: true, command: { name: 'model', ok: true }, attempts: 0, via })
  const status = await agent('/model status')
  expect(status.stdout).toContain('Next: anthropic:work\n')
  expect(status.stdout).toContain(`[anthropic] endpoint: ${sandbox.url}/anthropic, api: anthropic-messages\n`)
  const soft = await agent('/model opus@anthropic:work?')
  expect(soft.stdout).toContain('Auth profile set to anthropic:work; it may step aside.')
  const told = await openclaw(place, ['models', 'explain', '--session', 'main'])
  expect(told.stdout).toContain('(pinned to anthropic:work, may step aside)')
  expect(told.stdout).toContain('pinned: this session prefers it (pinned, may step aside)')
  const listed = await openclaw(place, ['sessions'])
  expect(listed.stdout).toContain('anthropic:work (user, may step aside)')
  const unknown = await agent('/model Opus@anthropic:nope')
  expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('anthropic:default, anthropic:work') })
  expect(sandbox.requests()).toHaveLength(before)
  const turn = JSON.parse((await agent('hello', '--json')).stdout)
  expect(turn).toMatchObject({ servedBy: 'anthropic:work', via })
  const fresh = await agent('/new')
  const all = [picker, pinned, status, unknown, fresh]
  for (const { stdout, stderr } of all) expect(stdout + stderr).not.toMatch(/sk-ant|…/)
  return [picker, status, unknown, fresh].map(({ stdout }) => stdout)
}

test('without a gateway and with one, commands say the same, pin the account the next turn takes, and ask nobody', async () => {
  const alone = await walkThrough()
  expect(alone[0]).toContain(`1. Opus (${CLAUDE}) (current)\n2. ${GPT}\n`)
  gateway = await startGateway(place)
  // The first account was never used by then, and still is the first.
  expect(await walkThrough()).toEqual(alone)
}, 60_000)

/** The table as `openclaw agent` carries it out, without a process for each row. */
async function byAgent(session: string, via: 'gateway' | 'local'): Promise<string[]> {
  const env = { ...place.env, OPENCLAW_GATEWAY_PORT: String(gateway?.port ?? 1) }
  const auth = await createAuth({ ...createSystem({ logLevel: 'silent' }), env })
  const replies: string[] = []
  for (const [message] of TABLE) {
    const notes: string[] = []
    const turn = await agentTurn(auth, {
      agentId: 'main',
      face: 'agent',
      sessionId: session,
      message,
      onNote: (note) => notes.push(`${note}\n`),
    })
    expect(turn.via).toBe(via)
    replies.push(plainReply(notes.join('') + turn.text, session))
  }
  await auth.flush()
  return replies
}

/** What readline draws when it asks. */
const PROMPT = '\u001b[1G\u001b[0J> \u001b[3G'

/** The table typed into `openclaw chat`, line by line. */
async function byChat(session: string): Promise<string[]> {
  const env = { ...place.env, NO_COLOR: '1', OPENCLAW_GATEWAY_PORT: String(gateway?.port ?? 1) }
  const screen = onTerminal({ ...place, env }, ['chat', '--session', session])
  const asked = (): string[] => screen.text().split(PROMPT)
  const replies: string[] = []
  for (const [at, [message]] of TABLE.entries()) {
    await expect.poll(() => asked().length, { timeout: 60_000, interval: 5 }).toBe(at + 2)
    screen.type(`${message}\r`)
    await expect.poll(() => asked().length, { timeout: 60_000, interval: 5 }).toBe(at + 3)
    const [echo, ...lines] = asked()[at + 1]?.split('\r\n') ?? []
    expect(echo).toBe(`${message}\r`)
    // What only a terminal says: who answered, and its own commands behind a list of commands.
    const isOwn = (line: string): boolean => /^ {2}\S+, .* tokens in/.test(line) || OWN_COMMANDS.includes(line)
    replies.push(plainReply(lines.filter((line) => !isOwn(line)).join('\n'), session))
  }
  screen.type('\u0004')
  expect(await screen.exit).toMatchObject({ code: 0 })
  return replies
}

/** The table typed into the page. */
async function byPage(at: GatewayProcess): Promise<string[]> {
  const browser = await startBrowser()
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(at.url)
    await page.fill('#token', at.token)
    await page.click('#login button')
    await page.getByRole('link', { name: 'Chat', exact: true }).click()
    const title = page.locator('#chat-title')
    const before = await title.innerText()
    await page.locator('#new-session').click()
    const session = await until('another title', async () => {
      const now = await title.innerText()
      return now !== before && now
    })
    const replies: string[] = []
    for (const [message] of TABLE) {
      const answer = page.locator('#log .message.assistant').last()
      const before = (await answer.count()) === 0 ? undefined : await answer.elementHandle()
      await page.fill('#message', message)
      await page.click('#send')
      await until(`the reply to ${message}`, async () => {
        const [isThere, isWritten] = [(await answer.count()) > 0, (await answer.locator('.caret').count()) === 0]
        if (!isThere || !isWritten) return undefined
        const isOther = before === undefined || (await answer.evaluate((now, then) => now !== then, before))
        return isOther ? true : undefined
      })
      replies.push(plainReply((await answer.locator('.text').allTextContents()).join('\n'), session))
    }
    return replies
  } finally {
    await browser.close()
  }
}

test('every command and every bad input is replied to alike on every face', async () => {
  await gateway?.stop()
  gateway = undefined
  const alone = await byAgent('alone', 'local')
  for (const [at, [message, reply]] of TABLE.entries()) expect(alone[at], message).toMatch(reply)
  expect(alone.join('\n')).not.toMatch(/sk-ant|\u2026|\*\*/)
  expect(await byChat('typed')).toEqual(alone)
  gateway = await startGateway(place)
  expect(await byAgent('through', 'gateway')).toEqual(alone)
  expect(await overSocket(gateway, 'socket')).toEqual(alone)
  if (CHROMIUM !== undefined) expect(await byPage(gateway)).toEqual(alone)
}, 180_000)
