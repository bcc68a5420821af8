// PAGE: what the web page costs and how soon it is there, in Chromium, cold, on loopback: paint, weight, requests, tasks, nodes, clicks, memory.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import { pageFiles } from '../../scripts/page.mjs'
import { figure } from '../figures.mjs'
import { PROGRAM } from '../programs.mjs'

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const ROWS = 10_000
/** Eight hours with a call a second, ten of them at a time. */
const TURNS = 2880
const EACH = 10
const MB = 1024 * 1024

const CHROMIUM =
  process.env.CHROMIUM ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((dir) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(dir, name)))
    .find((path) => existsSync(path))

/** Notes when strip and rows are there, in the page itself. */
const WATCH = `new MutationObserver((_, watch) => {
  if (document.querySelector('#next-id') === null || document.querySelector('.row') === null) return
  watch.disconnect()
  requestAnimationFrame(() => setTimeout(() => performance.mark('usable')))
}).observe(document, { childList: true, subtree: true })`
/** From a click to the frame in which something has changed, ms. */
const CLICK = `(selector) => new Promise((resolve) => {
  const one = document.querySelector(selector)
  const began = performance.now()
  one.click()
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
})`
const IN_SIGHT = `(() => {
  const tabs = document.querySelector('.tabs').getBoundingClientRect()
  const end = tabs.top > innerHeight / 2 ? tabs.top : innerHeight
  return [...document.querySelectorAll('.row')].filter((row) => row.getBoundingClientRect().bottom <= end).length
})()`

/** A gateway of the built program with so many accounts. */
async function startGateway(accounts) {
  const state = mkdtempSync(join(tmpdir(), 'keyclaw-bench-page-'))
  mkdirSync(join(state, 'agents/main/agent'), { recursive: true })
  const ids = Array.from(
    { length: accounts },
    (_, at) => `${['anthropic', 'openai', 'openrouter', 'groq'][at % 4]}:account-${at}`,
  )
  const profiles = Object.fromEntries(
    ids.map((id, at) => [
      id,
      { type: 'api_key', provider: id.split(':')[0], key: `sk-ant-api03-bench-${String(at).padStart(20, '0')}` },
    ]),
  )
  writeFileSync(join(state, 'agents/main/agent/auth-profiles.json'), JSON.stringify({ version: 1, profiles }), {
    mode: 0o600,
  })
  writeFileSync(
    join(state, 'openclaw.json'),
    JSON.stringify({ agents: { defaults: { model: 'anthropic/claude-opus-4-6' } } }),
    { mode: 0o600 },
  )
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address()
      server.close(() => resolve(free))
    })
  })
  const child = spawn(process.execPath, [PROGRAM, 'gateway', 'run', '--port', String(port), '--allow-root'], {
    env: { PATH: process.env.PATH, HOME: state, TMPDIR: tmpdir(), OPENCLAW_STATE_DIR: state },
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp && existsSync(join(state, 'gateway.token'))) break
    if (tries > 400 || child.exitCode !== null) throw new Error('the gateway did not start')
    await new Promise((done) => setTimeout(done, 50))
  }
  const token = readFileSync(join(state, 'gateway.token'), 'utf8').trim()
  return {
    url,
    token,
    stop: async () => {
      await new Promise((done) => {
        child.once('exit', done)
        child.kill()
      })
      rmSync(state, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** A page in a context of its own, which has nothing kept; with a hand on what the gateway says to it. */
async function openPage(browser, { url, token }, { viewport = WIDE, isRouted = false } = {}) {
  // What asks the page whether it is there runs in it; its policy forbids that to everybody else.
  const context = await browser.newContext({ viewport, locale: 'en-US', bypassCSP: true })
  await context.request.post(`${url}/login`, {
    headers: { 'content-type': 'application/json', origin: url },
    data: { token },
  })
  const page = await context.newPage()
  await page.addInitScript(WATCH)
  let say = () => {}
  if (isRouted) {
    await page.routeWebSocket(/\/ws$/, (socket) => {
      const server = socket.connectToServer()
      say = (event, payload) => socket.send(JSON.stringify({ type: 'event', event, payload }))
      socket.onMessage((message) => server.send(message))
      server.onMessage((message) => socket.send(message))
    })
  }
  await page.goto(url)
  await page.waitForFunction(
    "performance.getEntriesByName('usable').length * performance.getEntriesByName('first-contentful-paint').length > 0",
  )
  return { context, page, say: (event, payload) => say(event, payload) }
}

const SUMS = { calls: 1, failed: 0, steppedOver: 0, input: 100, output: 20, cached: 300, cost: 0.01 }
const hourAt = (at) => ({
  from: at - 3_540_000,
  stepMs: 60_000,
  since: at - 86_400_000,
  bars: Array.from({ length: 60 }, () => SUMS),
  total: { ...SUMS, calls: 60 },
  accounts: Array.from({ length: 8 }, (_, id) => ({
    id: `anthropic:account-${id * 4}`,
    cells: Array(60).fill('served'),
  })),
})
const callAt = (at, name) => ({
  ...{ call: name, at, face: 'api', session: '', model: 'anthropic/claude-opus-4-6', outcome: 'served', ms: 900 },
  attempts: [
    {
      attempt: 1,
      profile: 'anthropic:account-0',
      model: 'anthropic/claude-opus-4-6',
      outcome: 'served',
      status: 200,
      ms: 900,
    },
  ],
  ...{ tokens: { input: 100, output: 20, cacheRead: 300, cacheWrite: 0 }, cost: 0.01 },
})

/** The longest task of the page's main thread in a trace, ms. */
function longestTask(trace) {
  const { traceEvents } = JSON.parse(trace)
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  )
  return Math.max(
    0,
    ...traceEvents
      .filter(({ name, pid, tid }) => name.endsWith('RunTask') && main.has(`${pid}.${tid}`))
      .map(({ dur = 0 }) => dur / 1000),
  )
}

async function cold(browser, gateway) {
  const { context, page } = await openPage(browser, gateway)
  const found = await page.evaluate(`(() => {
    const usable = performance.getEntriesByName('usable')[0].startTime
    const resources = performance.getEntriesByType('resource').filter(({ startTime }) => startTime < usable)
    return {
      paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      usable,
      // The document, what it loads, and the socket.
      requests: resources.length + 2,
      fonts: performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith(location.origin) || /[.](woff2?|png|jpe?g|webp)$/.test(name)).length,
      nodes: document.getElementsByTagName('*').length,
    }
  })()`)
  found.wide = await page.evaluate(IN_SIGHT)
  found.click = await page.evaluate(`(${CLICK})('.row .name')`)
  await page.setViewportSize(PHONE)
  await page.reload()
  await page.locator('.row').first().waitFor()
  found.phone = await page.evaluate(IN_SIGHT)
  await context.close()
  return found
}

/** 200 accounts and 10,000 calls: looked at, scrolled, filtered, walked. */
async function crowded(browser, gateway) {
  const { context, page, say } = await openPage(browser, gateway, { isRouted: true })
  const nodes = await page.evaluate("document.getElementsByTagName('*').length")
  await page.locator('#link.live').waitFor()
  const now = Date.now()
  const calls = Array.from({ length: ROWS }, (_, at) => callAt(now - at * 5000, `c${at}`))
  await browser.startTracing(page, {
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'],
  })
  for (let at = 0; at < ROWS; at += 200) {
    say('activity', { agentId: 'main', at: now, calls: calls.slice(at, at + 200), notes: [], hour: hourAt(now) })
  }
  await page.locator('.tabs a').nth(1).click()
  await page.locator('.entry').first().waitFor()
  await page.waitForFunction(`document.querySelector('.timeline').scrollHeight > ${ROWS - 1} * 32`)
  for (const part of [0.3, 0.6, 1]) {
    await page.evaluate(`document.querySelector('.timeline').scrollTop = ${part} * ${ROWS * 32}`)
    await page.waitForTimeout(50)
  }
  await page.locator('.check input').click()
  await page.locator('.nothing').waitFor()
  await page.locator('.check input').click()
  const click = await page
    .locator('.entry')
    .first()
    .waitFor()
    .then(() => page.evaluate(`(${CLICK})('.entry')`))
  say('activity', { agentId: 'main', at: now, calls: [callAt(now + 1, 'new')], notes: [], hour: hourAt(now) })
  await page.locator('.tabs a').first().click()
  await page.locator('.row').first().waitFor()
  await page.locator('.filter').fill('account-19')
  await page.waitForTimeout(100)
  const task = longestTask((await browser.stopTracing()).toString())
  await context.close()
  return { nodes, task, click }
}

/** Eight hours with a call a second. */
async function eightHours(browser, gateway) {
  const { context, page, say } = await openPage(browser, gateway, { isRouted: true })
  await page.locator('.tabs a').nth(1).click()
  await page.locator('#link.live').waitFor()
  const client = await context.newCDPSession(page)
  const held = async () => {
    await page.waitForTimeout(200)
    await client.send('HeapProfiler.collectGarbage')
    const { usedSize } = await client.send('Runtime.getHeapUsage')
    const { nodes } = await client.send('Memory.getDOMCounters')
    return { heap: usedSize / MB, nodes }
  }
  const began = Date.now()
  const moments = []
  for (let turn = 0; turn < TURNS; turn++) {
    const at = began + turn * EACH * 1000
    const calls = Array.from({ length: EACH }, (_, one) => callAt(at + one * 1000, `t${turn}.${one}`)).reverse()
    say('activity', {
      agentId: 'main',
      at,
      calls,
      notes: [{ at, id: 'anthropic:account-0', kind: 'ready' }],
      hour: hourAt(at),
    })
    if (turn % 20 === 0) await page.evaluate('new Promise((done) => setTimeout(done))')
    if (turn === TURNS / 2 || turn === TURNS - 1) moments.push(await held())
  }
  await context.close()
  const [half, end] = moments
  return { heap: end.heap, growth: end.heap - half.heap, nodes: end.nodes - half.nodes }
}

/** @returns figures against the budgets of the page; none where there is no Chromium */
export async function page({ rounds }) {
  if (CHROMIUM === undefined) return []
  const { weights } = await pageFiles(process.cwd())
  const stops = []
  try {
    const few = await startGateway(10)
    stops.push(few.stop)
    const many = await startGateway(200)
    stops.push(many.stop)
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    stops.push(() => browser.close())
    const first = []
    const crowd = []
    const hours = []
    // The gateway reads the page when it is first asked for.
    await cold(browser, few)
    for (let round = 0; round < rounds; round++) {
      for (let visit = 0; visit < 3; visit++) first.push(await cold(browser, few))
      crowd.push(await crowded(browser, many))
      hours.push(await eightHours(browser, few))
    }
    const of = (list, name) => list.map((one) => one[name])
    return [
      figure('PAGE', 'first contentful paint, cold, ms', of(first, 'paint'), { most: 150 }),
      figure('PAGE', 'strip and rows drawn, cold, ms', of(first, 'usable'), { most: 250 }),
      figure('PAGE', 'script of the first view, gzip, kB', [weights.first / 1000], { most: 60 }),
      figure('PAGE', 'script of all views and one language, gzip, kB', [weights.all / 1000], { most: 130 }),
      figure('PAGE', 'style, gzip, kB', [weights.style / 1000], { most: 10 }),
      figure('PAGE', 'fonts, images, other hosts', of(first, 'fonts'), { most: 0 }),
      figure('PAGE', 'requests until usable', of(first, 'requests'), { most: 6 }),
      figure('PAGE', 'longest task, 200 accounts and 10,000 calls, ms', of(crowd, 'task'), { most: 50 }),
      figure('PAGE', 'DOM nodes, 10 accounts', of(first, 'nodes'), { most: 700 }),
      figure('PAGE', 'DOM nodes, 200 accounts', of(crowd, 'nodes'), { most: 1500 }),
      figure('PAGE', 'heap after eight hours, MB', of(hours, 'heap'), { most: 40 }),
      figure('PAGE', 'heap grown in the second four hours, MB', of(hours, 'growth'), { most: 2 }),
      figure('PAGE', 'nodes grown in the second four hours', of(hours, 'nodes'), { most: 100 }),
      figure('PAGE', 'a click until a row is open, ms', of(first, 'click'), { most: 50 }),
      figure('PAGE', 'a click until a call is open, among 10,000, ms', of(crowd, 'click'), { most: 50 }),
      figure('PAGE', 'rows in sight, 1440x900', of(first, 'wide'), { least: 10 }),
      figure('PAGE', 'rows in sight, 390x844', of(first, 'phone'), { least: 4 }),
    ]
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}
