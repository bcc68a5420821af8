// The login shell's environment: bounded in time and size, and never an error.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { askShell, parseEnvironment, type ShellAnswer } from '../../src/system/shell-env.ts'
import { install, openclaw, until } from '../support/installation.ts'
import { freshDir } from '../support/machine.ts'
import { build } from '../support/program.ts'

/** As Linux tells it. */
function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] ?? ''
  } catch {
    return 'gone'
  }
}

/** Asks a shell that is this script. */
async function ask(script: string, timeoutMs = 10_000, env = {}): Promise<ShellAnswer & { dir: string; ms: number }> {
  const dir = freshDir()
  const shell = join(dir, 'shell')
  writeFileSync(shell, `#!/bin/sh\ncd '${dir}'\n${script}\n`)
  chmodSync(shell, 0o755)
  const start = performance.now()
  const answer = await askShell({ shell, env: { PATH: process.env.PATH, ...env }, timeoutMs })
  return { ...answer, dir, ms: performance.now() - start }
}

test('a real login shell reads its profile', async () => {
  const home = freshDir()
  writeFileSync(join(home, '.profile'), 'echo welcome\nexport MY_KEY="two\nlines"\n')
  const { values, trouble } = await askShell({
    shell: '/bin/sh',
    env: { PATH: process.env.PATH, HOME: home },
    timeoutMs: 10_000,
  })
  expect(trouble).toBeUndefined()
  expect(values.get('MY_KEY')).toBe('two\nlines')
  expect(values.has('PATH')).toBe(true)
})

test.runIf(existsSync('/bin/bash'))('of bash also what is for interactive shells only', async () => {
  const home = freshDir()
  writeFileSync(join(home, '.bash_profile'), '. ~/.bashrc\n')
  writeFileSync(join(home, '.bashrc'), 'case $- in *i*) ;; *) return;; esac\nexport MY_KEY=of-bashrc\n')
  const env = { PATH: process.env.PATH, HOME: home }
  const { values } = await askShell({ shell: '/bin/bash', env, timeoutMs: 10_000 })
  expect(values.get('MY_KEY')).toBe('of-bashrc')
})

test('it is asked as a login shell, by its own name, elsewhere than in the working directory', async () => {
  const { dir, values } = await ask('printf "%s\\n" "$@" "$OLDPWD" > args; printf "A=1\\0"')
  expect(readFileSync(join(dir, 'args'), 'utf8')).toBe('-l\n-c\nenv -0\n/\n')
  expect([...values]).toEqual([['A', '1']])
})

test.each([undefined, '', 'bash', './shell'])('a $SHELL of %j means /bin/sh', async (shell) => {
  const answer = await askShell({ shell, env: { PATH: process.env.PATH, A: '1' }, timeoutMs: 10_000 })
  expect(answer.values.get('A')).toBe('1')
})

describe('trouble is an answer', () => {
  test.each<[string, string, RegExp]>([
    ['a shell that ends badly', 'printf "A=1\\0"; exit 7', /ended with 7/],
    ['one that is ended', 'kill -9 $$', /ended by SIGKILL/],
    ['one that writes too much', 'yes | head -c 3000000', /more than 2 MiB/],
    ['one that writes for ever', 'yes', /more than 2 MiB/],
  ])('%s', async (_what, script, trouble) => {
    const answer = await ask(script)
    expect([...answer.values]).toEqual([])
    expect(answer.trouble).toMatch(trouble)
  })

  test('one that does not come back is ended, with all it started', async () => {
    const answer = await ask('sleep 60 & echo $! > child; sleep 60', 700)
    expect(answer.trouble).toMatch(/longer than 700 ms/)
    // The shell itself would go on for a minute.
    expect(answer.ms).toBeLessThan(25_000)
    const pid = Number(readFileSync(join(answer.dir, 'child'), 'utf8'))
    if (process.platform === 'linux') await expect.poll(() => stateOf(pid)).toMatch(/gone|Z/)
  })

  test('one that is still asked when we are ended by a signal is ended with us, with all it started', async () => {
    await build()
    const place = await install({ config: { env: { shellEnv: { enabled: true } } } })
    try {
      const shell = join(place.dir, 'shell')
      const child = join(place.dir, 'child')
      writeFileSync(shell, `#!/bin/sh\nsleep 60 & echo $! > '${child}.new'; mv '${child}.new' '${child}'; sleep 60\n`)
      chmodSync(shell, 0o755)
      let pid = 0
      const env = { SHELL: shell }
      const ran = openclaw(place, ['models', 'status'], {
        env,
        onStart: (started) => {
          pid = started
        },
      })
      await until('the shell', () => existsSync(child) || undefined)
      process.kill(pid, 'SIGTERM')
      expect((await ran).signal).toBe('SIGTERM')
      const started = Number(readFileSync(child, 'utf8'))
      if (process.platform === 'linux') await expect.poll(() => stateOf(started)).toMatch(/gone|Z/)
    } finally {
      await place.remove()
    }
  })

  test('one that is not there', async () => {
    expect(await askShell({ shell: '/nowhere/shell', env: {}, timeoutMs: 1000 })).toMatchObject({
      trouble: 'it could not be started (ENOENT)',
    })
  })
})

test('a program that the profile left running keeps nobody waiting', async () => {
  const answer = await ask('sleep 60 & echo $! > left; printf "A=1\\0"')
  process.kill(Number(readFileSync(join(answer.dir, 'left'), 'utf8')))
  expect(answer.values.get('A')).toBe('1')
  expect(answer.ms).toBeLessThan(25_000)
})

test('a shell that asks us in turn is not asked again', async () => {
  const { values } = await ask('printf "%s=%s\\0" MARK "$OPENCLAW_READING_SHELL_ENV"')
  expect(values.get('MARK')).toBe('1')
  const inner = await ask('touch asked', 1000, { OPENCLAW_READING_SHELL_ENV: '1' })
  expect(existsSync(join(inner.dir, 'asked'))).toBe(false)
})

test('of what a profile prints nothing is a variable', () => {
  expect([...parseEnvironment('hello\n1=2\nA=b=c\0B=\0no\0-x=1\0C=d\ne=f\0')]).toEqual([
    ['A', 'b=c'],
    ['B', ''],
    ['C', 'd\ne=f'],
  ])
})
