// The chat in a real browser when a message does not get through at once: files that were on their way, a gateway that was started anew, somebody else's
// turn meanwhile. Nothing that was typed is lost, and nothing is paid for twice.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import { openclaw, until } from '../support/installation.ts'
import { between, no, type Way } from './between.ts'
import { type PageStage, PNG, pageStage } from './support.ts'

describe.skipIf(CHROMIUM === undefined)('a message that does not get through at once', { timeout: 120_000 }, () => {
  let stage: PageStage
  let page: Page
  let way: Way

  beforeAll(async () => {
    stage = await pageStage()
  }, 60_000)
  afterAll(() => stage?.close())
  beforeEach(async () => {
    const before = async (there: Page): Promise<void> => {
      way = await between(there)
    }
    page = (await stage.open({ at: '#chat', before })).page
    await page.getByRole('button', { name: 'New session' }).click()
    await page.locator('#log .nothing').waitFor()
  })

  const answer = (text: string) => page.locator('.message.assistant .text', { hasText: `You said: ${text}` })
  const typed = (): Promise<string> => page.locator('#message').inputValue()
  const attached = (): Promise<string[]> => page.locator('.attached li span').allInnerTexts()
  const put = async (text: string, names: string[] = []): Promise<void> => {
    const files = names.map((name) => ({ name, mimeType: 'image/png', buffer: PNG }))
    await page.setInputFiles('#attach-files', files)
    await page.fill('#message', text)
    await page.click('#send')
  }
  const call = async (method: string, params: string): Promise<string> => {
    const env = { OPENCLAW_GATEWAY_PORT: String(stage.gateway.port) }
    const ran = await openclaw(stage.place, ['gateway', 'call', method, '--json', '--params', params], { env })
    expect(ran.code, ran.stderr).toBe(0)
    return ran.stdout
  }
  const back = async (count: number): Promise<void> => {
    await until('the page to come back', () => way.opened > count)
    await page.locator('#link.live').waitFor()
  }

  test('a picture goes with its message, whether the receipt or the message was lost', async () => {
    way.holds = ({ method }) => method === 'chat.send'
    await put('Receipt lost?', ['a.png'])
    await until('the gateway to have taken it', () => way.held.length > 0)
    way.holds = no
    let count = way.opened
    way.cut()
    await back(count)
    await answer('Receipt lost?').waitFor()
    await page.locator('.served').first().waitFor()
    expect(await page.locator('.failed').count()).toBe(0)
    way.drops = ({ method }) => method === 'chat.send'
    await put('Message lost?', ['b.png'])
    await until('it to be lost', () => way.dropped > 0)
    way.drops = no
    count = way.opened
    way.cut()
    await back(count)
    await answer('Message lost? [a picture]').waitFor()
    expect(await page.locator('.failed').count()).toBe(0)
    await expect.poll(() => Promise.all([typed(), attached()])).toEqual(['', []])
    // And in the midst of the upload, where even another gateway can be given it.
    way.holds = ({ method }) => method === 'chat.enclose'
    await put('Upload lost?', ['c.png'])
    await until('the upload', () => way.held.length > 1)
    way.holds = no
    way.process = '9'
    count = way.opened
    way.cut()
    await back(count)
    await answer('Upload lost? [a picture]').waitFor()
    await expect.poll(() => page.locator('.message.user').count()).toBe(3)
  })

  test('what a gateway that was started anew never took stands in the field again', async () => {
    way.drops = ({ method }) => method === 'chat.send'
    await put('Do not lose me', ['a.png'])
    await until('it to be lost', () => way.dropped > 0)
    await page.fill('#message', 'and this')
    way.drops = no
    way.process = '9'
    const count = way.opened
    way.cut()
    await back(count)
    await page.locator('.toast', { hasText: 'It stands in the field again' }).waitFor()
    await expect.poll(() => Promise.all([typed(), attached()])).toEqual(['Do not lose me\n\nand this', ['a.png']])
    await expect.poll(() => page.locator('.message').count()).toBe(0)
    await page.click('#send')
    await answer('Do not lose me').waitFor()
    // What it did take does not stand there.
    way.holds = ({ method }) => method === 'chat.send'
    await put('Taken')
    await until('the gateway to have taken it', () => way.held.length > 0)
    const params = JSON.stringify({ sessionKey: await page.locator('#chat-title').innerText() })
    await until('it to be kept', async () => (await call('chat.history', params)).includes('You said: Taken'))
    way.holds = no
    way.process = '8'
    const before = way.opened
    way.cut()
    await back(before)
    await answer('Taken').waitFor()
    await expect.poll(typed).toBe('')
  })

  test('somebody else\u2019s turn during an upload leaves the question, and both answers are shown', async () => {
    const name = await page.locator('#chat-title').innerText()
    way.holds = ({ method }) => method === 'chat.enclose'
    await put('With a picture', ['a.png'])
    await until('the upload', () => way.held.length > 0)
    const params = JSON.stringify({ sessionKey: name, message: 'From elsewhere', idempotencyKey: `else-${name}` })
    await call('chat.send', params)
    await answer('From elsewhere').waitFor()
    const own = page.locator('.message.user .text', { hasText: 'With a picture' })
    await expect.poll(() => own.count()).toBe(1)
    await expect.poll(() => page.locator('#send').isDisabled()).toBe(true)
    way.holds = no
    for (const release of way.held.splice(0)) release()
    await answer('With a picture [a picture]').waitFor()
    // One that goes on to another conversation meanwhile is sent where it was meant for.
    way.holds = ({ method }) => method === 'chat.enclose'
    await put('Meant for here', ['b.png'])
    await until('the upload', () => way.held.length > 0)
    await page.getByRole('button', { name: 'New session' }).click()
    await page.locator('#log .nothing').waitFor()
    way.holds = no
    for (const release of way.held.splice(0)) release()
    await put('Elsewhere')
    await answer('Elsewhere').waitFor()
    await expect.poll(() => page.locator('.message').count()).toBe(2)
    await page.getByRole('button', { name }).click()
    await answer('Meant for here').waitFor()
  })

  test('what no model could be shown is told of by name before anything is sent, and the rest is made ready', async () => {
    const toast = (text: string) => page.locator('.toast', { hasText: text }).waitFor()
    const choose = (name: string, mimeType: string, buffer: Buffer) =>
      page.setInputFiles('#attach-files', { name, mimeType, buffer })
    const MB = 1024 * 1024
    await choose('empty.txt', 'text/plain', Buffer.alloc(0))
    await toast('empty.txt is empty')
    await choose('a.docx', 'application/zip', Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xfe, 0x80]))
    await toast('a.docx is no picture')
    await choose('a.svg', 'image/svg+xml', Buffer.from('<svg>'))
    await toast('a.svg is a picture that this browser cannot draw')
    await choose('a.pdf', 'application/pdf', Buffer.alloc(11 * MB, 7))
    await choose('b.pdf', 'application/pdf', Buffer.alloc(11 * MB, 7))
    await toast('b.pdf does not fit')
    await expect.poll(attached).toEqual(['a.pdf'])
    await page.getByRole('button', { name: 'Do not show a.pdf' }).click()
    // As Windows writes it.
    await choose('wide.csv', 'text/csv', Buffer.from('\ufeffna\u00efve;1', 'utf16le'))
    await page.evaluate(`{
      const dropped = (target, name, kind) => {
        const data = new DataTransfer()
        data.items.add(new File(['dropped'], name, { type: 'text/plain' }))
        const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true })
        document.querySelector(target).dispatchEvent(event)
        return event.defaultPrevented
      }
      window.prevented = [dropped('#log', 'x', 'dragover'), dropped('#log', 'log.txt', 'drop'), dropped('header', 'gone.txt', 'drop')]
      const table = new DataTransfer()
      table.setData('text/plain', 'A1 B1')
      table.items.add(new File([new Uint8Array(10)], 'image.png', { type: 'image/png' }))
      const paste = new ClipboardEvent('paste', { clipboardData: table, bubbles: true, cancelable: true })
      document.querySelector('#message').dispatchEvent(paste)
      window.prevented.push(paste.defaultPrevented)
    }`)
    expect(await page.evaluate('window.prevented')).toEqual([true, true, true, false])
    await page.locator('.attached li').nth(1).waitFor()
    await expect.poll(attached).toEqual(['wide.csv', 'log.txt'])
    // More than a megabyte, and nearly all of it transparent.
    const large = await page.evaluate(`(async () => {
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = 800
      const pencil = canvas.getContext('2d')
      const noise = pencil.createImageData(800, 500)
      for (let from = 0; from < noise.data.length; from += 65536) crypto.getRandomValues(noise.data.subarray(from, from + 65536))
      pencil.putImageData(noise, 0, 300)
      pencil.clearRect(0, 0, 800, 300)
      return canvas.toDataURL('image/png').split(',')[1]
    })()`)
    const picture = Buffer.from(String(large), 'base64')
    expect(picture.length).toBeGreaterThan(MB)
    await choose('clear.png', 'image/png', picture)
    await page.locator('.attached li').nth(2).waitFor()
    const shown: Buffer[] = []
    const texts: string[] = []
    way.hears = ({ method, params }) => {
      if (method !== 'chat.enclose') return
      const data = Buffer.from(String(params?.data), 'base64')
      if (params?.mediaType === 'image/jpeg') shown.push(data)
      else texts.push(data.toString())
    }
    await page.fill('#message', 'All of it')
    await page.click('#send')
    await answer('All of it').waitFor()
    expect(texts).toEqual(['na\u00efve;1', 'dropped'])
    const corner = await page.evaluate(
      `(async () => {
        const bytes = Uint8Array.from(atob('${Buffer.concat(shown).toString('base64')}'), (one) => one.charCodeAt(0))
        const canvas = document.createElement('canvas')
        const pencil = canvas.getContext('2d')
        pencil.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0)
        return [...pencil.getImageData(4, 4, 1, 1).data]
      })()`,
    )
    expect(corner).toEqual([255, 255, 255, 255])
  })
})
