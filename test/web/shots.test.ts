// How the page looks: every view as a picture, light and dark, wide and on a phone, in four languages, enlarged and in forced colours, compared with
// how it looked. `npm run shots` takes the pictures anew; whoever does so looks at them. They are kept small: every other dot, few greys.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import { ROOT } from '../support/installation.ts'
import { PAGE_VIEWS, type PageView, PHONE, type Still, still, WIDE } from './still.ts'

const FOLDER = join(ROOT, 'test/web/shots')
const IS_RENEWED = process.env.KEYCLAW_SHOTS === 'renew'

/** How a view is looked at once it is there. */
type Look = { name: string; viewport: { width: number; height: number }; media: Parameters<Page['emulateMedia']>[0] }

const light = { colorScheme: 'light', forcedColors: 'none' } as const
const LOOKS: readonly Look[] = [
  { name: 'wide-light', viewport: WIDE, media: light },
  { name: 'wide-dark', viewport: WIDE, media: { ...light, colorScheme: 'dark' } },
  { name: 'phone-light', viewport: PHONE, media: light },
  { name: 'phone-dark', viewport: PHONE, media: { ...light, colorScheme: 'dark' } },
]
const FIRST_VIEW_LOOKS: readonly Look[] = [
  ...LOOKS,
  { name: 'enlarged', viewport: { width: 360, height: 225 }, media: light },
  { name: 'forced-colours', viewport: WIDE, media: { ...light, forcedColors: 'active' } },
]

type Visit = { view: PageView; language: string; looks: readonly Look[] }
const VISITS: readonly Visit[] = PAGE_VIEWS.flatMap(({ view }): Visit[] => [
  { view, language: 'en', looks: view === 'accounts' ? FIRST_VIEW_LOOKS : LOOKS },
  ...['ko', 'zh-Hant', 'fil'].map((language) => ({ view, language, looks: LOOKS.slice(0, 1) })),
])

/** Folders and ports are of this run. */
const PLAIN = `(() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walk.nextNode(); node; node = walk.nextNode())
    node.data = node.data.replace(/\\/\\S*keyclaw-flow-[A-Za-z0-9]+/g, '/home/somebody').replace(/127\\.0\\.0\\.1:\\d+/g, '127.0.0.1:18789')
  for (const field of document.querySelectorAll('input')) if (/^\\d{4,5}$/.test(field.value) && field.value === location.port) field.value = '18789'
})()`

/** A picture at half the size with eight steps of each colour, as a data URL; what is compared is what is kept. */
const SMALL = `async (url) => {
  const image = new Image()
  image.src = url
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width / 2)
  canvas.height = Math.round(image.height / 2)
  const pen = canvas.getContext('2d')
  pen.drawImage(image, 0, 0, canvas.width, canvas.height)
  const dots = pen.getImageData(0, 0, canvas.width, canvas.height)
  for (let at = 0; at < dots.data.length; at += 4)
    for (let part = 0; part < 3; part++) dots.data[at + part] = Math.round(dots.data[at + part] / 34) * 34
  pen.putImageData(dots, 0, 0)
  return canvas.toDataURL('image/png')
}`

/** How much of two pictures differs: the part of squares of 8x8 dots whose mean colour is another one. */
const DIFFERENCE = `async ([before, after]) => {
  const read = async (url) => {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    const pen = canvas.getContext('2d')
    pen.drawImage(image, 0, 0)
    return pen.getImageData(0, 0, image.width, image.height)
  }
  const [a, b] = [await read(before), await read(after)]
  if (a.width !== b.width || a.height !== b.height) return 1
  let other = 0
  let all = 0
  for (let y = 0; y < a.height; y += 8)
    for (let x = 0; x < a.width; x += 8) {
      const sums = [0, 0, 0]
      let dots = 0
      for (let v = y; v < Math.min(y + 8, a.height); v++)
        for (let u = x; u < Math.min(x + 8, a.width); u++, dots++)
          for (let part = 0; part < 3; part++)
            sums[part] += a.data[(v * a.width + u) * 4 + part] - b.data[(v * a.width + u) * 4 + part]
      all++
      if (sums.some((sum) => Math.abs(sum / dots) > 10)) other++
    }
  return other / all
}`
/** One row of the list that looks different is more. */
const MOST = 0.004

/** How this machine draws letters of four languages: other fonts, another browser, other pictures. */
const FONTS = `async () => {
  const canvas = document.createElement('canvas')
  canvas.width = 600
  canvas.height = 90
  const pen = canvas.getContext('2d')
  ;['system-ui, sans-serif', 'ui-monospace, monospace'].forEach((font, at) => {
    pen.font = '16px ' + font
    pen.fillText('Hamburgefonstiv 0123 ● ◐ ▲ ⌕ ⚙ 계정 帳號 mga setting', 4, 24 + at * 40)
  })
  const bytes = new TextEncoder().encode(canvas.toDataURL())
  let hash = 5381
  for (const byte of bytes) hash = ((hash * 33) ^ byte) >>> 0
  return hash.toString(16)
}`

const path = (name: string): string => join(FOLDER, `${name}.png`)
const asUrl = (bytes: Buffer): string => `data:image/png;base64,${bytes.toString('base64')}`
const fromUrl = (url: string): Buffer => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')

describe.skipIf(CHROMIUM === undefined)('how the page looks', { timeout: 180_000 }, () => {
  let on: Still
  let scratch: Page
  let isOther = false

  beforeAll(async () => {
    on = await still()
    scratch = await on.browser.newPage()
    const fonts = String(await scratch.evaluate(`(${FONTS})()`))
    await mkdir(FOLDER, { recursive: true })
    if (IS_RENEWED) await writeFile(join(FOLDER, 'fonts.txt'), `${fonts}\n`)
    const known = (await readFile(join(FOLDER, 'fonts.txt'), 'utf8').catch(() => '')).trim()
    isOther = known !== fonts
    if (isOther) {
      process.stderr.write(
        `Pictures are not compared: this machine draws letters as ${fonts}, the pictures were taken with ${known}. "npm run shots" takes them anew.\n`,
      )
    }
  }, 60_000)
  afterAll(() => on?.close())

  const small = async (bytes: Buffer): Promise<string> =>
    String(await scratch.evaluate(`(${SMALL})(${JSON.stringify(asUrl(bytes))})`))

  /** @returns what is wrong with it; nothing where it is as it was */
  const look = async (page: Page, name: string): Promise<string | undefined> => {
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    const now = await small(picture)
    if (IS_RENEWED) {
      await writeFile(path(name), fromUrl(now))
      return undefined
    }
    const before = await readFile(path(name))
    const difference = Number(await scratch.evaluate(`(${DIFFERENCE})(${JSON.stringify([asUrl(before), now])})`))
    if (difference <= MOST) return undefined
    const seen = join(tmpdir(), `keyclaw-${name}.png`)
    await writeFile(seen, picture)
    return `${(difference * 100).toFixed(2)} % of ${name} differs; ${seen} shows it. If that is meant: npm run shots`
  }

  test.for(VISITS)('$view in $language is as it was', async ({ view, language, looks }, { skip }) => {
    if (isOther) skip()
    const { context, page } = await on.open(view, { locale: language })
    onTestFinished(() => context.close())
    await page.locator(`html[lang="${language}"]`).waitFor()
    const wrong: (string | undefined)[] = []
    for (const { name, viewport, media } of looks) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ reducedMotion: 'reduce', ...media })
      await page.evaluate(PLAIN)
      wrong.push(await look(page, `${view}-${language === 'en' ? name : language}`))
    }
    expect(wrong.filter((one) => one !== undefined)).toEqual([])
  })
})
