// `docs`: the list, one page as text, other languages, other addresses, and pages that do not exist; the gateway serves the same pages.
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway-process.ts'
import { openclaw } from '../support/installation.ts'
import { sharedPlace } from '../support/program.ts'

const place = sharedPlace()

test('the list has one line for each page, and JSON says in which languages it is', async () => {
  const { code, stdout } = await openclaw(place(), ['docs'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^authentication +\S.*\n/)
  expect(stdout).toMatch(/^oauth +\S/m)
  const json = JSON.parse((await openclaw(place(), ['docs', '--json'])).stdout)
  expect(json.lang).toBe('en')
  expect(json.topics.map(({ topic }: { topic: string }) => topic)).toEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  )
  expect(json.topics[0]).toMatchObject({ topic: 'authentication', languages: ['en', 'ko', 'zh-Hant', 'fil'] })
  expect(await readdir(place().state)).toEqual([])
})

test('a page is text: headings, indented code, no marks of links', async () => {
  const { code, stdout, stderr } = await openclaw(place(), ['docs', 'concepts/oauth'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^# OAuth\n/)
  expect(stdout).toContain('\n    openclaw models auth login --provider openai-codex\n')
  expect(stdout).toContain('(openclaw docs model-failover)')
  expect(stdout).not.toMatch(/```|\]\(|\*\*|\|---/)
})

test('a page comes in the language that the flag or the address names, else in English with a note', async () => {
  const korean = await openclaw(place(), ['docs', '/ko-KR/gateway/oauth'])
  expect(korean.stdout).toContain('에이전트')
  expect((await openclaw(place(), ['docs', 'oauth', '--lang', 'ko'])).stdout).toBe(korean.stdout)
  const faq = await openclaw(place(), ['docs', '/ko-KR/help/faq'])
  expect(faq).toMatchObject({ code: 0, stdout: expect.stringMatching(/^# /) })
  expect(faq.stderr).toBe('There is no page on faq in ko; this is the one in en.\n')
  expect((await openclaw(place(), ['docs', '--lang', 'zh-TW'])).stdout).toMatch(/^authentication +\p{sc=Han}/u)
})

test('what does not exist is an error that lists what does', async () => {
  const page = await openclaw(place(), ['docs', 'oaut'])
  expect(page).toMatchObject({ code: 1, stdout: '' })
  expect(page.stderr).toMatch(/^Error: There is no page "oaut" \(Did you mean oauth\?\) There are: authentication, /)
  expect(page.stderr).toContain('Run: openclaw docs oauth\n')
  const language = await openclaw(place(), ['docs', '--lang', 'tlh', '--json'])
  expect(JSON.parse(language.stdout)).toMatchObject({ ok: false, exitCode: 1, error: { code: 'usage' } })
  expect(language.stdout).toContain('en, ko, zh-Hant, fil')
  for (const name of ['../../package', '__proto__', 'constructor', 'index', 'ko/../oauth']) {
    expect((await openclaw(place(), ['docs', name])).code, name).toBe(1)
  }
})

/** Without a client that tidies the address up. */
function get(port: number, path: string): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, host: '127.0.0.1' }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        text += piece
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('the gateway serves every page to everybody, under a policy that allows no script', async () => {
  const gateway = await startGateway(place())
  try {
    const list = await get(gateway.port, '/docs')
    expect(list).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    const policy = String(list.headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; style-src 'self';/)
    expect(policy).not.toMatch(/script-src|connect-src|\*|unsafe/)
    const links = [...list.text.matchAll(/href="(\/[^"#]*)"/g)].map(([, path = '']) => path)
    expect(links).toEqual(expect.arrayContaining(['/docs/style.css', '/docs/oauth', '/docs/ko']))
    for (const path of [...links, '/docs/', '/docs/concepts/oauth', '/docs/ko-KR/gateway/oauth', '/docs/zh-TW/oauth']) {
      expect((await get(gateway.port, path)).status, path).toBe(200)
    }
    expect((await get(gateway.port, '/docs/fil/concepts/oauth')).text).toContain('<html lang="fil">')
    expect((await get(gateway.port, '/docs/ko/faq')).text).toContain('<html lang="en">')
    const data = await get(gateway.port, '/docs/ko/oauth.json')
    expect(JSON.parse(data.text)).toMatchObject({ lang: 'ko', topic: 'oauth', title: 'OAuth' })
    expect(JSON.parse((await get(gateway.port, '/docs/ko.json')).text)).toMatchObject({ lang: 'ko' })
    for (const path of ['/docs/none.json', '/docs/en/index.json', '/docs/style.css.json', '/docs/__proto__.json']) {
      expect((await get(gateway.port, path)).status, path).toBe(404)
    }
    for (const path of ['/docs/none', '/docs/index.json', '/docs/en/oauth.html', '/docs/__proto__', '/docs/ko/index']) {
      expect((await get(gateway.port, path)).status, path).toBe(404)
    }
    for (const path of ['/docs/../openclaw.json', '/docs/%2e%2e/x', '/docs//oauth']) {
      expect((await get(gateway.port, path)).status, path).toBe(400)
    }
    expect((await get(gateway.port, '/')).text).toContain('href="/docs"')
  } finally {
    await gateway.stop()
  }
})
