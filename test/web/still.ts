// The page at one moment of one day: a gateway in this process whose clock stands still, with accounts in every state there is, an hour of calls and
// two conversations, all set by hand. What is drawn of it is the same on every run.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { createAuth } from '../../src/auth/auth.ts'
import type { LedgerLine } from '../../src/core/ledger.ts'
import type { ChatMessage } from '../../src/core/protocol.ts'
import { runGateway } from '../../src/gateway/gateway.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSystem } from '../../src/system/system.ts'
import { type OwnBrowser, startBrowser, type Visit, Visitor } from '../support/browser.ts'
import { type Installation, install, type Plan } from '../support/installation.ts'
import { NOON } from '../support/machine.ts'
import { build } from '../support/program.ts'
import { letIn } from './support.ts'

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const CLAUDE = 'anthropic/claude-opus-4-6'

/** How a view is come to, and what stands in it once it is there. A view that is new is covered by its line here. */
export const PAGE_VIEWS = [
  { view: 'accounts', there: '.row' },
  { view: 'activity', there: '.entry' },
  { view: 'chat', there: '.chat:has(.message) .chat-head option' },
  { view: 'whatif', there: '.stand' },
  { view: 'docs', there: '.docs-list a' },
  { view: 'settings', there: '.settings form' },
] as const

export type PageView = (typeof PAGE_VIEWS)[number]['view']

export const WIDE = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

const keyOf = (name: string): string => `sk-ant-api03-still-${name}-0123456789abcdef`

/** Accounts in every state: next, ready, resting, ending, refused, paused, a login that renews itself, and one out of the environment. */
const SEEDED: Plan = {
  env: { GROQ_API_KEY: 'gsk_still0123456789abcdefghijklmnop' },
  profiles: [
    { id: 'anthropic:personal', token: `sk-ant-oat01-${'p'.repeat(40)}`, expires: NOON + 64 * DAY },
    { id: 'anthropic:work', key: keyOf('work') },
    { id: 'anthropic:team', key: keyOf('team') },
    { id: 'anthropic:old', key: keyOf('old') },
    { id: 'anthropic:spare', raw: { type: 'api_key', key: keyOf('spare'), paused: true } },
    { id: 'anthropic:a-name-that-is-much-longer-than-there-is-room-for@example.com', key: keyOf('long') },
    { id: 'openai:project', key: 'sk-proj-still-0123456789abcdef' },
    {
      id: 'openai-codex:home@example.com',
      raw: { type: 'oauth', access: 'a'.repeat(40), refresh: 'r'.repeat(40), expires: NOON + 9 * 60 * MINUTE },
    },
    { id: 'openrouter:ended', token: 't'.repeat(40), expires: NOON - DAY },
  ],
  order: { anthropic: ['anthropic:personal', 'anthropic:work', 'anthropic:team', 'anthropic:old', 'anthropic:spare'] },
  health: {
    'anthropic:personal': {
      errorCount: 1,
      failureCounts: { rate_limit: 1 },
      cooldownUntil: NOON + 12 * MINUTE,
      cooldownReason: 'rate_limit',
      lastFailureAt: NOON - 18 * MINUTE,
      lastUsed: NOON - 20 * MINUTE,
    },
    'anthropic:work': { errorCount: 0, lastUsed: NOON - MINUTE },
    'anthropic:old': {
      errorCount: 1,
      failureCounts: { auth_permanent: 1 },
      disabledUntil: NOON + 400 * MINUTE,
      disabledReason: 'auth_permanent',
      lastFailureAt: NOON - 62 * MINUTE,
    },
  },
  usage: {
    'anthropic:personal': {
      at: NOON - 18 * MINUTE,
      windows: [
        { name: '5h', used: 1, resetAt: NOON + 12 * MINUTE },
        { name: '7d', used: 0.54, resetAt: NOON + 3 * DAY },
      ],
    },
    'anthropic:team': { at: NOON - 2 * MINUTE, windows: [{ name: '5h', used: 0.32, resetAt: NOON + 100 * MINUTE }] },
  },
}

function linesOfAnHour(): LedgerLine[] {
  return Array.from({ length: 48 }, (_, at): LedgerLine[] => {
    const began = NOON - (48 - at) * 75_000
    const line = (attempt: number, more: Partial<LedgerLine>): LedgerLine => ({
      ...{ at: began + attempt * 400, call: `c${at}`, attempt, agent: 'main', endpoint: 'messages', session: '' },
      ...{ face: at % 4 === 0 ? 'cron' : 'api', model: CLAUDE, profile: 'anthropic:work', outcome: 'served' },
      ...{ status: 200, ms: 600 + ((at * 37) % 11) * 150 },
      ...more,
    })
    const served: Partial<LedgerLine> = {
      tokens: { input: 900 + at * 40, output: 40 + ((at * 13) % 7) * 60, cacheRead: 2400, cacheWrite: 0 },
      cost: 0.004 + ((at * 7) % 5) * 0.003,
      trace: [
        { id: 'anthropic:work', verdict: 'taken', rule: 'order', reason: 'first ready one of the order' },
        { id: 'anthropic:personal', verdict: 'passed_over', rule: 'cooldown', reason: 'cooldown (rate_limit)' },
      ],
    }
    const refused: Partial<LedgerLine> = { outcome: 'stepped_over', class: 'rate_limit', status: 429, ms: 210 }
    if (at % 12 === 5) return [line(1, { profile: 'anthropic:personal', ...refused }), line(2, served)]
    if (at === 40) return [line(1, { outcome: 'refused', class: 'server', status: 500 })]
    return [line(1, served)]
  }).flat()
}

const SAID: readonly (readonly ['user' | 'assistant', string])[] = [
  ['user', 'What is in the log of last night?'],
  [
    'assistant',
    'Two things:\n\n1. `backup` ran at **02:00** and took 4 min.\n2. `renew` was refused once, then served.',
  ],
  ['user', 'Show me how to see the refusal.'],
  [
    'assistant',
    'On the command line:\n\n```sh\nopenclaw models explain --last 5\n```\n\nIt says why each account was passed over.',
  ],
]

async function writeConversations(place: Installation): Promise<void> {
  const folder = join(place.state, 'agents/main/sessions')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lines = SAID.map(([role, text], at): ChatMessage => {
    const timestamp = NOON - (40 - at) * MINUTE
    return { role, content: [{ type: 'text', text }], timestamp }
  })
  await writeFile(join(folder, 'still-main.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await writeFile(join(folder, 'still-notes.jsonl'), `${JSON.stringify(lines[0])}\n`)
  const entry = (sessionId: string, at: number) => ({ sessionId, updatedAt: at })
  await writeFile(
    join(folder, 'sessions.json'),
    JSON.stringify({
      'agent:main:main': entry('still-main', NOON - 36 * MINUTE),
      'agent:main:notes': entry('still-notes', NOON - 2 * DAY),
    }),
  )
  await writeFile(
    join(folder, 'calls.log'),
    linesOfAnHour()
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  )
}

export type Opened = Visit & {
  /** The connection is lost, and does not come back. */
  cut(): Promise<void>
}

export type Still = {
  url: string
  token: string
  sandbox: Sandbox
  place: Installation
  browser: OwnBrowser
  /** A visit that is let in, on a view, drawn to its end. @param options of a context; with any of them it has a page of its own */
  open(view: PageView, options?: Parameters<Browser['newContext']>[0]): Promise<Opened>
  close(): Promise<void>
}

/** @param isEmpty no account at all, instead of all of them */
export async function still({ isEmpty = false }: { isEmpty?: boolean } = {}): Promise<Still> {
  await build()
  const now = (): number => NOON
  const sandbox = await startSandbox({
    now,
    accounts: [
      { name: 'work', vendor: 'anthropic', key: keyOf('work') },
      { name: 'team', vendor: 'anthropic', key: keyOf('team') },
    ],
  })
  const place = await install({
    ...(isEmpty ? {} : SEEDED),
    config: {
      models: { providers: { anthropic: { baseUrl: sandbox.baseUrl('anthropic') } } },
      agents: {
        defaults: { model: { primary: CLAUDE, fallbacks: ['openai/gpt-5.1'] } },
        list: [{ id: 'main' }, { id: 'cron' }],
      },
    },
  })
  if (!isEmpty) await writeConversations(place)
  const env = { OPENCLAW_STATE_DIR: place.state, HOME: place.env.HOME ?? '', ...(isEmpty ? {} : SEEDED.env) }
  const system = { ...createSystem({ logLevel: 'silent' }), env, now }
  const auth = await createAuth(system)
  const gateway = await runGateway(system, auth, { port: 0, allowRoot: true })
  const token = (await readFile(join(place.state, 'gateway.token'), 'utf8')).trim()
  const browser = await startBrowser()
  const usual = { viewport: WIDE, locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce' } as const
  let isCut = false
  const sockets = new Set<WebSocketRoute>()
  const prepare = async (page: Page): Promise<void> => {
    await page.clock.setFixedTime(NOON)
    await page.routeWebSocket(/\/ws$/, (socket) => {
      sockets.add(socket)
      // Whoever tries again is neither answered nor turned away.
      if (!isCut) socket.connectToServer()
    })
  }
  const visitor = new Visitor(browser, { home: gateway.url, context: usual, prepare })
  return {
    ...{ url: gateway.url, token, sandbox, place, browser },
    open: async (view, options) => {
      const whose =
        options === undefined
          ? visitor
          : new Visitor(browser, { home: gateway.url, context: { ...usual, ...options }, prepare })
      const visit = await whose.begin()
      const { context, page } = visit
      isCut = false
      sockets.clear()
      await letIn(context, { url: gateway.url, token })
      const cut = async (): Promise<void> => {
        isCut = true
        await Promise.all([...sockets].map((socket) => socket.close({ code: 1001 })))
        await page.locator('.banner').waitFor()
      }
      await page.goto(`${gateway.url}/#${view}`)
      await page.locator('#link.live').waitFor()
      const there = PAGE_VIEWS.find((one) => one.view === view)?.there
      if (!isEmpty && there !== undefined) await page.locator(there).first().waitFor({ state: 'attached' })
      return { ...visit, cut }
    },
    close: async () => {
      await browser.close()
      await gateway.close()
      void (await system.transport()).close()
      await sandbox.close()
      await place.remove()
    },
  }
}
