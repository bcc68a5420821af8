// The log on the disk: whole lines in order, private, of bounded size, and never in the way.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
