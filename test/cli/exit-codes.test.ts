// Exit codes and JSON errors of every command there is: the list comes from the program's own help, so that a new command is met unasked.
import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import { AuthError, type AuthErrorCode, EXIT } from '../../src/core/errors.ts'
import { bundleWorker } from '../support/bundle.ts'
import { type Installation, install } from '../support/installation.ts'
import { standInManager } from '../support/service-manager.ts'

type Outcome = { words: string[]; code: number; stdout: string; stderr: string }

let place: Installation
let worker: string
let commands: string[][]

/** Runs all lines in one process. */
async function runAll(lines: readonly (readonly string[])[]): Promise<Outcome[]> {
  const args = [worker, ...lines.map((line) => JSON.stringify(line))]
  const child = promisify(execFile)(process.execPath, args, { cwd: place.cwd, env: place.env, maxBuffer: 2 ** 26 })
  child.child.stdin?.end()
  const { stdout, stderr } = await child
  const [out, err] = [stdout.split('\u0000'), stderr.split('\u0000')]
  return lines.map((_, at) => {
    const { words, code } = JSON.parse(out[at * 2 + 1] ?? '{}') as { words: string[]; code: number }
    return { words, code, stdout: out[at * 2] ?? '', stderr: err[at * 2] ?? '' }
  })
}

/** The words of every command, from what help says of each group. */
async function findCommands(): Promise<string[][]> {
  const all: string[][] = []
  for (let level: string[][] = [[]]; level.length > 0; ) {
    const helps = await runAll(level.map((words) => ['help', ...words]))
    all.push(...level)
    level = helps.flatMap(({ stdout, code }, at) => {
      expect(code).toBe(0)
      expect(stdout, level[at]?.join(' ')).toMatch(/\nExamples:\n {2}\$ \S/)
      const [, list = ''] = stdout.split(/^Commands:\n/m)
      const [own = ''] = list.split('\n\n')
      return [...own.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => [...(level[at] ?? []), name])
    })
  }
  return all
}

const state = async (): Promise<string[]> => readdir(place.state, { recursive: true, encoding: 'utf8' })

beforeAll(async () => {
  place = await install({ env: { OPENCLAW_GATEWAY_PORT: '1' } })
  await standInManager(place, 'none')
  worker = await bundleWorker('command-worker')
  commands = await findCommands()
}, 60_000)
afterAll(async () => {
  await place.remove()
  await rm(dirname(worker), { recursive: true, force: true })
})

/** Each outcome that is not as it must be, with the line that had it. */
const wrong = (outcomes: readonly Outcome[], isRight: (outcome: Outcome) => boolean): string[] =>
  outcomes
    .filter((outcome) => !isRight(outcome))
    .map(({ words, code, stdout, stderr }) => `${words.join(' ')}: ${code} ${stdout}${stderr}`)

const documentIn = (text: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined // the caller says which line it was
  }
}

type Said = { ok?: boolean; exitCode?: number; error?: { code?: string; message?: string; remedy?: string } }

describe('every command', () => {
  it('is known to this test', () => {
    const names = commands.map((words) => words.join(' '))
    expect(names.length).toBeGreaterThan(60)
    for (const name of ['models auth order get', 'gateway status', 'agents unbind']) expect(names).toContain(name)
  })

  it('refuses a flag it does not have with 1, the reason and the help on stderr, and touches nothing', async () => {
    const outcomes = await runAll(commands.map((words) => [...words, '--nosuchflag']))
    const right = ({ words, code, stdout, stderr }: Outcome): boolean => {
      const path = ['openclaw', ...words.slice(0, -1)].join(' ')
      return (
        code === EXIT.failed &&
        stdout === '' &&
        /^Error: (?:Unknown option '--nosuchflag'|Required option '--\w+ <\w+>' not specified)/.test(stderr) &&
        stderr.endsWith(`\n  Run: ${path} --help\n`)
      )
    }
    expect(wrong(outcomes, right)).toEqual([])
    expect(await state()).toEqual([])
  })

  it('says the same in JSON as one document, with the code that it ends with', async () => {
    const outcomes = await runAll(commands.map((words) => [...words, '--nosuchflag', '--json']))
    const right = ({ words, code, stdout, stderr }: Outcome): boolean => {
      const { ok, exitCode, error } = (documentIn(stdout) ?? {}) as Said
      const remedy = `${['openclaw', ...words.slice(0, -2)].join(' ')} --help`
      return (
        code === EXIT.failed &&
        stderr === '' &&
        ok === false &&
        exitCode === code &&
        error?.code === 'usage' &&
        error.remedy === remedy
      )
    }
    expect(wrong(outcomes, right)).toEqual([])
  })

  it('with --json alone puts one document on stdout, and an error in it carries the code it ends with', async () => {
    // What serves and what helps has no JSON to say; logs has one document per line.
    const lines = commands.filter(
      (words) => !['gateway', 'gateway run', 'demo', 'help', 'logs'].includes(words.join(' ')),
    )
    const outcomes = await runAll(lines.map((words) => [...words, '--json']))
    const allowed: readonly number[] = [EXIT.done, EXIT.failed, EXIT.loginNeeded, EXIT.interrupted]
    const right = ({ code, stdout }: Outcome): boolean => {
      const said = documentIn(stdout) as Said | undefined
      if (said === undefined || !allowed.includes(code)) return false
      return said.error?.code === undefined || (said.ok === false && said.exitCode === code && code !== EXIT.done)
    }
    expect(wrong(outcomes, right)).toEqual([])
  })
})

it('ends with 2 from --check alone, and with 4 and 130 where errors say so', async () => {
  const codeOf = (code: AuthErrorCode): number => new AuthError(code, 'x').exitCode
  expect([codeOf('login_required'), codeOf('interrupted'), codeOf('usage'), codeOf('upstream')]).toEqual([4, 130, 1, 1])
  const folder = join(import.meta.dirname, '../../src')
  const files = (await readdir(folder, { recursive: true, encoding: 'utf8' })).filter((name) => name.endsWith('.ts'))
  const users: string[] = []
  for (const name of files) {
    if (/EXIT\.expiring/.test(await readFile(join(folder, name), 'utf8'))) users.push(name)
  }
  expect(users).toEqual([join('core', 'check.ts')])
})

it('are listed by help exit-codes, each of them', async () => {
  const [help] = await runAll([['help', 'exit-codes']])
  expect(help).toMatchObject({ code: 0, stdout: `${EXIT_CODES}\n` })
  const listed = [...EXIT_CODES.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code))
  expect(listed).toEqual(Object.values(EXIT).sort((a, b) => a - b))
})
