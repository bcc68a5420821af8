// Documents as files: the contract, and what only files can do wrong.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDocument } from '../../src/store/document.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { createLocks } from '../../src/system/lock.ts'
import { backendContract } from '../contract/backend.ts'
import { until } from '../support/installation.ts'
import { freshDir, machine } from '../support/machine.ts'

backendContract('files', () => {
  const dir = join(freshDir(), 'state')
  return {
    backend: createFilesBackend(machine({}).system, '/nowhere'),
    other: createFilesBackend(machine({}).system, '/nowhere'),
    keys: [join(dir, 'a.json'), join(dir, 'sub', 'b.json')],
  }
})

const backend = createFilesBackend(machine({}).system, '/nowhere')

test('directories are made 0700, files 0600', async () => {
  const path = join(freshDir(), 'state/agents/main/agent/x.json')
  await backend.change(path, () => 'x')
  for (let dir = dirname(path); !dir.endsWith('state'); dir = dirname(dir))
    expect(statSync(dir).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(dirname(path))) expect(statSync(join(dirname(path), name)).mode & 0o777).toBe(0o600)
})

test('the text that stands there is written anew: whoever put it there may have died before the disk had it', async () => {
  const path = join(freshDir(), 'x.json')
  writeFileSync(path, '{}\n')
  const before = statSync(path).ino
  await openDocument(backend, path).confirm()
  expect(readFileSync(path, 'utf8')).toBe('{}\n')
  expect(statSync(path).ino).not.toBe(before)
})

describe('what cannot be read is never written', () => {
  test.each<[string, RegExp, (path: string) => void]>([
    ['a directory', /directory|regular/, (path) => mkdirSync(path)],
    ['bytes that are not UTF-8', /not UTF-8/, (path) => writeFileSync(path, Buffer.from([0x7b, 0xc3, 0x28, 0x7d]))],
    ['more than 16 MiB', /16 MiB/, (path) => writeFileSync(path, ' '.repeat(16 * 1024 * 1024 + 1))],
    ['a circle of links', /circle/, (path) => symlinkSync(path, path)],
  ])('%s', async (_what, why, place) => {
    const path = join(freshDir(), 'x.json')
    place(path)
    const before = statSync(dirname(path)).mtimeMs
    await expect(backend.get(path)).rejects.toMatchObject({
      code: 'unreadable_store',
      message: expect.stringMatching(why),
    })
    await expect(backend.change(path, () => 'new')).rejects.toMatchObject({ code: 'unreadable_store' })
    expect(before).toBeGreaterThan(0)
    await expect(backend.get(path)).rejects.toMatchObject({
      code: 'unreadable_store',
      remedy: expect.stringContaining(path),
    })
  })

  test.skipIf(process.getuid?.() === 0)('a file of another mode', async () => {
    const path = join(freshDir(), 'x.json')
    writeFileSync(path, 'old')
    chmodSync(path, 0)
    await expect(backend.change(path, () => 'new')).rejects.toMatchObject({ code: 'unreadable_store' })
    chmodSync(path, 0o600)
    expect(readFileSync(path, 'utf8')).toBe('old')
  })
})

test('a link is read, but not written through', async () => {
  const dir = freshDir()
  writeFileSync(join(dir, 'target'), 'old')
  symlinkSync(join(dir, 'target'), join(dir, 'x.json'))
  expect((await backend.get(join(dir, 'x.json')))?.text).toBe('old')
  await expect(backend.change(join(dir, 'x.json'), () => 'new')).rejects.toMatchObject({
    code: 'write_failed',
    message: expect.stringContaining('symbolic link'),
  })
  expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('old')
})

test('a place that cannot be a directory is an error with a remedy', async () => {
  const dir = freshDir()
  writeFileSync(join(dir, 'file'), '')
  await expect(backend.change(join(dir, 'file/x.json'), () => 'new')).rejects.toMatchObject({
    code: 'write_failed',
    remedy: expect.stringContaining('ls -ld'),
  })
})

test('a watched file that cannot be looked at for a while is noticed when it comes back', async () => {
  const dir = freshDir()
  const { system } = machine({})
  let refused = false
  const files = {
    ...system.files,
    stat: (path: string) =>
      refused ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })) : system.files.stat(path),
  }
  const shy = createFilesBackend({ ...system, files }, '/nowhere')
  const path = join(dir, 'x.json')
  let heard = 0
  let wake: () => void = () => undefined
  const watch = shy.notice([path], () => {
    heard++
    wake()
  })
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  const first = next()
  await backend.change(path, () => 'a')
  await first
  refused = true
  const second = next()
  await backend.change(path, () => 'b')
  await second
  refused = false
  const third = next()
  await backend.change(path, () => 'c')
  await third
  expect(heard).toBeGreaterThanOrEqual(3)
  watch.close()
})

test('a file that goes away right after somebody began to watch is noticed, one that never was there is not', async () => {
  const dir = freshDir()
  const [there, never] = [join(dir, 'there.json'), join(dir, 'never.json')]
  await backend.change(there, () => 'a')
  const heard: string[] = []
  const watch = backend.notice([there, never], (path) => heard.push(path))
  await new Promise((resolve) => setTimeout(resolve, 20))
  rmSync(there)
  await until('the file to be missed', () => heard.length > 0 || undefined)
  // A look later nothing has been heard of the other one.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  watch.close()
  expect(new Set(heard)).toEqual(new Set([there]))
})

describe('the state directory is kept out of repositories', () => {
  const write = async (prepare: (state: string) => void = () => undefined, name = 'agents/main/agent/x.json') => {
    const state = join(freshDir(), 'state')
    mkdirSync(state)
    prepare(state)
    const { system } = machine({})
    const inPlace = createFilesBackend(system, state)
    await Promise.all(['a', 'b'].map((text) => inPlace.change(join(state, name), () => text)))
    return { state, seen: existsSync(join(state, '.gitignore')) && readFileSync(join(state, '.gitignore'), 'utf8') }
  }

  test('by its first write, once', async () => {
    const { state, seen } = await write()
    expect(seen).toBe('# Secrets lie here.\n*\n')
    expect(statSync(join(state, '.gitignore')).mode & 0o777).toBe(0o600)
  })

  test('not where somebody has written another one', async () => {
    expect((await write((state) => writeFileSync(join(state, '.gitignore'), 'mine\n'))).seen).toBe('mine\n')
  })

  test('not where it is a repository itself', async () => {
    expect((await write((state) => mkdirSync(join(state, '.git')))).seen).toBe(false)
  })

  test('and a disk that does not take it is no reason to refuse the write', async () => {
    const { state, seen } = await write((place) => symlinkSync('/nowhere/at/all', join(place, '.gitignore')))
    expect(seen).toBe(false)
    expect(readFileSync(join(state, 'agents/main/agent/x.json'), 'utf8')).toMatch(/^[ab]$/)
  })

  test('by no read', async () => {
    const state = join(freshDir(), 'state')
    mkdirSync(state)
    const { system } = machine({})
    await createFilesBackend(system, state).get(join(state, 'x.json'))
    expect(readdirSync(state)).toEqual([])
  })
})

test('a change that stood still until others took its lock over begins anew, with what they wrote', async () => {
  const { system } = machine({})
  const locks = createLocks({ ...system, force: 'portable' })
  const backend = createFilesBackend({ ...system, locks }, '/nowhere')
  const path = join(freshDir(), 'doc.json')
  await backend.change(path, () => 'old')
  const seen: (string | undefined)[] = []
  await backend.change(path, (before) => {
    seen.push(before?.text)
    if (seen.length === 1) {
      // Another host has written meanwhile, and its holder has died since.
      writeFileSync(path, 'theirs')
      const other = {
        mechanism: 'portable',
        pid: 1,
        host: system.host,
        boot: 'of another life',
        startedAt: '1',
        nonce: 'x',
      }
      writeFileSync(`${path}.lock.held`, JSON.stringify(other))
    }
    return `${before?.text} and mine`
  })
  expect([seen, readFileSync(path, 'utf8')]).toEqual([['old', 'theirs'], 'theirs and mine'])
  expect(readdirSync(dirname(path))).toEqual(['doc.json'])
})
