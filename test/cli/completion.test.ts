// Completion: what is offered where, that nothing but offers is ever said, and that the shells ask as they should.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, PROGRAM } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
let bin: string
beforeAll(async () => {
  await build()
  place = await install({
    profiles: [
      { id: 'anthropic:default', key: apiKey('aaaa') },
      { id: 'anthropic:me@example.org', key: apiKey('bbbb') },
      { id: 'openai:work', key: apiKey('cccc') },
      { id: 'openai:$(touch pwned)', key: apiKey('dddd') },
      { id: '-rf:x', key: apiKey('eeee') },
    ],
    agents: { work: { profiles: [{ id: 'xai:late', key: apiKey('ffff') }] } },
  })
  bin = join(place.dir, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'openclaw'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
  await chmod(join(bin, 'openclaw'), 0o755)
}, 60_000)
afterAll(() => place.remove())

/** The values offered at the end of the line; a space at its end begins a new word. */
async function offers(line: string): Promise<string[]> {
  const words = line.split(' ')
  const current = words.pop() ?? ''
  const ran = await openclaw(place, ['__complete', `--current=${current}`, ...words])
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  return ran.stdout.split('\n').flatMap((text) => (text === '' ? [] : [text.split('\t')[0] ?? '']))
}

describe('what is offered', () => {
  it.each([
    ['', 'models', 'gateway', 'status', 'completion', 'help'],
    ['mod', 'models'],
    ['models au', 'auth'],
    ['models auth order ', 'get', 'set', 'clear'],
    ['models auth und', 'undo'],
    ['models auth undo --l', '--list', '--log-level'],
    ['models auth logout --f', '--forget'],
    ['help models au', 'auth'],
    ['models auth paste-token --prof', '--profile-id', '--profile'],
    ['models auth logout ', 'anthropic:default', 'anthropic:me@example.org', 'openai:work'],
    ['models auth logout openai:', 'openai:work'],
    ['--agent work models auth logout ', 'xai:late'],
    ['models auth order set --provider anthropic anthropic:default ', 'anthropic:me@example.org'],
    ['models auth paste-token --profile-id=anthropic:m', '--profile-id=anthropic:me@example.org'],
    ['models auth paste-api-key --provider open', 'openai', 'openrouter', 'opencode', 'openai-codex'],
    ['models set anthropic/claude-opus-4', 'anthropic/claude-opus-4-6', 'anthropic/claude-opus-4-5'],
    [
      'models auth list --json --agent main --log-level info --no-color --dev ',
      '--provider',
      '--help',
      '--profile',
      '--allow-debug',
    ],
    ['--agent ', 'main', 'work'],
    ['--log-level ', 'debug', 'info', 'warn', 'error', 'silent'],
    ['completion ', 'bash', 'zsh', 'fish', 'powershell'],
    ['docs model', 'models-cli', 'model-failover'],
  ])('after %j', async (line, ...expected) => {
    const found = await offers(line)
    expect(found).toEqual(line === '' ? expect.arrayContaining(expected) : expected)
  })

  it('is nothing, and silently so, where nothing can be known', async () => {
    for (const line of ['nonsense ', '--agent nobody models auth logout ', 'models auth logout -- --']) {
      expect(await offers(line), line).toEqual([])
    }
    expect(await openclaw(place, ['__complete'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const broken = await install({ dotenv: 'X=1' })
    await writeFile(join(broken.state, 'openclaw.json'), '{ broken')
    const ran = await openclaw(broken, ['__complete', '--current=', '--log-level', 'debug', 'models', 'set'])
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: '' })
    await broken.remove()
  })

  it('does not show itself in the help', async () => {
    expect((await openclaw(place, ['--help'])).stdout).not.toContain('__complete')
  })
})

describe('the scripts', () => {
  it('are for four shells, and no other', async () => {
    const ran = await openclaw(place, ['completion', 'tcsh'])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('Allowed choices are bash, zsh, fish, powershell')
    expect((await openclaw(place, ['completion', 'powershell'])).stdout).toContain('Register-ArgumentCompleter -Native')
  })

  const answer = (line: string, breaks: string): string[] => {
    const script = execFileSync(process.execPath, [PROGRAM, 'completion', 'bash'], { env: place.env, encoding: 'utf8' })
    const asking = `${script}\nCOMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDBREAKS=$2; _openclaw; printf '%s\\n' "\${COMPREPLY[@]}"`
    const ran = spawnSync('bash', ['-c', asking, 'bash', line, breaks], {
      cwd: place.cwd,
      env: { ...place.env, PATH: `${bin}:${place.env.PATH}` },
      encoding: 'utf8',
    })
    expect(ran.stderr).toBe('')
    return ran.stdout.trim().split('\n')
  }

  it('give bash what stands behind the last break of the word', () => {
    const breaks = ' "\'><=;|&(:'
    expect(answer('openclaw models auth logout anth', breaks)).toEqual([
      'anthropic:default',
      'anthropic:me@example.org',
    ])
    expect(answer('openclaw models auth logout anthropic:d', breaks)).toEqual(['default'])
    expect(answer('openclaw models auth logout anthropic:d', ' ')).toEqual(['anthropic:default'])
    expect(answer('openclaw models auth paste-token --profile-id=anthropic:d', breaks)).toEqual(['default'])
    expect(answer('openclaw models auth paste-token --profile-id=anth', breaks)[0]).toBe('anthropic:default')
  })

  const shells: [string, string[]][] = [
    ['bash', ['--norc', '--noprofile', '-i']],
    ['zsh', ['-f', '-i']],
    ['fish', ['--no-config', '-i']],
  ]
  const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0
  it.each(shells.filter(([shell]) => isInstalled(shell)))('complete a line typed in %s', async (shell, flags) => {
    const script = join(place.dir, `completion.${shell}`)
    await writeFile(script, (await openclaw(place, ['completion', shell])).stdout)
    const pty = spawn(shell, flags, {
      cwd: place.cwd,
      cols: 120,
      rows: 30,
      env: { ...place.env, PATH: `${bin}:${place.env.PATH}`, TERM: 'xterm', PS1: '$ ' },
    })
    let text = ''
    pty.onData((piece) => {
      text += piece
    })
    const shows = async (wanted: RegExp): Promise<void> => {
      const end = Date.now() + 15_000
      while (!wanted.test(text)) {
        if (Date.now() > end) throw new Error(`${shell} shows ${JSON.stringify(text)}`)
        await new Promise((done) => setTimeout(done, 20))
      }
    }
    try {
      const start = shell === 'zsh' ? 'autoload -Uz compinit && compinit -u; ' : ''
      pty.write(`${start}source '${script}'; echo rea''dy\r`)
      await shows(/ready\r?\n/)
      text = ''
      pty.write('openclaw models auth logout anthropic:d')
      await shows(/anthropic:d/)
      pty.write('\t')
      await shows(/efault|anthropic:default/)
    } finally {
      pty.kill('SIGKILL')
    }
  })
})
