// Every fenced block of the five documents, run as it stands there: by a shell, in a fresh home, with `openclaw` and a stand-in for
// `claude` on the PATH, in the sequence of its document. What the document promises of a line is looked at behind it. The documents repeat each
// other: a line of plain words that a shell has read once is run without one from then on.
import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setupToken } from '../../cli/secrets.ts'
import { type Installation, install, openclaw, PROGRAM, type Ran } from '../../support/installation.ts'
import { addressOn, agree, follow, loginPlace } from '../../support/logins.ts'
import { build, onTerminal } from '../../support/program.ts'
import { BLOCKS, type Block, readDocuments } from './blocks.ts'

const TOKEN = setupToken('seed')
const KEY_FROM_SHELL = `sk-ant-api03-${'k'.repeat(70)}seed`
const OPENROUTER = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`

type Stage = {
  home: string
  place: Installation
  /** Runs shell lines as somebody in that home would. */
  shell(lines: readonly string[], input?: string): Promise<Ran>
  /** A file below `~/.openclaw`, parsed. */
  kept(path: string): Promise<Record<string, unknown>>
}

const PLAIN = /^openclaw(?: [\w./:@=-]+)+$/
const readByShell = new Set<string>()

/** As `sh -e` runs them. */
async function oneByOne(place: Installation, lines: readonly string[], input: string): Promise<Ran> {
  const all: Ran = { code: 0, signal: null, stdout: '', stderr: '' }
  for (const [at, line] of lines.entries()) {
    const ran = await openclaw(place, line.split(' ').slice(1), { input: at === 0 ? input : '' })
    Object.assign(all, { code: ran.code, stdout: all.stdout + ran.stdout, stderr: all.stderr + ran.stderr })
    if (ran.code !== 0) break
  }
  return all
}

async function stage(): Promise<Stage> {
  const place = await install()
  const home = place.env.HOME ?? ''
  const bin = join(place.dir, 'bin')
  await mkdir(bin)
  const put = async (name: string, script: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  await put('openclaw', `exec '${process.execPath}' '${PROGRAM}' "$@"`)
  await put('claude', `[ "$1" = setup-token ] && echo '${TOKEN}'`)
  const { OPENCLAW_STATE_DIR: _, ...rest } = place.env
  const env = { ...rest, PATH: `${bin}:${place.env.PATH}` }
  place.env = env
  return {
    home,
    place,
    shell: (lines, input = '') => {
      const isKnown = lines.every((line) => PLAIN.test(line) && readByShell.has(line))
      for (const line of lines) readByShell.add(line)
      if (isKnown) return oneByOne(place, lines, input)
      return new Promise((resolve, reject) => {
        const child = spawn('sh', ['-e', '-c', lines.join('\n')], { cwd: place.cwd, env })
        let stdout = ''
        let stderr = ''
        child.stdout.on('data', (piece: Buffer) => {
          stdout += piece.toString()
        })
        child.stderr.on('data', (piece: Buffer) => {
          stderr += piece.toString()
        })
        child.on('error', reject)
        child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
        // Not every line reads what it is offered.
        child.stdin.on('error', () => undefined)
        child.stdin.end(input)
      })
    },
    kept: async (path) => JSON.parse(await readFile(join(home, '.openclaw', path), 'utf8')) as Record<string, unknown>,
  }
}

const STORE = 'agents/main/agent/auth-profiles.json'

async function profiles(kept: Stage['kept']): Promise<Record<string, { type?: string; token?: string }>> {
  const book = (await kept(STORE)) as { profiles: Record<string, { type?: string; token?: string }> }
  return book.profiles
}

/** What has to hold behind a block, by its last line. */
const PROMISES: Readonly<Record<string, (stage: Stage, block: Block) => Promise<void>>> = {
  'openclaw models status': async ({ shell }, { lines }) => {
    const ran = await shell(lines)
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toContain('anthropic')
    if (lines.some((line) => line.startsWith('export '))) expect(ran.stdout).toContain('source=env: ANTHROPIC_API_KEY')
  },
  EOF: async ({ shell }, { lines }) => {
    expect(await shell(lines)).toMatchObject({ code: 0, stderr: '' })
    expect((await shell(['openclaw models status'])).stdout).toContain('.env: ANTHROPIC_API_KEY')
  },
  'openclaw doctor': async ({ home, shell }, { lines }) => {
    // The heredoc made the file as any shell would: readable by others, were it not for its directory. That, and only that, is what doctor sees.
    await chmod(join(home, '.openclaw/.env'), 0o644)
    // Other tests have gateways at the usual port meanwhile, which doctor would rightly tell of: here none is anywhere.
    const alone = 'export OPENCLAW_GATEWAY_PORT=1'
    const seen = await shell([alone, ...lines])
    expect(seen.code).toBe(0)
    expect(seen.stdout).toContain(`chmod 600 '${home}/.openclaw/.env'`)
    await chmod(join(home, '.openclaw/.env'), 0o600)
    const clean = await shell([alone, ...lines])
    expect(clean).toMatchObject({ code: 0 })
    expect(clean.stdout).toContain('Nothing is wrong.')
  },
  'claude setup-token': async ({ shell }, { lines }) => {
    expect((await shell(lines)).stdout.trim()).toBe(TOKEN)
  },
  'openclaw models auth setup-token --provider anthropic': async ({ shell, kept }, { lines }) => {
    expect(await shell(lines, `${TOKEN}\n`)).toMatchObject({ code: 0 })
    expect(Object.values(await profiles(kept))).toContainEqual(expect.objectContaining({ type: 'token', token: TOKEN }))
  },
  'openclaw models auth paste-token --provider anthropic': async ({ shell, kept }, { lines }) => {
    expect(await shell(lines, `${TOKEN}\n`)).toMatchObject({ code: 0 })
    const [id] = Object.entries(await profiles(kept)).find(([, { token }]) => token === TOKEN) ?? []
    // A key that is there already is not replaced by a token: it goes beside it (D10).
    expect(['anthropic:default', 'anthropic:manual']).toContain(id)
    expect(await kept('openclaw.json')).toMatchObject({
      auth: { profiles: { [id ?? '']: { provider: 'anthropic', mode: 'token' } } },
    })
  },
  'openclaw models auth paste-token --provider openrouter': async ({ shell, kept }, { lines }) => {
    const secrets = [TOKEN, OPENROUTER]
    for (const [index, line] of lines.entries()) expect(await shell([line], secrets[index])).toMatchObject({ code: 0 })
    expect(await kept(STORE)).toMatchObject({ profiles: { 'openrouter:default': { token: OPENROUTER } } })
  },
  'openclaw models status --check': async ({ shell }, { lines }) => {
    // A token pasted today lasts a year: healthy. The same line ends with 1 and 2 where the documents say so.
    expect(await shell(lines)).toMatchObject({ code: 0 })
    const paste = (duration: string): Promise<Ran> =>
      shell([`openclaw models auth paste-token --provider anthropic --expires-in ${duration}`], TOKEN)
    await paste('3h')
    expect(await shell(lines)).toMatchObject({ code: 2 })
    await paste('1ms')
    expect(await shell(lines)).toMatchObject({ code: 1 })
    await paste('365d')
  },
  // The document means any provider that has a login; ChatGPT's is the one it tells of.
  'openclaw models auth login --provider <id>': async ({ place, kept }, { lines: [line = ''] }) => {
    const vendor = await loginPlace()
    const { OPENCLAW_STATE_DIR: _, ...env } = vendor.env
    const words = line.replace('<id>', 'openai-codex').split(' ').slice(1)
    const screen = onTerminal({ ...place, env: { ...env, ...place.env } }, words)
    const address = await addressOn(screen)
    expect(new URL(address).pathname).toMatch(/\/oauth\/authorize$/)
    await follow(await agree(address, 'work'))
    expect((await screen.exit).code).toBe(0)
    await vendor.close()
    expect(await profiles(kept)).toMatchObject({
      'openai-codex:work@example.com': {
        type: 'oauth',
        access: expect.any(String),
        refresh: expect.any(String),
        expires: expect.any(Number),
        accountId: 'acct-sandbox-work',
      },
    })
  },
  'openclaw models auth order clear --provider anthropic': async ({ shell, kept }, { lines }) => {
    const [get = '', set = '', clear = ''] = lines
    expect(await shell([get])).toMatchObject({ code: 0 })
    expect(await shell([set])).toMatchObject({ code: 0 })
    expect(await kept(STORE)).toMatchObject({ order: { anthropic: ['anthropic:default'] } })
    expect((await shell([get])).stdout).toContain('anthropic:default')
    expect(await shell([clear])).toMatchObject({ code: 0 })
    expect(await kept(STORE)).not.toHaveProperty('order.anthropic')
  },
  'openclaw onboard --anthropic-api-key "$ANTHROPIC_API_KEY"': async ({ shell, kept, place }, { lines }) => {
    const [wizard = '', flag = ''] = lines
    const screen = onTerminal(place, wizard.split(' ').slice(1))
    await screen.shows('Anthropic')
    screen.type('\u0003')
    expect((await screen.exit).code).toBe(130)
    const ran = await shell([`export ANTHROPIC_API_KEY='${KEY_FROM_SHELL}'`, flag])
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout + ran.stderr).not.toContain(KEY_FROM_SHELL)
    expect(await kept(STORE)).toMatchObject({
      profiles: { 'anthropic:default': { type: 'api_key', key: KEY_FROM_SHELL } },
    })
  },
  'openclaw onboard --auth-choice setup-token': async ({ shell, kept }, { lines }) => {
    expect(await shell(lines, `${TOKEN}\n`)).toMatchObject({ code: 0 })
    expect(Object.values(await profiles(kept)).map(({ token }) => token)).toContain(TOKEN)
  },
  'openclaw agents add personal': async ({ shell, kept }, { lines }) => {
    expect(await shell(lines)).toMatchObject({ code: 0 })
    const { agents } = (await kept('openclaw.json')) as { agents: { list: { id: string }[] } }
    expect(agents.list.map(({ id }) => id)).toEqual(expect.arrayContaining(['work', 'personal']))
    // No agent inherits the keys of another one.
    for (const id of ['work', 'personal']) {
      expect(await shell([`openclaw models status --check --agent ${id}`])).toMatchObject({ code: 1 })
    }
  },
  '}': async ({ home, shell }, { lines }) => {
    const path = join(home, '.openclaw/openclaw.json')
    await mkdir(join(home, '.openclaw'), { recursive: true, mode: 0o700 })
    const before = await readFile(path, 'utf8').catch(() => '{}')
    await writeFile(path, lines.join('\n'), { mode: 0o600 })
    expect(await shell(['openclaw config validate', 'openclaw models status'])).toMatchObject({ code: 0 })
    if (lines.some((line) => line.includes('ANTHROPIC_API_KEY'))) {
      expect((await shell(['openclaw models status'])).stdout).toContain('ANTHROPIC_API_KEY')
    }
    await writeFile(path, before)
  },
}

const lastOf = ({ lines }: Block): string => lines.at(-1) ?? ''

beforeAll(build, 60_000)

test('the blocks kept here are those of the documents', () => {
  const read = readDocuments()
  if (read !== undefined) expect(BLOCKS).toEqual(read)
  expect(new Set(BLOCKS.map(({ document }) => document)).size).toBe(5)
})

for (const document of new Set(BLOCKS.map((block) => block.document))) {
  describe(`document ${document}`, () => {
    let here: Stage
    beforeAll(async () => {
      here = await stage()
    })
    afterAll(() => here.place.remove())
    for (const block of BLOCKS.filter((one) => one.document === document)) {
      test(`line ${block.line}: ${block.lines.join('; ')}`, async () => {
        const promise = PROMISES[lastOf(block)]
        if (promise === undefined) throw new Error('nothing is promised of this block')
        await promise(here, block)
      })
    }
  })
}
