// The browser of this machine, without a window, a profile or a word to anybody else; and one page in it for all tests of a file, as most of what a short test
// in a browser costs is the making of a context.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const FOLDERS = (process.env.PATH ?? '').split(delimiter)

/** The program, or undefined where there is none: its tests skip themselves then. */
export const CHROMIUM =
  process.env.CHROMIUM ??
  FOLDERS.flatMap((dir) => NAMES.map((name) => join(dir, name))).find((path) => existsSync(path))

/** How long a page is given for anything, ms: as long as everything else that is waited for. */
const PATIENCE_MS = 40_000
/** What a test has of the browser. */
export type OwnBrowser = Pick<Browser, 'newContext' | 'newPage' | 'close'>

/** @param rules for Chromium's resolver: `MAP name.test 127.0.0.1` */
export function startBrowser(rules: readonly string[] = []): Promise<OwnBrowser> {
  if (CHROMIUM === undefined) throw new Error('there is no browser on this machine')
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Newer browsers guard this machine themselves. Older ones do not: what they would get is what we test.
      '--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessForNavigations,BlockInsecurePrivateNetworkRequests',
      ...(rules.length === 0 ? [] : [`--host-resolver-rules=${rules.join(', ')}`]),
    ],
  })
}

export type Visit = {
  context: BrowserContext
  page: Page
  /** What the page has said on its console, and errors that nobody caught, since this visit began. */
  complaints: string[]
}

export type VisitorOptions = {
  /** Where the page is served. */
  home: string
  context?: BrowserContextOptions
  /** What is done once, with the page that all visits are made with. */
  prepare?: (page: Page) => Promise<void>
}

/** One page for visit after visit: each begins without cookies but those given, without routes of the last, and in its usual size and colours. */
export class Visitor {
  readonly #browser: OwnBrowser
  readonly #options: VisitorOptions
  #page: Page | undefined
  #complaints: string[] = []

  constructor(browser: OwnBrowser, options: VisitorOptions) {
    this.#browser = browser
    this.#options = options
  }

  /** Begins a visit; the page has not been sent anywhere yet. */
  async begin(cookies: Awaited<ReturnType<BrowserContext['cookies']>> = []): Promise<Visit> {
    const page = this.#page === undefined || this.#page.isClosed() ? await this.#open() : await this.#again(this.#page)
    const context = page.context()
    if (cookies.length > 0) await context.addCookies(cookies)
    this.#complaints = []
    return { context, page, complaints: this.#complaints }
  }

  async #open(): Promise<Page> {
    const context = await this.#browser.newContext(this.#options.context)
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('console', (message) => {
      // Asked for by the browser itself, for a document that is no page (#again).
      if (!message.location().url.endsWith('/favicon.ico')) this.#complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.#complaints.push(error.message))
    await this.#options.prepare?.(page)
    this.#page = page
    return page
  }

  async #again(page: Page): Promise<Page> {
    const { home, context: options = {} } = this.#options
    const context = page.context()
    for (const other of context.pages()) if (other !== page) await other.close()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    // Of the same origin, and nothing else: from here every address of the page is a document of its own, and nothing of the last one goes on.
    await page.goto(`${home}/health`)
    await context.clearCookies()
    await page.setViewportSize(options.viewport ?? { width: 1280, height: 720 })
    const { colorScheme = null, forcedColors = null, reducedMotion = null } = options
    await page.emulateMedia({ media: null, colorScheme, forcedColors, reducedMotion })
    return page
  }
}
