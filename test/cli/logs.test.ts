// `logs`: what the gateway wrote down, readable, raw, and as it comes.
import { spawn } from 'node:child_process'
import { appendFile, mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, PROGRAM, until } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
let path: string
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({ profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] })
  path = join(place.state, 'logs', 'gateway.log')
})
afterEach(() => place.remove())

const line = (message: string, fields = {}): string =>
  `${JSON.stringify({ at: '2026-11-21T19:00:01.123Z', level: 'warn', message, ...fields })}\n`

it('is what the gateway logged, also when it has ended, and holds no secret', async () => {
  expect(await openclaw(place, ['logs'])).toMatchObject({ code: 0, stdout: '' })
  const gateway = await startGateway(place, { args: ['--verbose'] })
  const answer = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}` },
    body: '{"model":"nobody/nothing","max_tokens":1,"messages":[]}',
  })
  await answer.text()
  await writeFile(join(place.state, 'openclaw.json'), '{ broken')
  await until('a complaint', () => (gateway.said().includes('could not be read') ? true : undefined))
  await gateway.stop()
  await writeFile(join(place.state, 'openclaw.json'), '{}')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const { stdout } = await openclaw(place, ['logs'])
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ error a change could not be read; .* what=\S+ why="/m)
  const json = (await openclaw(place, ['logs', '--json'])).stdout.trim().split('\n')
  expect(json.map((text) => JSON.parse(text)).at(-1)).toMatchObject({ level: 'error' })
  for (const text of [stdout, ...json]) expect(text).not.toContain(gateway.token)
})

it('leaves no file behind where there was nothing to log', async () => {
  const gateway = await startGateway(place)
  await gateway.stop()
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

it('shows the last lines, of the file before as well, each as one line that steers nothing', async () => {
  await mkdir(join(place.state, 'logs'))
  await writeFile(`${path}.1`, line('one'))
  await writeFile(path, `${line('two', { why: 'a "b"\nc' }) + line('three\u001b[2J')}{torn`)
  expect((await openclaw(place, ['logs'])).stdout).toBe(
    [
      '2026-11-21 19:00:01Z warn  one\n',
      '2026-11-21 19:00:01Z warn  two why="a \\"b\\"\\nc"\n',
      '2026-11-21 19:00:01Z warn  three?[2J\n',
    ].join(''),
  )
  expect((await openclaw(place, ['logs', '--lines', '1', '--json'])).stdout).toBe(line('three\u001b[2J'))
})

it('follows the file as it grows and when a new one takes its place', async () => {
  await mkdir(join(place.state, 'logs'))
  await writeFile(path, line('before'))
  const child = spawn(process.execPath, [PROGRAM, 'logs', '--follow', '--lines', '0'], {
    cwd: place.cwd,
    env: place.env,
  })
  let text = ''
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString()
  })
  const shows = (what: string): Promise<boolean> => until(what, () => (text.includes(`${what}\n`) ? true : undefined))
  try {
    // It may still be starting: whatever it finds there at first is not shown.
    await until('a first line', async () => {
      await appendFile(path, line('hello'))
      return text.includes('hello\n') ? true : undefined
    })
    await appendFile(path, line('second é'))
    await shows('second é')
    await appendFile(path, line('last of the old'))
    await rename(path, `${path}.1`)
    await writeFile(path, line('first of the new'))
    await shows('last of the old')
    await shows('first of the new')
    expect(text).not.toContain('before')
    expect(text.match(/second é/g)).toHaveLength(1)
  } finally {
    child.kill('SIGKILL')
  }
})

it('says which file cannot be read', async () => {
  await mkdir(path, { recursive: true })
  const ran = await openclaw(place, ['logs'])
  expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`Run: ls -ld '${path}'`) })
})
