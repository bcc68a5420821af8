// A running gateway is found by the commands of its own installation, wherever it listens and whatever its token, and by no others.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, readJson, until } from '../support/installation.ts'
import { build } from '../support/program.ts'

const TOKEN = 'a-token-that-both-installations-have'
const noteOf = (place: Installation): string => join(place.state, 'gateway.json')

beforeAll(build, 60_000)

describe('a gateway on a port of its own, with a token of its own environment', () => {
  let place: Installation
  let other: Installation
  let gateway: GatewayProcess

  beforeAll(async () => {
    // Nobody listens at port 1.
    place = await install({ env: { OPENCLAW_GATEWAY_PORT: '1' } })
    gateway = await startGateway(place, { env: { OPENCLAW_GATEWAY_TOKEN: TOKEN }, token: TOKEN })
    other = await install({ env: { OPENCLAW_GATEWAY_PORT: String(gateway.port), OPENCLAW_GATEWAY_TOKEN: TOKEN } })
    await until('its note', () => readFile(noteOf(place)).catch(() => undefined))
  }, 60_000)
  afterAll(async () => {
    await gateway.stop()
    await other.remove()
    await place.remove()
  })

  const json = async (of: Installation, args: string[], env = {}) =>
    JSON.parse((await openclaw(of, [...args, '--json'], { env })).stdout)

  test('notes itself without a secret, for its user alone', async () => {
    expect((await stat(noteOf(place))).mode & 0o777).toBe(0o600)
    expect(await readJson(noteOf(place))).toMatchObject({ gateways: [{ pid: gateway.pid, url: gateway.url }] })
    expect(await readFile(noteOf(place), 'utf8')).not.toContain(TOKEN)
  })

  test('is found without its port, and without its token seen to be there', async () => {
    const before = await readdir(place.state)
    const env = { OPENCLAW_GATEWAY_TOKEN: TOKEN }
    const told = { state: 'running', pid: gateway.pid, url: gateway.url }
    expect((await json(place, ['status', '--timeout', '20000'], env)).gateway).toMatchObject(told)
    expect(await json(place, ['gateway', 'status', '--timeout', '20000'], env)).toMatchObject(told)
    expect((await openclaw(place, ['dashboard', '--no-open'], { env })).stdout).toContain(`${gateway.url}/#code=`)
    expect(await json(place, ['gateway', 'call', 'status'], env)).toMatchObject({ pid: gateway.pid })
    expect((await json(place, ['status', '--timeout', '20000'])).gateway).toMatchObject({ ...told, state: 'refused' })
    const reset = await openclaw(place, ['reset', '--scope', 'full', '--yes'])
    expect(reset).toMatchObject({ code: 1, stderr: expect.stringContaining(`Run: kill ${gateway.pid}`) })
    expect(await readdir(place.state)).toEqual(before)
  })

  test('is not taken for theirs by commands of another installation with the same port and token', async () => {
    expect((await json(other, ['status', '--timeout', '20000'])).gateway).toMatchObject({
      state: 'foreign',
      pid: gateway.pid,
    })
    const text = await openclaw(other, ['gateway', 'status'])
    expect(text).toMatchObject({ code: 1, stdout: expect.stringContaining(`is that of ${place.state}`) })
    const refused = await openclaw(other, ['dashboard', '--no-open'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`is that of ${place.state}`) })
    expect((await openclaw(other, ['gateway', 'call', 'health'])).code).toBe(1)
    const { code } = await openclaw(other, ['gateway', 'call', 'health', '--url', gateway.url, '--token', TOKEN])
    expect(code).toBe(0)
    expect(await json(other, ['reset', '--scope', 'config', '--yes'])).toMatchObject({ ok: true })
  })
})

test('the note of one that was killed counts for nothing, and goes with the next one', async () => {
  const place = await install({ env: { OPENCLAW_GATEWAY_PORT: String(await freePort()) } })
  try {
    // A pid that lives, with the life of another process.
    const dead = {
      pid: process.pid,
      host: (await import('node:os')).hostname(),
      life: 'another',
      url: 'http://127.0.0.1:1',
    }
    await writeFile(noteOf(place), JSON.stringify({ version: 1, gateways: [dead] }), { mode: 0o600 })
    const seen = JSON.parse((await openclaw(place, ['status', '--json'])).stdout)
    expect(seen.gateway).toMatchObject({ state: 'absent' })
    const gateway = await startGateway(place)
    // From then on it hears signals; its note is there before.
    await until('its banner', () => gateway.said().includes('Try it') || undefined)
    expect(await readJson(noteOf(place))).toMatchObject({ gateways: [{ pid: gateway.pid }] })
    await gateway.stop()
    await expect(stat(noteOf(place))).rejects.toMatchObject({ code: 'ENOENT' })
  } finally {
    await place.remove()
  }
})
