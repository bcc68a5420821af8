// Where the tests of the page stand: a gateway, and a browser with one page that visits it again and again; and one such place with four accounts of one
// vendor, of which one rests, and a fallback to another vendor.
import type { BrowserContext, Page } from 'playwright-core'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { anthropic, CLAUDE, GPT, providersAt, question, restOf } from '../flows/support.ts'
import { type OwnBrowser, startBrowser, type Visit, Visitor, type VisitorOptions } from '../support/browser.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build } from '../support/program.ts'

export type Stage = {
  sandbox: Sandbox
  place: Installation
  gateway: GatewayProcess
  browser: OwnBrowser
  /** The page for the next test, as somebody sees it who was never here. */
  visit: Visitor['begin']
  /** The same for somebody who is let in with the token; no document is opened yet. */
  enter(): Promise<Visit>
  /** Closes all of it, sandbox and installation too. */
  close(): Promise<void>
}

export type StageOptions = Pick<VisitorOptions, 'context'> & {
  /** For the gateway. */
  args?: readonly string[]
  /** For the names that the browser looks up. */
  rules?: readonly string[]
}

/** Builds the program, and starts a gateway there and a browser. */
export async function stageAt(
  { sandbox, place }: { sandbox: Sandbox; place: Installation },
  { args = [], rules = [], context = {} }: StageOptions = {},
): Promise<Stage> {
  await build()
  const gateway = await startGateway(place, { args })
  const browser = await startBrowser(rules)
  const visitor = new Visitor(browser, { home: gateway.url, context })
  return {
    ...{ sandbox, place, gateway, browser },
    visit: (cookies) => visitor.begin(cookies),
    enter: async () => {
      const visit = await visitor.begin()
      await letIn(visit.context, gateway)
      return visit
    },
    close: async () => {
      await browser.close()
      await gateway.stop()
      await sandbox.close()
      await place.remove()
    },
  }
}

/** What the door does with the token. */
export async function letIn(
  context: BrowserContext,
  { url, token }: Pick<GatewayProcess, 'url' | 'token'>,
): Promise<void> {
  const headers = { 'content-type': 'application/json', origin: url }
  const answer = await context.request.post(`${url}/login`, { headers, data: { token } })
  if (!answer.ok()) throw new Error(`the door says ${answer.status()}`)
}

/** As `openclaw dashboard` opens it: the code of the link becomes the cookie that may change accounts. */
export async function cookiesByLink({ place, visit }: Stage): Promise<Awaited<ReturnType<BrowserContext['cookies']>>> {
  const { url } = JSON.parse((await openclaw(place, ['dashboard', '--json'])).stdout) as { url: string }
  const { context, page } = await visit()
  await page.goto(url)
  await page.locator('#link.live').waitFor()
  return context.cookies()
}

export const [PERSONAL, WORK, TEAM, OLD, SPARE] = [
  'anthropic:personal',
  'anthropic:work',
  'anthropic:team',
  'anthropic:old',
  'openai:spare',
] as const
/** The vendor says that the first one is back after so long. */
const WINDOW_MS = 12 * 60_000

const keyOf = (id: string): string =>
  `sk-${id.startsWith('openai') ? 'proj' : 'ant-api03'}-${id.replace(':', '-')}-0123456789abcdef`

export type PageStage = Stage & {
  /**
   * The page for the next test, let in and live.
   * @param at behind the address, such as `#chat`; the list of accounts when absent
   * @param before done before any document is opened
   */
  open(where?: { at?: string; before?: (page: Page) => Promise<void> }): Promise<Visit>
  /** For those that are opened from now on: where one has signed out, the others are out, too. */
  logInAnew(): Promise<void>
}

/** One dot. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Builds it; the first account rests already, as the vendor refused it. */
export async function pageStage(context: StageOptions['context'] = {}): Promise<PageStage> {
  const ids = [PERSONAL, WORK, TEAM, OLD]
  const sandbox = await startSandbox({
    accounts: [
      { name: 'personal', vendor: 'anthropic', key: keyOf(PERSONAL), quota: 0, windowMs: WINDOW_MS },
      { name: 'work', vendor: 'anthropic', key: keyOf(WORK) },
      { name: 'team', vendor: 'anthropic', key: keyOf(TEAM) },
      { name: 'spare', vendor: 'openai', key: keyOf(SPARE) },
    ],
  })
  const place = await install({
    config: {
      models: providersAt(sandbox),
      agents: {
        defaults: { model: { primary: CLAUDE, fallbacks: [GPT] } },
        list: [{ id: 'main' }, { id: 'other' }],
      },
    },
    profiles: [...ids, SPARE].map((id) => ({ id, key: keyOf(id) })),
    order: { anthropic: ids },
  })
  const stage = await stageAt({ sandbox, place }, { context })
  const { gateway } = stage
  await anthropic({ gateway }).messages.create(question())
  await restOf(place, PERSONAL)
  let cookies = await cookiesByLink(stage)
  return {
    ...stage,
    open: async ({ at = '', before } = {}) => {
      const visit = await stage.visit(cookies)
      const { page } = visit
      await before?.(page)
      await page.goto(`${gateway.url}/${at}`)
      await page.locator('#link.live').waitFor()
      if (at === '') await page.locator('.row').first().waitFor()
      return visit
    },
    logInAnew: async () => {
      cookies = await cookiesByLink(stage)
    },
  }
}
