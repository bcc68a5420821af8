// `dashboard`: a code that works once, never the token, and a browser only where somebody sees it.
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { build, onTerminal } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
let gateway: GatewayProcess
let env: Record<string, string>
beforeAll(async () => {
  await build()
  place = await install({ profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] })
  gateway = await startGateway(place)
  env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
}, 60_000)
afterAll(async () => {
  await gateway.stop()
  await place.remove()
})

const login = async (url: string): Promise<number> => {
  const code = new URL(url).hash.replace('#code=', '')
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${gateway.url}/login`, { method: 'POST', headers, body: JSON.stringify({ code }) })).status
}

it('gives no code where what the gateway says may be kept, and one on a terminal', async () => {
  await until('its banner', () => (gateway.said().includes('page') ? true : undefined))
  expect(gateway.said()).toContain(`page      ${gateway.url}/  (to be let in: openclaw dashboard)`)
  expect(gateway.said()).not.toContain('#code=')
  const screen = onTerminal(place, ['gateway', '--port', '0'])
  await screen.shows('/#code=')
  screen.type('\u0003')
  expect((await screen.exit).code).toBe(0)
})

it('prints the address alone, with a code that lets one browser in', async () => {
  const ran = await openclaw(place, ['dashboard', '--no-open'], { env })
  expect(ran).toMatchObject({ code: 0, stderr: 'The code works once, within 10 minutes.\n' })
  expect(ran.stdout).toMatch(new RegExp(`^${gateway.url}/#code=[\\w-]{20,}\\n$`))
  expect(ran.stdout).not.toContain(gateway.token)
  expect(await login(ran.stdout.trim())).toBe(200)
  expect(await login(ran.stdout.trim())).toBe(401)
  const json = JSON.parse((await openclaw(place, ['dashboard', '--json'], { env })).stdout)
  expect(await login(json.url)).toBe(200)
})

it('opens a browser where there is a screen, without handing it our secrets', async () => {
  const bin = join(place.dir, 'bin')
  await mkdir(bin)
  await writeFile(
    join(bin, 'xdg-open'),
    `#!/bin/sh\nenv > '${place.dir}/env'\nprintf '%s\\n' "$@" > '${place.dir}/opened'\n`,
  )
  await chmod(join(bin, 'xdg-open'), 0o755)
  const withBin = { ...env, PATH: `${bin}:${place.env.PATH}`, OPENAI_API_KEY: apiKey('oooo') }
  const headless = await openclaw(place, ['dashboard'], { env: withBin })
  expect(headless).toMatchObject({ code: 0 })
  expect(headless.stderr).toContain('No browser could be opened here')
  const shown = await openclaw(place, ['dashboard'], { env: { ...withBin, DISPLAY: ':9' } })
  expect(shown).toMatchObject({ code: 0, stderr: 'The code works once, within 10 minutes.\n' })
  const opened = await until('the browser', async () => {
    const text = await readFile(join(place.dir, 'opened'), 'utf8').catch(() => '')
    return text.endsWith('\n') ? text : undefined
  })
  // In the arguments of a program everybody could read the code.
  const path = join(place.state, 'dashboard.html')
  expect(opened).toBe(`${path}\n`)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toContain(`content="0;url=${shown.stdout.trim()}"`)
  expect(await readFile(join(place.dir, 'env'), 'utf8')).not.toContain('OPENAI_API_KEY')
})

it('says so when there is no browser, and when no gateway runs', async () => {
  const none = await openclaw(place, ['dashboard'], { env: { ...env, DISPLAY: ':9', PATH: '/nonexistent' } })
  expect(none).toMatchObject({ code: 0 })
  expect(none.stderr).toContain('open the address yourself')
  const elsewhere = { OPENCLAW_STATE_DIR: join(place.dir, 'other'), OPENCLAW_GATEWAY_PORT: '1' }
  const absent = await openclaw(place, ['dashboard'], { env: elsewhere })
  expect(absent).toMatchObject({ code: 1, stdout: '' })
  expect(absent.stderr).toContain('Run: openclaw gateway')
})
