// The check itself: one line each, complaints after, and a rule that breaks down has not held.
import { expect, it } from 'vitest'
import { CHECKS, program, runChecks } from '../../scripts/check.mjs'
import { closingLine } from '../support/closing-line.ts'
import { plant } from './planted.ts'

async function run(checks: [string, string, (root: string) => Promise<{ complaints: string[] }>][]) {
  const lines: string[] = []
  const held = await runChecks('.', checks, (line: string) => lines.push(line))
  return { held, text: lines.join('\n') }
}

it('holds when every rule holds', async () => {
  const { held, text } = await run([['one', 'first promise', async () => ({ complaints: [] })]])
  expect(held).toBe(true)
  expect(text).toMatch(/^ok {3}one +first promise [\d.]+ s$/)
})

it('fails with the complaints of every rule that does not hold', async () => {
  const { held, text } = await run([
    ['one', 'first', async () => ({ complaints: ['src/a.ts:1: wrong'] })],
    ['two', 'second', async () => ({ complaints: [] })],
    ['three', 'third', async () => Promise.reject(new Error('broke down'))],
  ])
  expect(held).toBe(false)
  expect(text).toContain('\none:\n  src/a.ts:1: wrong')
  expect(text).toContain('\nthree:\n  could not run: Error: broke down')
  expect(text).not.toContain('\ntwo:')
})

it('takes what a failing program prints for its complaint', async () => {
  const root = await plant({
    'bad.mjs': "console.log('out'); console.error('err'); process.exit(3)",
    'good.mjs': "console.log('x')",
  })
  const { complaints } = await program(root, 'bad.mjs', [])
  expect(complaints.slice().sort()).toEqual(['(exit 3)', 'err', 'out'])
  expect(await program(root, 'good.mjs', [])).toEqual({ complaints: [] })
})

it('asks for a check of the routes as soon as there are routes, and runs it', async () => {
  const routes = CHECKS.find(([name]) => name === 'routes')?.[2] as (root: string) => Promise<{ complaints: string[] }>
  expect((await routes(await plant({ 'src/gateway/routes.ts': '' }))).complaints).toEqual([
    expect.stringContaining('check-routes.mjs'),
  ])
  const strict = {
    'src/gateway/routes.ts': '',
    'scripts/check-routes.mjs': "console.log('GET /x has no row'); process.exit(1)",
  }
  expect((await routes(await plant(strict))).complaints).toEqual(['GET /x has no row', '(exit 1)'])
  expect((await routes(await plant({ 'scripts/check-routes.mjs': '' }))).complaints).toEqual([])
})

type Modules = Parameters<typeof closingLine>[0]
const ran = (states: string[], errors = 0, suiteErrors = 0) =>
  ({
    errors: () => Array.from({ length: errors }, () => ({ message: 'x' })),
    children: {
      allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => [{ errors: () => Array.from({ length: suiteErrors }, () => ({ message: 'x' })) }],
    },
  }) as unknown as Modules[number]

it('closes a test run with the totals, alone', () => {
  expect(closingLine([ran(['passed', 'passed']), ran(['failed', 'passed'])], 0)).toBe('Tests: 3 passed, 1 failed')
  expect(closingLine([ran(['passed', 'skipped'])], 0)).toBe('Tests: 1 passed, 0 failed, 1 skipped')
})

it('never says that nothing failed when a file did not load, a suite broke or an error came from outside', () => {
  expect(closingLine([ran([], 1)], 0)).toBe('Tests: 0 passed, 1 failed')
  expect(closingLine([ran(['passed'], 0, 1)], 0)).toBe('Tests: 1 passed, 1 failed')
  expect(closingLine([ran(['passed'])], 2)).toBe('Tests: 1 passed, 2 failed')
})
