// The log on the disk: whole lines in order, private, of bounded size, and never in the way.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DAY_MS } from '../../src/core/expiry.ts'
import { openLogFile } from '../../src/system/log-file.ts'
import { createSystem } from '../../src/system/system.ts'

const system = createSystem({ logLevel: 'silent' })
let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyclaw-test-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('lines arrive in order in a file that only its owner reads, and nothing is made before the first', async () => {
  const path = join(dir, 'logs', 'gateway.log')
  const file = openLogFile(system, path)
  await file.close()
  await expect(stat(path)).rejects.toThrow('ENOENT')
  for (let at = 0; at < 100; at++) file.write(`${at}\n`)
  await file.close()
  expect(await readFile(path, 'utf8')).toBe(Array.from({ length: 100 }, (_, at) => `${at}\n`).join(''))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(dir, 'logs'))).mode & 0o777).toBe(0o700)
})

test('a full file becomes the one before, and the one before that goes', async () => {
  const path = join(dir, 'gateway.log')
  const file = openLogFile(system, path, 20)
  for (const line of ['first-12345678\n', 'second-1234567\n', 'third-12345678\n']) {
    file.write(line)
    await file.close()
  }
  expect(await readFile(path, 'utf8')).toBe('third-12345678\n')
  expect(await readFile(`${path}.1`, 'utf8')).toBe('second-1234567\n')
})

test('a flood is cut, and a disk that refuses stops nobody', async () => {
  const path = join(dir, 'gateway.log')
  const file = openLogFile(system, path)
  const line = `${'x'.repeat(1023)}\n`
  for (let at = 0; at < 5000; at++) file.write(line)
  await file.close()
  expect((await stat(path)).size).toBe(1024 * 1024)
  await writeFile(join(dir, 'taken'), '')
  const blocked = openLogFile(system, join(dir, 'taken', 'gateway.log'))
  blocked.write('lost\n')
  await blocked.close()
})

test('of a flood it is said how many lines are lost', async () => {
  const said: unknown[] = []
  const log = { ...system.log, warn: (_: string, fields?: object) => said.push(fields) }
  const path = join(dir, 'calls.log')
  const file = openLogFile({ ...system, log }, path, 1000, undefined, 10)
  for (const line of ['12345678\n', 'a\n', 'b\n', '\n']) file.write(line)
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('12345678\n\n')
  expect(said).toEqual([{ file: path, lines: 2 }])
})

test('two who find the file full at once turn it over once, and neither loses a line', async () => {
  const lost: string[] = []
  for (let round = 0; round < 20; round++) {
    const path = join(dir, `${round}.log`)
    await writeFile(path, `history-${'x'.repeat(90)}\n`)
    await writeFile(`${path}.1`, 'older\n')
    const writers = ['a', 'b', 'c'].map((name) => ({ name, file: openLogFile(system, path, 100) }))
    for (const { name, file } of writers) file.write(`${name}-of-${round}\n`)
    await Promise.all(writers.map(({ file }) => file.close()))
    const text = `${await readFile(path, 'utf8')}${await readFile(`${path}.1`, 'utf8')}`
    for (const line of ['history-', ...writers.map(({ name }) => `${name}-of-${round}\n`)])
      if (!text.includes(line)) lost.push(`${round}: ${line}`)
  }
  expect(lost).toEqual([])
})

test('a file that cannot be turned over is written to all the same', async () => {
  const path = join(dir, 'gateway.log')
  await writeFile(path, 'full-1234567890123456\n')
  const rename = () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }))
  const file = openLogFile({ ...system, files: { ...system.files, rename } }, path, 20)
  file.write('kept\n')
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('full-1234567890123456\nkept\n')
})

test('a clock that is false for one write costs no history', async () => {
  const path = join(dir, 'calls.log')
  await writeFile(path, 'history\n')
  await writeFile(`${path}.1`, 'older\n')
  let ahead = 40 * DAY_MS
  const file = openLogFile({ ...system, now: () => system.now() + ahead }, path, 1000, 15 * DAY_MS)
  for (const line of ['false\n', 'true\n']) {
    file.write(line)
    await file.close()
    ahead = 0
  }
  expect(await readFile(path, 'utf8')).toBe('history\nfalse\ntrue\n')
  expect(await readFile(`${path}.1`, 'utf8')).toBe('older\n')
})

test('what the disk refuses is told once, waits, and is written in order when it is well again', async () => {
  const said: [string, unknown][] = []
  const hear = (what: string, fields?: object): void => void said.push([what, fields])
  const log = { ...system.log, warn: hear, info: hear }
  const path = join(dir, 'calls.log')
  let code: string | undefined = 'ENOSPC'
  const append = async (to: string, text: string): Promise<void> => {
    // A disk that runs full takes what it has room for, and that may end within a line.
    await system.files.append(to, code === undefined ? text : text.slice(0, 'first\nsec'.length))
    if (code !== undefined) throw Object.assign(new Error('full'), { code, written: 'first\nsec'.length })
  }
  const file = openLogFile({ ...system, log, files: { ...system.files, append } }, path, 1000, undefined, 40)
  for (const line of ['first\n', 'second-ä\n']) file.write(line)
  await file.close()
  expect(said).toEqual([
    [expect.stringContaining('does not take'), { file: path, why: 'ENOSPC', remedy: expect.stringContaining(dir) }],
  ])
  code = undefined
  file.write('third\n')
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('first\nsec\nsecond-ä\nthird\n')
  expect(said.slice(1)).toEqual([[expect.stringContaining('again'), { file: path }]])
})

test('a disk that goes on refusing is told once for each kind, and what does not fit in memory is counted', async () => {
  const said: unknown[] = []
  const log = { ...system.log, warn: (_: string, fields?: object) => said.push(fields) }
  await writeFile(join(dir, 'taken'), '')
  const path = join(dir, 'taken', 'calls.log')
  const file = openLogFile({ ...system, log }, path, 1000, undefined, 10)
  for (let round = 0; round < 5; round++) {
    file.write('123456\n')
    await file.close()
  }
  expect(said).toEqual([
    { file: path, why: 'EEXIST', remedy: expect.stringContaining('taken') },
    { file: path, lines: 1 },
  ])
  // Put right, it takes what waited.
  await rm(join(dir, 'taken'))
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('123456\n')
  expect(said.at(-1)).toEqual({ file: path, lines: 4 })
})
