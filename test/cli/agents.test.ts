// `agents`: what is made, what is refused, and that no credential ever moves from one agent to another.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, type Plan, readJson } from '../support/installation.ts'
import { build, comparable, onTerminal, transcript } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
const fresh = async (plan: Plan = {}): Promise<void> => {
  place = await install(plan)
}
const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))
const json = async (line: string): Promise<unknown> => {
  const ran = await openclaw(place, [...line.split(' '), '--json'])
  return JSON.parse(comparable(place, ran.stdout))
}
const config = (): Promise<unknown> => readJson(join(place.state, 'openclaw.json'))

beforeAll(build, 60_000)
afterEach(() => place.remove())

describe('add', () => {
  it('finishes without a terminal, with directories of its own that nobody else may enter', async () => {
    await fresh({ profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] })
    expect(await run('agents add work')).toBe(`Updated $STATE/openclaw.json
Workspace OK: $STATE/workspace-work
Sessions OK: $STATE/agents/work/sessions
Agent: work
Workspace: $STATE/workspace-work
Agent dir: $STATE/agents/work/agent
Credentials: none of its own yet; nothing was copied from other agents. Give it one:
  openclaw models auth paste-api-key --provider anthropic --agent work
Or be asked for one: openclaw onboard --agent work
--- exit 0
`)
    expect(await config()).toEqual({ agents: { list: [{ id: 'main' }, { id: 'work' }] } })
    for (const dir of ['workspace-work', 'agents/work', 'agents/work/agent', 'agents/work/sessions']) {
      expect((await stat(join(place.state, dir))).mode & 0o777, dir).toBe(0o700)
    }
    expect(await readdir(join(place.state, 'agents/work/agent'))).toEqual([])
    expect(await json('agents list')).toEqual([
      expect.objectContaining({ id: 'main', isDefault: true, routes: ['default (no explicit rules)'] }),
      {
        id: 'work',
        workspace: '$STATE/workspace-work',
        agentDir: '$STATE/agents/work/agent',
        model: 'anthropic/claude-opus-4-6',
        bindings: 0,
        isDefault: false,
      },
    ])
    const text = await run('models status --agent work')
    expect(text).toContain('--agent work')
    expect(await readdir(join(place.state, 'agents/work/agent'))).toEqual([])
  })

  it('gives the agent a credential by the command it names', async () => {
    await fresh()
    const { next } = (await json('agents add work')) as { next: string }
    const ran = await openclaw(place, next.split(' ').slice(1), { input: apiKey('kkkk') })
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('agents/work/agent/auth-profiles.json')
    expect(await readdir(join(place.state, 'agents'))).toEqual(['work'])
  })

  it('makes an id of a name, and says so', async () => {
    await fresh()
    expect(await run('agents add My__Wörk!')).toMatch(/--- stderr\nNormalized agent id to "my__w-rk".\n/)
    expect(await config()).toEqual({
      agents: { list: [{ id: 'main' }, { id: 'my__w-rk', name: 'My__Wörk!' }] },
    })
  })

  it('loses chats again, its own alone', async () => {
    const bindings = [
      { agentId: 'work', match: { channel: 'telegram', accountId: 'biz' } },
      { agentId: 'work', match: { channel: 'telegram', accountId: 'biz', peer: { kind: 'dm', id: '7' } } },
      { agentId: 'other', match: { channel: 'slack' } },
    ]
    const agents = { list: [{ id: 'main' }, { id: 'work' }, { id: 'other' }] }
    await fresh({ config: { agents, bindings } })
    expect(await run('agents unbind --agent work --bind Telegram:biz --bind slack --bind irc')).toBe(
      'Agent: work\nUnbound: telegram accountId=biz\nNot bound: irc\n--- stderr\nLeft bound, as another agent has it: slack (agent=other)\n--- exit 1\n',
    )
    expect(((await config()) as { bindings: unknown }).bindings).toEqual(bindings.slice(1))
    expect(await json('agents unbind --agent work --all')).toEqual({
      agentId: 'work',
      removed: ['telegram accountId=biz peer=dm:7'],
      missing: [],
      conflicts: [],
    })
    expect(((await config()) as { bindings: unknown }).bindings).toEqual(bindings.slice(2))
    for (const line of ['agents unbind', 'agents unbind --all --bind slack', 'agents unbind --all --peer group:1']) {
      expect(await run(line)).toContain('Error: Which chat? --bind channel, --bind channel:account, or --all.')
    }
  })

  it('is bound to one chat of a channel, and loses it alone', async () => {
    await fresh({ agents: { work: {} } })
    const group = '--agent work --bind telegram:biz --peer group:-100'
    expect(await run(`agents bind ${group}`)).toBe(
      'Agent: work\nBound: telegram accountId=biz peer=group:-100\n--- exit 0\n',
    )
    await run('agents bind --agent work --bind telegram:biz')
    expect(await run(`agents unbind ${group}`)).toBe(
      'Agent: work\nUnbound: telegram accountId=biz peer=group:-100\n--- exit 0\n',
    )
    expect(((await config()) as { bindings: unknown }).bindings).toEqual([
      { agentId: 'work', match: { channel: 'telegram', accountId: 'biz' } },
    ])
    expect(await run('agents bind --agent work --bind telegram --peer somebody')).toContain(
      'Error: --peer takes direct:ID, group:ID or channel:ID, not "somebody". Nothing was changed.',
    )
  })

  it('takes flags, asks nothing, and answers in the shape of the reference', async () => {
    await fresh({ agents: { other: {} }, config: {} })
    await run('agents bind --agent other --bind slack:x')
    const line =
      'agents add work --workspace ./w --agent-dir ./a --model openai/gpt-5.1 --bind telegram:biz --bind slack:x --bind telegram:biz'
    const answer = (await json(line)) as Record<string, unknown>
    expect(answer).toMatchObject({
      agentId: 'work',
      name: 'work',
      workspace: join(place.cwd, 'w'),
      agentDir: join(place.cwd, 'a'),
      model: 'openai/gpt-5.1',
      bindings: {
        added: ['telegram accountId=biz'],
        skipped: ['telegram accountId=biz'],
        conflicts: ['slack accountId=x (agent=other)'],
      },
    })
    expect(await json('agents list --bindings')).toContainEqual(
      expect.objectContaining({ id: 'work', bindings: 1, bindingDetails: ['telegram accountId=biz'] }),
    )
  })

  it.each([
    ['agents add work', 'Agent "work" already exists. Nothing was changed.'],
    ['agents add Work', 'already exists'],
    ['agents add main', '"main" is reserved. Choose another name.'],
    ['agents add', 'A new agent needs a name.'],
    ['agents add !!!', 'no letter or digit'],
    ['agents add new --model nosuch/x', 'There is no provider "nosuch"'],
    ['agents add new --bind a:b:c', '--bind takes channel or channel:account'],
    ['agents add new --agent-dir $STATE/agents/main/agent', 'belongs to agent main'],
  ])('refuses %s and changes nothing', async (line, why) => {
    await fresh({ agents: { work: {} } })
    const before = await readFile(join(place.state, 'openclaw.json'), 'utf8')
    const there = await readdir(place.state)
    const text = await run(line.replace('$STATE', place.state))
    expect(text).toContain(why)
    expect(text).toMatch(/--- exit 1\n$/)
    expect(await readFile(join(place.state, 'openclaw.json'), 'utf8')).toBe(before)
    expect(await readdir(place.state)).toEqual(there)
  })

  it('asks on a terminal: Enter takes what it proposes, Ctrl-C changes nothing', async () => {
    await fresh()
    const screen = onTerminal(place, ['agents', 'add'])
    await screen.shows('Name of the agent: ')
    screen.type('work\r')
    await screen.shows(`Workspace [${place.state}/workspace-work]: `)
    screen.type('\r')
    await screen.shows('Model [anthropic/claude-opus-4-6]: ')
    screen.type('openai/gpt-5.1\r')
    expect((await screen.exit).code).toBe(0)
    expect(await config()).toEqual({
      agents: { list: [{ id: 'main' }, { id: 'work', model: 'openai/gpt-5.1' }] },
    })
    const other = onTerminal(place, ['agents', 'add', 'home'])
    await other.shows('Workspace [')
    other.type('\u0003')
    expect((await other.exit).code).toBe(130)
    expect(await json('agents list')).toHaveLength(2)
  })

  it('makes one agent of eight that are added under one name at the same time', async () => {
    await fresh()
    const codes = await Promise.all(
      Array.from({ length: 8 }, async () => (await openclaw(place, ['agents', 'add', 'work'])).code),
    )
    expect(codes.filter((code) => code === 0)).toHaveLength(1)
    expect(await config()).toEqual({ agents: { list: [{ id: 'main' }, { id: 'work' }] } })
  })
})

it('add ends with 1 when a chat that was asked for is bound to another agent', async () => {
  await fresh({ config: { bindings: [{ agentId: 'main', match: { channel: 'slack' } }] } })
  const ran = await openclaw(place, ['agents', 'add', 'work', '--bind', 'slack'])
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('Not bound, as another agent has it') })
  expect(await json('agents list')).toHaveLength(2)
})

describe('inherit', () => {
  const plan: Plan = {
    profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
    config: { agents: { list: [{ id: 'main' }, { id: 'work', auth: { inherit: 'main' } }] } },
  }

  it('says everywhere whose credentials they are', async () => {
    await fresh(plan)
    expect(await run('models status --agent work')).toContain('Credentials of: main\n')
    expect(await run('models auth list --agent work')).toContain('Credentials of: main\n- anthropic:default')
    expect(await run('models explain --agent work')).toContain('Credentials of: main\n')
    expect(await run('agents list')).toContain('  Credentials: those of main\n')
    expect(await run('channels list --no-usage --agent work')).toContain('- anthropic:default (api_key)')
    expect(await json('agents list')).toContainEqual(expect.objectContaining({ id: 'work', owner: 'main' }))
    expect(await readdir(join(place.state, 'agents'))).toEqual(['main'])
  })

  it('names commands that reach those whose credentials they are, and asks for no secret that is not taken', async () => {
    await fresh({ config: { ...plan.config, agents: { list: [{ id: 'work', auth: { inherit: 'main' } }] } } })
    expect(await run('status')).toContain('Run: openclaw models auth paste-api-key --provider anthropic --agent main\n')
    expect(await run('models where anthropic')).toContain('paste-api-key --provider anthropic --agent main\n')
    const { code } = await onTerminal(place, ['models', 'auth', 'add']).exit
    expect(code).toBe(1)
  })

  it('refuses changes with a command that works', async () => {
    await fresh(plan)
    const lines = [
      'models auth logout anthropic:default --yes --agent work',
      'models auth order set --provider anthropic anthropic:default --agent work',
      'models auth order clear --provider anthropic --agent work',
      'models auth paste-api-key --provider anthropic --agent work',
    ]
    for (const line of lines.reverse()) {
      const ran = await openclaw(place, line.split(' '), { input: apiKey('nnnn') })
      expect(ran, line).toMatchObject({ code: 1, stdout: '' })
      const remedy = /Run: openclaw (.*)/.exec(ran.stderr)?.[1] ?? ''
      expect(remedy, line).toContain('--agent main')
      const yes = remedy.includes('logout') ? ['--yes'] : []
      const repaired = await openclaw(place, [...remedy.split(' '), ...yes], { input: apiKey('nnnn') })
      expect(repaired, remedy).toMatchObject({ code: 0 })
    }
  })

  it('complains about circles and strangers with their path', async () => {
    await fresh({
      config: {
        agents: {
          list: [
            { id: 'a', auth: { inherit: 'b' } },
            { id: 'b', auth: { inherit: 'a' } },
          ],
        },
      },
    })
    expect(await run('models status')).toContain('agents.list.0.auth.inherit: this leads back to the agent itself')
  })
})

describe('delete', () => {
  const plan: Plan = { agents: { work: { profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] } } }

  it('needs --force where nobody can be asked, and never takes main', async () => {
    await fresh(plan)
    const before = await readdir(place.state)
    expect(await run('agents delete work')).toBe(
      '--- stderr\nError: Deleting agent work needs --force where nobody can be asked; nothing was changed.\n  Run: openclaw agents delete work --force\n--- exit 1\n',
    )
    expect(await run('agents delete main --force')).toContain('Error: "main" cannot be deleted. Nothing was changed.')
    expect(await run('agents delete nosuch --force')).toContain('There is no agent "nosuch"')
    expect(await readdir(place.state)).toEqual(before)
    expect(await run('agents delete work --force')).toMatch(
      /^Updated \$STATE\/openclaw.json\nDeleted agent: work\nTrash: \$STATE\/trash\/work-\w+-\w+\nMoved: \$STATE\/agents\/work\nBindings removed: 0\n/,
    )
    expect(await json('agents list')).toHaveLength(1)
  })

  it('asks on a terminal; no, and Ctrl-C, change nothing', async () => {
    await fresh(plan)
    for (const [keys, code] of [
      ['n\r', 130],
      ['\u0003', 130],
      ['y\r', 0],
    ] as const) {
      const screen = onTerminal(place, ['agents', 'delete', 'work'])
      await screen.shows('? [y/N] ')
      expect(screen.text()).toContain(`${place.state}/agents/work`)
      screen.type(keys)
      expect((await screen.exit).code).toBe(code)
    }
    expect(await json('agents list')).toHaveLength(1)
  })
})

describe('set-identity', () => {
  it('sets what is given, keeps the rest, and reads what is asked from IDENTITY.md', async () => {
    await fresh({ agents: { work: {} } })
    await mkdir(join(place.state, 'workspace-work'))
    const prose =
      '# IDENTITY\n\n- **Name:** Ada\n- **Vibe:** calm: very\n- **Emoji:** _(pick one)_\n* avatar: a.png\nname: later\n'
    await writeFile(join(place.state, 'workspace-work/IDENTITY.md'), prose)
    expect(await json('agents set-identity --agent work --emoji 🦉')).toEqual({
      agentId: 'work',
      identity: { emoji: '🦉' },
    })
    const full = { name: 'Lovelace', theme: 'calm: very', emoji: '🦉', avatar: 'a.png' }
    const line = `agents set-identity --workspace ${place.state}/workspace-work --from-identity --name Lovelace`
    expect(await json(line)).toEqual({ agentId: 'work', identity: full })
    expect(await run('agents list')).toContain('- work (🦉 Lovelace)\n')
    expect(await json('agents list')).toContainEqual(expect.objectContaining({ id: 'work', identityName: 'Lovelace' }))
  })

  it('gives main an entry that leaves it the default, and refuses to set nothing', async () => {
    await fresh()
    expect(await run('agents set-identity --name Main')).toContain('Agent: main\nname: Main\n--- exit 0')
    expect(await run('agents set-identity')).toContain('There is nothing to set')
    expect(await run('agents set-identity --from-identity')).toContain('IDENTITY.md. Nothing was changed.')
    expect(await run('agents set-identity --workspace /nowhere --name x')).toContain('No agent works in /nowhere')
    expect(await run('agents set-identity --agent nosuch --name x')).toContain('There is no agent "nosuch"')
    expect(await config()).toEqual({ agents: { list: [{ id: 'main', identity: { name: 'Main' } }] } })
  })
})

describe('set-default and set-workspace', () => {
  it('name one default agent, and tell who works elsewhere from then on', async () => {
    await fresh({ agents: { work: {} } })
    const shared = `${place.state}/shared`
    await run(`config set agents.defaults.workspace ${shared}`)
    expect(await json('agents set-default work')).toEqual({
      defaultAgent: 'work',
      notes: [
        'Agent main now works in $STATE/workspace; what is in $STATE/shared stays there.',
        'Agent work now works in $STATE/shared; what is in $STATE/workspace-work stays there.',
      ],
    })
    expect(await run('agents set-default main')).toContain('Default agent: main\n')
    expect(await config()).toMatchObject({
      agents: { list: expect.arrayContaining([{ id: 'main', default: true }, { id: 'work' }]) },
    })
    expect(JSON.stringify(await config()).match(/"default":/g)).toHaveLength(1)
    expect(await run('agents set-default nosuch')).toContain('There is no agent "nosuch"')
  })

  it('put an agent into a folder of its own, and back into the usual one', async () => {
    await fresh({ agents: { work: {} } })
    const own = `${place.state}/own`
    expect(await json(`agents set-workspace --agent work ${own}`)).toMatchObject({
      agentId: 'work',
      workspace: '$STATE/own',
    })
    expect((await stat(own)).isDirectory()).toBe(true)
    expect(await run(`agents set-workspace --agent work ${place.state}`)).toContain('the credentials of agent main lie')
    expect(await run('agents set-workspace --agent work')).toContain('Which folder?')
    const { workspace } = (await json('agents set-workspace --agent work --reset')) as { workspace: string }
    expect(workspace).toBe('$STATE/workspace-work')
    expect(JSON.stringify(await config())).not.toContain('workspace')
  })
})
