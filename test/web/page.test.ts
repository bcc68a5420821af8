// The page as files: what its strict policy needs, what it must never do, what it may weigh, and that the gateway serves all of it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pageFiles } from '../../scripts/page.mjs'
import { sources } from '../../scripts/rules/files.mjs'
import { say, stand } from '../gateway/support.ts'
import { ROOT } from '../support/installation.ts'
import { build } from '../support/program.ts'

const FOLDER = 'src/web/page'

test('has no script, style or handler of its own markup, and loads from its own origin only', async () => {
  const html = await readFile(join(ROOT, FOLDER, 'index.html'), 'utf8')
  expect(html).not.toMatch(/<script(?![^>]*\bsrc="\/)|<style|\sstyle=|\son\w+=/i)
  for (const { name, text } of await sources(ROOT, [FOLDER], /\.(?:tsx?|css|html)$/)) {
    expect(text, name).not.toMatch(/['"(]https?:\/\/|@import|url\(/)
  }
})

test('never turns text into markup or code, and keeps nothing in the browser', async () => {
  for (const { name, text } of await sources(ROOT, [FOLDER], /\.tsx?$/)) {
    expect(text, name).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment/i,
    )
    expect(text, name).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie/)
  }
})

test('is small: what the first view needs, all of it, and its style', async () => {
  const { weights } = await pageFiles(ROOT)
  if (weights === undefined) throw new Error('there is no page')
  expect(weights.first).toBeGreaterThan(5000)
  expect(weights.first).toBeLessThan(60_000)
  expect(weights.all).toBeLessThan(130_000)
  expect(weights.style).toBeLessThan(10_000)
})

test('is served whole, compressed where that is wanted, to be kept by its names, under a policy without exceptions', async () => {
  await build()
  const on = await stand()
  const document = await say(on.url, '/')
  expect(document).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' },
  })
  const paths = [...document.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => path ?? '')
  expect(paths.map((path) => path.replace(/-[A-Z0-9]{8}/, '')).slice(0, 2)).toEqual(['/page/app.css', '/page/app.js'])
  const scripts = new Set<string>()
  for (const path of paths) {
    const plain = await say(on.url, path)
    const packed = await say(on.url, path, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(plain, path).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'public, max-age=31536000, immutable' },
    })
    expect(packed.headers['content-encoding'], path).toBe('gzip')
    expect(Number(packed.headers['content-length']), path).toBeLessThan(Number(plain.headers['content-length']))
    expect(plain.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    for (const [, name] of plain.text.matchAll(/["']\.\/([\w-]+\.js)["']/g)) scripts.add(`/page/${name}`)
  }
  expect(scripts.size).toBeGreaterThan(3)
  for (const path of scripts) expect((await say(on.url, path)).status, path).toBe(200)
  expect((await say(on.url, '/page/app.js')).status).toBe(404)
  expect((await say(on.url, '/page/openclaw.js')).status).toBe(404)
})
