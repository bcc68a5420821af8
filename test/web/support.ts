// The page with four accounts of one vendor, one of them resting, and a fallback to another vendor: a gateway, a browser that is let in, and what it complains of.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { anthropic, CLAUDE, GPT, providersAt, question, restOf } from '../flows/support.ts'
import { startBrowser } from '../support/browser.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build } from '../support/program.ts'

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

export type PageStage = {
  sandbox: Sandbox
  place: Installation
  gateway: GatewayProcess
  browser: Browser
  /** A fresh context that is let in, with its page, once it is live. */
  open(
    options?: Parameters<Browser['newContext']>[0],
  ): Promise<{ context: BrowserContext; page: Page; complaints: string[] }>
  /** For those that are opened from now on: where one has signed out, the others are out, too. */
  logInAnew(): Promise<void>
  close(): Promise<void>
}

/** One dot. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Builds it; the first account rests already, as the vendor refused it. */
export async function pageStage(): Promise<PageStage> {
  await build()
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
  const gateway = await startGateway(place)
  await anthropic({ gateway }).messages.create(question())
  await restOf(place, PERSONAL)
  const browser = await startBrowser()
  // As `openclaw dashboard` opens it: the code of the link becomes the cookie that may change accounts.
  const logIn = async () => {
    const { url } = JSON.parse((await openclaw(place, ['dashboard', '--json'])).stdout) as { url: string }
    const first = await browser.newPage()
    await first.goto(url)
    await first.locator('#link.live').waitFor()
    const cookies = await first.context().storageState()
    await first.context().close()
    return cookies
  }
  let letIn = await logIn()
  return {
    sandbox,
    place,
    gateway,
    browser,
    open: async (options = {}) => {
      const context = await browser.newContext({ storageState: letIn, ...options })
      const page = await context.newPage()
      page.setDefaultTimeout(25_000)
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(gateway.url)
      await page.locator('#link.live').waitFor()
      await page.locator('.row').first().waitFor()
      return { context, page, complaints }
    },
    logInAnew: async () => {
      letIn = await logIn()
    },
    close: async () => {
      await browser.close()
      await gateway.stop()
      await sandbox.close()
      await place.remove()
    },
  }
}
