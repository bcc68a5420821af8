// The disk: durable writes, their modes, links, and what the killed leave behind.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createFiles } from '../../src/system/files.ts'
import { freshDir } from '../support/machine.ts'

let count = 0
const files = createFiles({
  pid: process.pid,
  randomBytes: (size) => {
    count++
    return Buffer.alloc(size, count)
  },
})

const umask = process.umask()
// vitest's workers are processes here, so that the umask is ours to set.
afterEach(() => {
  process.umask(umask)
})

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe.each([0o000, 0o022, 0o077])('under umask %o', (mask) => {
  test('files are 0600 and directories 0700, whatever stood there before', async () => {
    const dir = freshDir()
    process.umask(mask)
    await files.makeDir(join(dir, 'a/b'))
    const path = join(dir, 'a/b/secret.json')
    writeFileSync(path, 'old')
    chmodSync(path, 0o666)
    await files.writeDurable(path, 'new')
    await files.append(join(dir, 'a/b/log'), 'x')
    expect([mode(join(dir, 'a')), mode(join(dir, 'a/b')), mode(path), mode(join(dir, 'a/b/log'))]).toEqual([
      '700',
      '700',
      '600',
      '600',
    ])
  })
})

test('a write replaces the file as a whole and leaves nothing beside it', async () => {
  const dir = freshDir()
  const path = join(dir, 'x.json')
  for (const text of ['one', '', 'ü'.repeat(200_000), 'two']) {
    await files.writeDurable(path, text)
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(dir)).toEqual(['x.json'])
  }
})

test('whoever has the old file open keeps reading the old text', async () => {
  const path = join(freshDir(), 'x.json')
  await files.writeDurable(path, 'old')
  linkSync(path, `${path}.other`)
  await files.writeDurable(path, 'new')
  expect(readFileSync(`${path}.other`, 'utf8')).toBe('old')
})

test('the temp files of killed writers are gone after the next write, those of other files stay', async () => {
  const dir = freshDir()
  writeFileSync(join(dir, '.x.json.123.abc.tmp'), 'half a sec')
  writeFileSync(join(dir, '.x.json.124.def.tmp'), '')
  writeFileSync(join(dir, '.y.json.124.def.tmp'), '')
  await files.writeDurable(join(dir, 'x.json'), 'whole')
  expect(readdirSync(dir).sort()).toEqual(['.y.json.124.def.tmp', 'x.json'])
})

test.each(['a file', 'nothing'])('a link to %s is not written through', async (what) => {
  const dir = freshDir()
  const target = join(dir, 'target')
  if (what === 'a file') writeFileSync(target, 'old')
  symlinkSync(target, join(dir, 'x.json'))
  await expect(files.writeDurable(join(dir, 'x.json'), 'new')).rejects.toMatchObject({ code: 'ELOOP' })
  expect(existsSync(target) ? readFileSync(target, 'utf8') : undefined).toBe(what === 'a file' ? 'old' : undefined)
  await expect(files.append(join(dir, 'x.json'), 'more')).rejects.toMatchObject({ code: 'ELOOP' })
})

test('a write that fails leaves the old text and no temp file', async () => {
  const dir = freshDir()
  mkdirSync(join(dir, 'x.json'))
  writeFileSync(join(dir, 'x.json/inside'), '')
  await expect(files.writeDurable(join(dir, 'x.json'), 'new')).rejects.toMatchObject({
    code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/),
  })
  expect(readdirSync(dir)).toEqual(['x.json'])
})

test('a draft that somebody left behind takes its place; a link is left alone', async () => {
  const dir = freshDir()
  const path = join(dir, 'x.json')
  writeFileSync(path, 'old')
  writeFileSync(join(dir, '.x.json.123.abc.tmp'), 'the only copy')
  await files.adopt(join(dir, '.x.json.123.abc.tmp'), path)
  expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual(['the only copy', ['x.json']])
  symlinkSync(path, join(dir, 'link'))
  await expect(files.adopt(join(dir, 'link'), path)).rejects.toMatchObject({ code: 'ELOOP' })
  await expect(files.adopt(join(dir, 'none'), path)).rejects.toMatchObject({ code: 'ENOENT' })
  expect([readFileSync(path, 'utf8'), readdirSync(dir).sort()]).toEqual(['the only copy', ['link', 'x.json']])
})

describe('reading', () => {
  test('what is not there is undefined, below a file as well', async () => {
    const dir = freshDir()
    writeFileSync(join(dir, 'f'), '')
    expect(await files.read(join(dir, 'none'))).toBeUndefined()
    expect(await files.read(join(dir, 'f/none'))).toBeUndefined()
    expect(await files.stat(join(dir, 'none'))).toBeUndefined()
    expect(await files.list(join(dir, 'none'))).toEqual([])
  })

  test('a directory, a device and a file that is too large are errors', async () => {
    const dir = freshDir()
    writeFileSync(join(dir, 'big'), 'x'.repeat(101))
    await expect(files.read(dir)).rejects.toMatchObject({ code: 'ENOTFILE' })
    await expect(files.read('/dev/null')).rejects.toMatchObject({ code: 'ENOTFILE' })
    await expect(files.read(join(dir, 'big'), 100)).rejects.toMatchObject({ code: 'EFBIG' })
    expect((await files.read(join(dir, 'big'), 101))?.text).toHaveLength(101)
  })

  test('bytes that are not UTF-8 are told', async () => {
    const path = join(freshDir(), 'x')
    writeFileSync(path, Buffer.from([0x61, 0xff]))
    expect(await files.read(path)).toMatchObject({ isExact: false })
    writeFileSync(path, 'ä')
    expect(await files.read(path)).toMatchObject({ isExact: true, text: 'ä' })
  })

  test('the version changes with every write, of the same text as well', async () => {
    const path = join(freshDir(), 'x')
    const seen = new Set<string | undefined>()
    for (let at = 0; at < 20; at++) {
      await files.writeDurable(path, 'same')
      seen.add((await files.read(path))?.version)
    }
    expect(seen.size).toBeGreaterThan(1)
    expect((await files.stat(path))?.version).toBe((await files.read(path))?.version)
  })
})

test('a change of a name in a watched directory is noticed', async () => {
  const dir = freshDir()
  const names: (string | undefined)[] = []
  const seen = new Promise<void>((resolve) => {
    const watch = files.watchDir(dir, (name) => {
      names.push(name)
      if (name === 'x.json') {
        watch.close()
        resolve()
      }
    })
  })
  await files.writeDurable(join(dir, 'x.json'), 'x')
  await seen
  expect(names).toContain('x.json')
})

test.skipIf(process.platform === 'win32')(
  'a pipe in the place of a file is refused, and nobody waits for who writes to it',
  async () => {
    const path = join(freshDir(), '.env')
    execFileSync('mkfifo', [path])
    await expect(files.read(path)).rejects.toMatchObject({ code: 'ENOTFILE' })
    await expect(files.readEnd(path, 9)).rejects.toMatchObject({ code: 'ENOTFILE' })
    await expect(files.readFrom(path, 0, 9)).rejects.toMatchObject({ code: 'ENOTFILE' })
  },
)

test('the place behind the last whole line is counted in bytes, also when the reading begins inside a letter', async () => {
  const path = join(freshDir(), 'log')
  await files.append(path, 'é\nab\nhalf')
  expect(await files.readFrom(path, 0, 99)).toEqual({ text: 'é\nab\nhalf', linesEnd: 6 })
  expect(await files.readFrom(path, 1, 99)).toEqual({ text: '\ufffd\nab\nhalf', linesEnd: 6 })
  expect(await files.readFrom(path, 0, 4)).toEqual({ text: 'half', linesEnd: 6 })
  expect(await files.readFrom(path, 6, 99)).toEqual({ text: 'half', linesEnd: 6 })
})
