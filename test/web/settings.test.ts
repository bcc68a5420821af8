// Settings in a real browser, as a person changes them: each against the real gateway, with the file before and after, and the next real call.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { requestsOf } from '../flows/support.ts'
import { CHROMIUM } from '../support/browser.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { type Stage, stageAt } from './support.ts'

const CLAUDE = 'sk-ant-api03-settings-claude-0001'
const GPT = 'sk-proj-settings-gpt-0002'
const BOT = '123456789:AAFakeTokenOfABotThatIsNobodys0002'
const WAIT = 'How long a call is held until an account is back, in ms'

describe.skipIf(CHROMIUM === undefined)('the settings', { timeout: 120_000 }, () => {
  let sandbox: Sandbox
  let place: Installation
  let stage: Stage
  let gateway: GatewayProcess
  let page: Page
  let token: string
  let frames: string[]
  let isMuted: boolean
  let mayOnlyLook: boolean
  let complaints: string[]

  const path = (): string => join(place.state, 'openclaw.json')
  const file = (): Promise<string> => readFile(path(), 'utf8')
  const says = (text: string): Promise<string> =>
    until(`the file to say ${text}`, async () => {
      const now = await file()
      return now.includes(text) ? now : undefined
    })

  beforeAll(async () => {
    sandbox = await startSandbox({
      accounts: [
        { name: 'claude', vendor: 'anthropic', key: CLAUDE },
        { name: 'gpt', vendor: 'openai', key: GPT },
      ],
    })
    place = await install({
      profiles: [
        { id: 'anthropic:claude', key: CLAUDE },
        { id: 'openai:gpt', key: GPT },
      ],
    })
    await writeFile(
      path(),
      `{
  // Vendors, played.
  models: { providers: {
    anthropic: { baseUrl: "${sandbox.baseUrl('anthropic')}" },
    openai: { baseUrl: "${sandbox.baseUrl('openai')}" }, // the other one
  } },
  channels: { telegram: { enabled: false, botToken: "${BOT}" } },
  agents: {
    defaults: { model: { primary: "anthropic/claude-opus-4-6" } }, // the best
    list: [
      // Mine.
      { id: "main" }, // always there
      { id: "work" }, // for work
    ],
  },
  auth: { wait: { maxMs: 1500 } }, // a little patience
}
`,
      { mode: 0o600 },
    )
    stage = await stageAt({ sandbox, place })
    gateway = stage.gateway
    token = gateway.token
  }, 60_000)

  afterAll(() => stage?.close())

  beforeEach(async () => {
    ;({ page, complaints } = await stage.visit())
    frames = []
    isMuted = false
    mayOnlyLook = false
    await page.routeWebSocket(/\/ws$/, (socket) => {
      const server = socket.connectToServer()
      socket.onMessage((message) => server.send(message))
      server.onMessage((message) => {
        frames.push(String(message))
        // Only where scopes stand: news of the settings have that name, too.
        const scopes = mayOnlyLook ? /"scopes":\[[^\]]*\]/.exec(String(message))?.[0] : undefined
        const fewer = scopes?.replace('"settings",', '').replace(',"settings"', '')
        const told = scopes === undefined ? message : String(message).replace(scopes, fewer ?? '')
        if (!(isMuted && String(message).includes('"event":"settings"'))) socket.send(told)
      })
    })
    await page.goto(gateway.url)
    await page.fill('#token', token)
    await page.click('#login button')
    await page.getByRole('link', { name: 'Settings' }).click()
    await field(WAIT).waitFor()
  })

  afterEach(async () => {
    expect(complaints).toEqual([])
    const seen = [...frames, await page.content()].join('\n')
    const now = (await readFile(join(place.state, 'gateway.token'), 'utf8')).trim()
    for (const secret of [CLAUDE, GPT, BOT, token, now]) expect(seen).not.toContain(secret.slice(12))
  })

  const field = (label: string): Locator => page.getByLabel(label, { exact: true })
  const row = (label: string): Locator => page.locator('form.setting', { has: field(label) })
  const toast = (text: string): Locator => page.locator('.toast', { hasText: text }).last()
  const section = (title: string): Locator =>
    page.locator('.settings section', { has: page.getByRole('heading', { name: title, exact: true, level: 2 }) })

  /** The button stands there for as long as something is to be saved. */
  const saved = (label: string): Promise<void> =>
    row(label).getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' })

  async function pick(label: string, item: string): Promise<void> {
    await field(label).selectOption(item)
    await row(label).getByRole('button', { name: 'Save' }).click()
    await saved(label)
  }

  async function put(label: string, text: string): Promise<void> {
    await field(label).fill(text)
    // Drawn, so that its going says that it is saved.
    await row(label).getByRole('button', { name: 'Save' }).waitFor()
    await field(label).press('Enter')
  }

  test('a value is saved, taken back, refused in the words of the schema, and shown as somebody else changed it', async () => {
    const first = await file()
    await put(WAIT, '2500')
    await toast('Saved.').waitFor()
    expect(await file()).toBe(first.replace('maxMs: 1500', 'maxMs: 2500'))
    await row(WAIT).getByText('openclaw config set auth.wait.maxMs 2500').waitFor()
    await page.locator('.toast button', { hasText: 'Undo' }).click()
    await toast('Taken back.').waitFor()
    expect(await file()).toBe(first)
    await put(WAIT, '900000')
    await row(WAIT).getByText('five minutes at most').waitFor()
    await expect.poll(() => field(WAIT).getAttribute('aria-invalid')).toBe('true')
    await put(WAIT, 'soon')
    await row(WAIT).getByText('Expected number').waitFor()
    expect(await file()).toBe(first)
    await field(WAIT).press('Escape')
    // By hand, in an editor: seen without a reload.
    const edited = first.replace('maxMs: 1500', 'maxMs: 1700 /* by hand */')
    await writeFile(path(), edited)
    await until('the page to say 1700', async () => (await field(WAIT).inputValue()) === '1700' || undefined)
    // Once more, while the page has not heard of it yet.
    isMuted = true
    const again = edited.replace('1700', '1800')
    await writeFile(path(), again)
    await put(WAIT, '99')
    await row(WAIT).getByText('was changed meanwhile').waitFor()
    expect(await file()).toBe(again)
    isMuted = false
    // The new state is there, what was typed as well: a second look, and it is saved.
    await field(WAIT).press('Enter')
    await saved(WAIT)
    expect(await file()).toContain('maxMs: 99 /* by hand */')
    // While a draft is open, what stands there is said, and is not written over unseen.
    await field(WAIT).fill('2400')
    const third = (await file()).replace('maxMs: 99', 'maxMs: 2300')
    await writeFile(path(), third)
    await row(WAIT).getByText('changed elsewhere meanwhile, to 2300').waitFor()
    await field(WAIT).press('Enter')
    await row(WAIT).getByText('changed elsewhere meanwhile, to 2300').waitFor()
    expect(await file()).toBe(third)
    // It stood there before, too: nobody's second press comes before the first one was drawn.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 50)))')
    await field(WAIT).press('Enter')
    await saved(WAIT)
    expect(await file()).toContain('maxMs: 2400 /* by hand */')
    await put(WAIT, '99')
    await saved(WAIT)
    // A file that cannot be written.
    await rm(`${path()}.lock`, { force: true })
    await mkdir(`${path()}.lock`)
    await put(WAIT, '100')
    await row(WAIT).locator('.setting-wrong', { hasText: path() }).waitFor()
    await rm(`${path()}.lock`, { recursive: true })
    await field(WAIT).press('Escape')
    expect(await file()).toContain('maxMs: 99')
    await put(WAIT, '')
    await until('the value to be gone', async () => !(await file()).includes('maxMs') || undefined)
    // A file that means nothing: said, with what was in force still shown.
    const good = await file()
    await writeFile(path(), good.replace('// Vendors, played.', 'gateway: { port: "x" },'))
    await page.locator('.notice', { hasText: 'gateway.port' }).waitFor()
    await writeFile(path(), good)
    await page.locator('.notice').waitFor({ state: 'detached' })
  })

  test('models: the choice holds for the next call, fallbacks have an order, names and caches are kept', async () => {
    const call = async (): Promise<number> =>
      (
        await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'openclaw:main', messages: [{ role: 'user', content: 'hi' }] }),
        })
      ).status
    expect(await call()).toBe(200)
    expect([requestsOf(sandbox, 'claude'), requestsOf(sandbox, 'gpt')]).toEqual([1, 0])
    await put('Default model', 'nobody/x')
    await row('Default model').getByText('There is no provider "nobody"').waitFor()
    await put('Default model', 'openai/gpt-5.1')
    await toast('Saved.').waitFor()
    expect(await call()).toBe(200)
    expect([requestsOf(sandbox, 'claude'), requestsOf(sandbox, 'gpt')]).toEqual([1, 1])
    expect(await file()).toContain('// the best')
    const models = section('Models')
    for (const model of ['anthropic/claude-opus-4-6', 'anthropic/claude-sonnet-4-5']) {
      await models.getByLabel('Add a fallback').first().fill(model)
      await models.getByLabel('Add a fallback').first().press('Enter')
      await toast(`${model} is added.`).waitFor()
    }
    await page.getByRole('button', { name: 'Move anthropic/claude-sonnet-4-5 up' }).click()
    await toast('anthropic/claude-sonnet-4-5 is number 1 now.').waitFor()
    expect((await file()).replaceAll(/\s/g, '')).toContain('claude-sonnet-4-5","anthropic/claude-opus-4-6"')
    await page.getByRole('button', { name: 'Remove anthropic/claude-opus-4-6' }).click()
    await toast('no fallback any more').waitFor()
    await put('Model for images', 'openai/gpt-5.1')
    await toast('Saved.').waitFor()
    const naming = page.getByRole('form', { name: 'Give a short name' })
    await naming.getByLabel('Short name').fill('sonnet')
    await naming.getByLabel('Model').fill('anthropic/claude-sonnet-4-5')
    await naming.getByRole('button', { name: 'Add' }).click()
    await field('Short name of anthropic/claude-sonnet-4-5').waitFor()
    await pick('Prompt cache of anthropic/claude-sonnet-4-5', 'an hour')
    await says('cacheRetention: "long"')
    await pick('When no subscription can serve, calls paid by use', 'after asking')
    await says('fromFlatRateToMetered: "ask"')
    await put('Short name of anthropic/claude-sonnet-4-5', '')
    await until('the name to be gone', async () => !(await file()).includes('alias') || undefined)
    expect(await file()).toContain('// the other one')
  })

  test('with the keyboard alone an agent is added, named, lent accounts and deleted, and a group is bound to it', async () => {
    const type = async (where: Locator, text: string): Promise<void> => {
      await where.focus()
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    const choose = async (where: Locator, item: string): Promise<void> => {
      await where.focus()
      const chosen = (): Promise<string> =>
        where.evaluate((select: { selectedOptions: { text: string }[] }) => select.selectedOptions[0]?.text ?? '')
      await page.keyboard.press('Home')
      for (let step = 0; step < 20 && (await chosen()) !== item; step++) await page.keyboard.press('ArrowDown')
      expect(await chosen()).toBe(item)
    }
    const adding = page.getByRole('form', { name: 'Add an agent' })
    await type(adding.getByLabel('Name'), 'Night')
    await toast('Agent Night is added.').waitFor()
    const night = page.getByRole('article', { name: 'night' })
    await type(night.getByLabel('Name'), 'Nyx')
    await says('name: "Nyx"')
    await choose(night.getByLabel('Accounts'), 'those of main')
    await page.keyboard.press('Enter')
    await says('inherit: "main"')
    await type(night.getByLabel('Model'), 'anthropic/claude-haiku-4-5')
    await says('model: "anthropic/claude-haiku-4-5"')
    const binding = page.getByRole('form', { name: 'Add a binding' })
    await choose(binding.getByLabel('Agent'), 'night')
    await choose(binding.getByLabel('Chat'), 'one group')
    await binding.getByRole('combobox', { name: 'Channel' }).focus()
    await page.keyboard.type('telegram')
    await type(binding.getByLabel('Its id'), '-100123')
    await section('Bindings').getByText('telegram peer=group:-100123').waitFor()
    await section('Bindings')
      .getByText('openclaw agents unbind --agent night --bind telegram --peer group:-100123')
      .waitFor()
    await page.getByRole('button', { name: 'Remove telegram peer=group:-100123' }).focus()
    await page.keyboard.press('Enter')
    await toast('no longer bound').waitFor()
    await page.keyboard.press('ControlOrMeta+z')
    await section('Bindings').getByText('telegram peer=group:-100123').waitFor()
    await night.getByRole('button', { name: 'Delete' }).focus()
    await page.keyboard.press('Enter')
    const question = page.getByRole('dialog')
    await question.getByText(join(place.state, 'agents/night')).waitFor()
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    expect(await file()).toContain('"night"')
    await page.keyboard.press('Enter')
    await question.getByRole('button', { name: 'Move to the trash' }).focus()
    await page.keyboard.press('Enter')
    await night.waitFor({ state: 'detached' })
    const now = await file()
    expect(now).not.toContain('night')
    for (const comment of ['// Mine.', '// always there', '// for work']) expect(now).toContain(comment)
  })

  test('another agent becomes the default one, works elsewhere, and goes back; who may only look still copies', async () => {
    const first = await file()
    await page.getByRole('banner').locator('select').last().selectOption('ko')
    await page.locator('html[lang="ko"]').waitFor()
    const choose = async (id: string): Promise<void> => {
      await field('기본 에이전트').selectOption(id)
      await field('기본 에이전트').press('Enter')
    }
    await choose('work')
    await says('{ id: "work", default: true }, // for work')
    await page.getByRole('article', { name: 'work' }).getByText('openclaw agents set-workspace --agent work').waitFor()
    const folder = join(place.dir, 'night shift')
    const work = page.getByRole('article', { name: 'work' })
    const worksIn = work.getByLabel('작업 폴더')
    await worksIn.fill('night')
    await worksIn.press('Enter')
    await work.getByText('it must be an absolute path').waitFor()
    await worksIn.fill(join(place.state, 'agents'))
    await worksIn.press('Enter')
    await work.getByText('the credentials of agent main lie there').waitFor()
    await worksIn.fill(folder)
    await worksIn.press('Enter')
    // What the gateway tells of it comes in the language of the page.
    await toast(`이제 작업하는 폴더: ${folder}`).waitFor()
    const changed = await says('night shift')
    for (const comment of ['// Mine.', '// always there', '// for work']) expect(changed).toContain(comment)
    await work.getByText(`openclaw agents set-workspace --agent work '${folder}'`).waitFor()
    const shell = (...words: string[]) => openclaw(place, ['agents', ...words, '--json'])
    expect(JSON.parse((await shell('list')).stdout)).toContainEqual(
      expect.objectContaining({ id: 'work', isDefault: true, workspace: folder }),
    )
    await shell('set-workspace', '--agent', 'work', '--reset')
    await shell('set-default', 'main')
    await until('the page to say main', async () => (await field('기본 에이전트').inputValue()) === 'main' || undefined)
    // Of all that was done before nothing can be taken back here any more.
    await page.reload()
    await field('기본 에이전트').waitFor()
    await choose('work')
    await page.locator('.toast button', { hasText: '되돌리기' }).click()
    await toast('되돌렸습니다.').waitFor()
    await writeFile(path(), first)
    mayOnlyLook = true
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(`${gateway.url}/?lang=en#settings`)
    await page.reload()
    await page.getByText('This page may look at the settings only.').waitFor()
    await expect.poll(() => field(WAIT).isEditable()).toBe(false)
    const makes = page.getByRole('button', { name: 'Make a new token' })
    await expect.poll(() => makes.isDisabled()).toBe(true)
    await row(WAIT).getByRole('button', { name: 'Copy' }).click()
    await row(WAIT).getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('openclaw config set auth.wait.maxMs')
  })

  test('a new token is made and never shown; this page stays signed in', async () => {
    await page.getByRole('button', { name: 'Make a new token' }).click()
    const question = page.getByRole('dialog')
    await question.getByText('This page stays signed in.').waitFor()
    await question.getByRole('button', { name: 'Make a new token' }).click()
    const tokenFile = join(place.state, 'gateway.token')
    await page.locator('.notice', { hasText: `cat ${tokenFile}` }).waitFor()
    const next = (await readFile(tokenFile, 'utf8')).trim()
    expect(next).not.toBe(token)
    const models = (shown: string): Promise<number> =>
      fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${shown}` } }).then(({ status }) => status)
    expect(await models(token)).toBe(401)
    expect(await models(next)).toBe(200)
    await page.reload()
    await field(WAIT).waitFor()
    token = next
  })

  test('fits a phone in every language', async () => {
    await page.setViewportSize({ width: 360, height: 800 })
    for (const language of ['ko', 'zh-Hant', 'fil', 'en']) {
      await page.getByRole('banner').locator('select').last().selectOption(language)
      await page.locator(`html[lang="${language}"]`).waitFor()
      const beyond = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      expect(beyond, language).toBeLessThanOrEqual(0)
    }
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('button', { name: 'Bindings' }).click()
    await page.locator(':focus', { hasText: /^Bindings$/ }).waitFor()
    await page.getByRole('link', { name: 'Accounts', exact: true }).click()
    await page.locator('#next-id').waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    await field(WAIT).waitFor()
  })
})
