// The file of the ledger: gathered, private, turned over by size and age, and never in the way of a call.
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DAY_MS } from '../../src/core/expiry.ts'
import type { LedgerLine } from '../../src/core/ledger.ts'
import { Secret } from '../../src/core/secret.ts'
import { LEDGER_BYTES, openLedger } from '../../src/store/ledger.ts'
import { createSystem, type System } from '../../src/system/system.ts'

const began = Date.now()
const trace = [{ id: 'anthropic:a', verdict: 'taken' as const, rule: 'first', reason: 'usable' }]
const line = (attempt: number, more: Partial<LedgerLine> = {}): LedgerLine => ({
  ...{ at: began, call: 'c000000000', attempt, agent: 'main', face: 'api', endpoint: 'messages', session: '' },
  ...{ model: 'anthropic/claude-opus-4-6', profile: 'anthropic:a', outcome: 'served', ms: 7, ...more },
})

async function fresh() {
  const folder = await mkdtemp(join(tmpdir(), 'keyclaw-ledger-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'sessions', 'calls.log')
  const system = createSystem({ logLevel: 'silent' })
  return { path, system, open: (more: Partial<System> = {}) => openLedger({ ...system, ...more }, path) }
}

const attempts = (lines: readonly LedgerLine[]): number[] => lines.map(({ attempt }) => attempt)

test('lines are made behind the call, and read back in order, those that are not written yet as well', async () => {
  const { path, open } = await fresh()
  const ledger = open()
  expect(await ledger.read()).toEqual([])
  let isMade = false
  ledger.record(() => {
    isMade = true
    return line(1)
  })
  ledger.record(() => line(2))
  expect(isMade).toBe(false)
  expect(await ledger.read()).toEqual([line(1), line(2)])
  expect(await open().read()).toEqual([line(1), line(2)])
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
})

test('a line that cannot be made costs itself, a disk that refuses costs lines, and neither a call', async () => {
  const { path, open } = await fresh()
  const ledger = open()
  ledger.record(() => {
    throw new Error('no')
  })
  ledger.record(() => line(2))
  expect(attempts(await ledger.read())).toEqual([2])
  await writeFile(path, `${await readFile(path, 'utf8')}nonsense\n{"at":3}\n{"at":4,"cal`)
  ledger.record(() => line(5))
  expect(attempts(await ledger.read())).toEqual([2, 5])
  const blocked = openLedger(createSystem({ logLevel: 'silent' }), join(path, 'calls.log'))
  blocked.record(() => line(1))
  await expect(blocked.flush()).resolves.toBeUndefined()
})

test('a trace is written out once and named after that, and again after many lines', async () => {
  const { path, open } = await fresh()
  const ledger = open()
  for (let at = 1; at <= 450; at++) ledger.record(() => line(at, { trace }))
  await ledger.flush()
  const whole = (await ledger.read()).filter((one) => one.trace !== undefined)
  expect(attempts(whole)).toEqual([1, 201, 401])
  expect((await ledger.read())[199]?.traceOf).toBe('c000000000.1')
  // Another process does not know what this one wrote.
  const other = open()
  other.record(() => line(451, { trace }))
  await other.flush()
  expect((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1)).toContain('"trace":[')
})

test('what is known to be a secret, or looks like one, is not in it', async () => {
  const { path, open, system } = await fresh()
  system.log.hide(new Secret('a secret of another shape'))
  const ledger = open()
  ledger.record(() =>
    line(1, { model: 'anthropic/sk-ant-api03-0123456789abcdef', session: 'a secret of another shape' }),
  )
  await ledger.flush()
  const text = await readFile(path, 'utf8')
  expect(text).not.toMatch(/sk-ant|another shape/)
  expect(await ledger.read()).toMatchObject([{ model: 'anthropic/[secret]', session: '[secret]' }])
})

test('a full file is put aside, and with it the traces that its lines were named by', async () => {
  const { path, open } = await fresh()
  const ledger = open()
  ledger.record(() => line(1, { trace }))
  await ledger.flush()
  const first = await readFile(path, 'utf8')
  await writeFile(path, `${first}${'x'.repeat(LEDGER_BYTES - first.length - 100)}\n`)
  ledger.record(() => line(2, { trace }))
  await ledger.flush()
  ledger.record(() => line(3, { trace }))
  await ledger.flush()
  expect((await stat(`${path}.1`)).size).toBeLessThanOrEqual(LEDGER_BYTES)
  expect((await readFile(path, 'utf8')).length).toBeLessThan(2000)
  const lines = await open().read()
  expect(attempts(lines)).toEqual([1, 2, 3])
  expect(lines[2]?.traceOf).toBe('c000000000.1')
})

test('after 15 days a file is put aside, lines older than 30 are not told, and their file goes', async () => {
  const { path, open, system } = await fresh()
  const later = (days: number) => ({ now: () => system.now() + days * DAY_MS })
  const put = async (attempt: number, days: number): Promise<void> => {
    const ledger = open(later(days))
    ledger.record(() => line(attempt, { at: began + days * DAY_MS }))
    // A clock is believed that the write before agrees with.
    const written = new Date(began + days * DAY_MS)
    if (attempt > 1) await utimes(path, written, written)
    await ledger.flush()
  }
  const linesIn = async (name: string): Promise<number> =>
    (await readFile(name, 'utf8').catch(() => '')).split('\n').length - 1
  await put(1, 0)
  await put(2, 14)
  expect([await linesIn(path), await linesIn(`${path}.1`)]).toEqual([2, 0])
  await put(3, 16)
  expect([await linesIn(path), await linesIn(`${path}.1`)]).toEqual([1, 2])
  expect(attempts(await open(later(16)).read())).toEqual([1, 2, 3])
  expect(attempts(await open(later(31)).read())).toEqual([2, 3])
  // Nothing was written to it for 30 days.
  const before = new Date(began - 31 * DAY_MS)
  await utimes(`${path}.1`, before, before)
  await put(4, 0)
  expect([await linesIn(path), await linesIn(`${path}.1`)]).toEqual([2, 0])
})

test('lines about one session are found among very many, in the file before as well, and each is told to who hears', async () => {
  const { path, system } = await fresh()
  const heard: string[] = []
  const ledger = openLedger(system, path, ({ attempt }, { origin = '' }) => heard.push(`${attempt} ${origin}`))
  const many = Array.from({ length: 6000 }, (_, at) => line(at + 1, { session: `agent:main:${at % 3}"` }))
  for (const one of many) ledger.record(() => one, one.attempt === 1 ? { origin: 'https://a' } : undefined)
  await ledger.flush()
  await writeFile(`${path}.1`, `${JSON.stringify(line(7000, { session: 'agent:main:1"' }))}\n`)
  const about = await ledger.readAbout('agent:main:1"')
  expect(attempts(about)).toEqual([7000, ...attempts(many).filter((attempt) => attempt % 3 === 2)])
  expect((await ledger.read()).length).toBe(6001)
  expect(heard).toEqual(['1 https://a', ...attempts(many.slice(1)).map((attempt) => `${attempt} `)])
})

test('a secret that a client put into a line is out of what followers hear, and the other lines are as they were made', async () => {
  const { path, system } = await fresh()
  system.log.hide(new Secret('stored-key-of-somebody'))
  const heard: LedgerLine[] = []
  const ledger = openLedger(system, path, (told) => heard.push(told))
  const clean = line(1, { trace })
  ledger.record(() => clean)
  ledger.record(() => line(2, { trace, model: 'anthropic/stored-key-of-somebody', session: 'stored-key-of-somebody' }))
  ledger.record(() => line(3, { insteadOf: 'anthropic/stored-key-of-somebody' }))
  await ledger.flush()
  expect(heard).toEqual([
    clean,
    line(2, { trace, model: 'anthropic/[secret]', session: '[secret]' }),
    line(3, { insteadOf: 'anthropic/[secret]' }),
  ])
  expect(await readFile(path, 'utf8')).not.toContain('somebody')
  const again = line(4, { trace })
  ledger.record(() => again)
  await ledger.flush()
  // Nothing is made anew of what holds no secret.
  expect(heard[3]).toBe(again)
})
