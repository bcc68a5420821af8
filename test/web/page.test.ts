// The page as files: what its strict policy needs, what it must never do, and that the gateway serves all of it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HTTP_ROUTES } from '../../src/gateway/routes.ts'
import { ROOT } from '../support/installation.ts'

const FOLDER = join(ROOT, 'src/web/page')
const read = (name: string): Promise<string> => readFile(join(FOLDER, name), 'utf8')
const names = await readdir(FOLDER)
const scripts = await Promise.all(
  names.filter((name) => name.endsWith('.js')).map(async (name) => [name, await read(name)] as const),
)
const html = await read('index.html')
const css = await read('style.css')

describe('the page', () => {
  test('has no script, style or handler of its own markup, and loads from its own origin only', () => {
    expect(html).not.toMatch(/<script(?![^>]*\bsrc="\/)|<style|\sstyle=|\son\w+=/i)
    for (const [, text] of [['index.html', html], ['style.css', css], ...scripts] as const) {
      expect(text).not.toMatch(/https?:\/\/|@import|url\(/)
    }
  })

  test.each(scripts)('%s never turns text into markup or code, and keeps nothing in the browser', (_name, text) => {
    expect(text).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment/,
    )
    expect(text).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie/)
  })

  test('is served whole: each file is a public route of the gateway', () => {
    const served = HTTP_ROUTES.filter(({ handler }) => handler === 'page').map(({ path }) => path)
    const files = names.map((name) => (name === 'index.html' ? '/' : `/${name}`))
    expect(served.sort()).toEqual(files.sort())
    for (const [, text] of scripts) {
      for (const [, target] of text.matchAll(/from '\.(\/[^']+)'/g)) expect(files).toContain(target)
    }
  })

  test('gives every field a label and every id that a script looks for', () => {
    for (const [, id] of html.matchAll(/<(?:input|select|textarea)[^>]*\bid="([^"]+)"/g))
      expect(html).toContain(`for="${id}"`)
    for (const [, text] of scripts) {
      for (const [, id] of text.matchAll(/byId\('([^']+)'\)/g)) expect(html).toContain(`id="${id}"`)
    }
  })

  test('needs few requests and few bytes', () => {
    // The script that adds accounts comes when one is added.
    expect(names.filter((name) => name !== 'add.js').length).toBeLessThanOrEqual(6)
    for (const [name, text] of scripts) expect(text, name).not.toMatch(/^import [^(]*add\.js/m)
    expect(scripts.reduce((sum, [, text]) => sum + text.length, 0)).toBeLessThan(40_000)
  })
})
