// `openclaw chat` as a person meets it on a terminal, as a script meets it on a pipe, and when its gateway goes away.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { CLAUDE, GOOD, providersAt } from '../flows/support.ts'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, onTerminal, type Screen } from '../support/program.ts'

/** A slow machine is not a failure. */
const PATIENTLY = { timeout: 20_000 }

const WORK = 'sk-ant-api03-work-0123456789abcdef'
/** Nothing listens there. */
const ALONE = { OPENCLAW_GATEWAY_PORT: '1' }
const ENTER = '\r'
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const UP = '\u001b[A'

let sandbox: Sandbox
let place: Installation

beforeAll(async () => {
  await build()
  sandbox = await startSandbox({
    accounts: [
      { name: 'default', vendor: 'anthropic', key: GOOD },
      { name: 'work', vendor: 'anthropic', key: WORK },
    ],
  })
  place = await install({
    config: {
      models: providersAt(sandbox),
      agents: { defaults: { model: CLAUDE, models: { [CLAUDE]: { alias: 'Opus' } } } },
    },
    profiles: [
      { id: 'anthropic:default', key: GOOD },
      { id: 'anthropic:work', key: WORK },
    ],
    order: { anthropic: ['anthropic:default', 'anthropic:work'] },
  })
}, 60_000)

afterAll(async () => {
  await sandbox?.close()
  await place?.remove()
})

const onScreen = (args: readonly string[], env: Readonly<Record<string, string>>): Screen =>
  onTerminal({ ...place, env: { ...place.env, ...env } }, ['chat', ...args])

/** What was said by people, in all conversations that begin with this. */
async function asked(): Promise<string[]> {
  const dir = join(place.state, 'agents/main/sessions')
  const names = (await readdir(dir)).filter((name) => name.endsWith('.jsonl'))
  const lines = (await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')))).join('').split('\n')
  return lines
    .filter((line) => line.includes('"role":"user"'))
    .map((line) => (JSON.parse(line) as { content: { text: string }[] }).content[0]?.text ?? '')
}

test('on a terminal answers stream, commands reply, Ctrl-C stops an answer and twice ends the chat', async () => {
  const screen = onScreen([], { ...ALONE, NO_COLOR: '1' })
  await screen.shows(`agent:main:main: ${CLAUDE}, account anthropic:default`)
  await screen.shows('> ')
  screen.type(`hello 세계${ENTER}`)
  await screen.shows('You said: hello 세계')
  await screen.shows(`  anthropic:default, ${CLAUDE}: `)
  screen.type(`/model opus@anthropic:work${ENTER}`)
  await screen.shows('Auth profile set to anthropic:work.')
  sandbox.setFaults([{ account: 'work', stallAfterEvents: 6, times: 1 }])
  screen.type(`go on${ENTER}`)
  await screen.shows('go on\r\r\nSandbox')
  // Typed while the answer comes: not meant any more once that is stopped.
  screen.type(`never said${ENTER}${CTRL_C}`)
  await screen.shows('Stopped; what was said until then is kept.')
  screen.type(`${UP}${UP}${UP}, again${ENTER}`)
  await screen.shows('You said: hello 세계, again')
  await screen.shows(`  anthropic:work, ${CLAUDE}: `)
  screen.type(`\u001b[200~one\r\ttwo\r\u001b[201~`)
  await screen.shows('two')
  screen.type(`${ENTER}`)
  await screen.shows('You said: one')
  screen.type('half a thought')
  await screen.shows('half a thought')
  screen.type(CTRL_C)
  screen.type(CTRL_C)
  await screen.shows('(Ctrl-C again, or Ctrl-D, ends the chat.)')
  screen.type(CTRL_C)
  expect(await screen.exit).toMatchObject({ code: 0 })
  expect(await asked()).toEqual(['hello 세계', 'go on', 'hello 세계, again', 'one\n\ttwo'])
  expect(screen.text()).not.toMatch(/\p{Cc}\[\d+m/u)
  expect(screen.text()).not.toContain('sk-ant')
}, 60_000)

test('files wait for the next message, named or dropped, and what cannot be shown is told', async () => {
  const file = (name: string): string => join(place.state, name)
  await writeFile(file('my cat.png'), Buffer.from('89504e470d0a1a0a0000', 'hex'))
  await writeFile(file('notes.md'), 'remember the milk')
  await writeFile(file('empty.txt'), '')
  await writeFile(file('odd.bin'), Buffer.from([0, 1, 2, 255]))
  await writeFile(file('huge.txt'), 'x'.repeat(20 * 1024 * 1024 + 1))
  const screen = onScreen(['--session', 'shown', '--attach', file('notes.md')], { ...ALONE, NO_COLOR: '1' })
  await screen.shows('[1 attached] > ')
  for (const [line, told] of [
    [`/attach ${place.state}`, 'is a folder or a device, not a file, so it was not attached.'],
    [`/attach ${file('gone.png')}`, 'is not there, so it was not attached.'],
    [`/attach ${file('empty.txt')}`, 'is empty, so it was not attached.'],
    [`/attach ${file('odd.bin')}`, 'is no picture (PNG, JPEG, GIF, WebP), PDF, text in UTF-8 or recording'],
    [`/ATTACH ${file('huge.txt')}`, 'is larger than 20 MB'],
    // As a terminal writes what is dropped on it.
    [`${file('my cat.png').replace(' ', '\\ ')} `, 'Shown with the next message: notes.md (1 kB), my cat.png (1 kB).'],
    ['/model nope', 'is not allowed'],
    ['/detach', 'Taken off: notes.md (1 kB), my cat.png (1 kB).'],
    ['/detach', 'Nothing was attached.'],
    ['/attach', 'Nothing is attached.'],
    ['/help', '/attach cat.jpg - shows a picture or a file'],
    [`/attach ${file('my cat.png')}`, 'Shown with the next message: my cat.png (1 kB).'],
    ['What is it?', 'You said: What is it?'],
  ] as const) {
    screen.type(`${line}${ENTER}`)
    await screen.shows(told)
  }
  screen.type(`And now?${ENTER}`)
  await screen.shows('You said: And now?')
  screen.type(CTRL_D)
  expect(await screen.exit).toMatchObject({ code: 0 })
  const said = await asked()
  expect(said).toContain('What is it?\n[a picture]')
  expect(said).toContain('And now?')
}, 60_000)

test('what is piped in is one message, behind --message, and its answer is all of the output', async () => {
  const review = ['chat', '--session', 'review', '--message', 'Review this:']
  const ran = await openclaw(place, review, { input: 'first line\nsecond line\n', env: ALONE })
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(ran.stdout).toMatch(/^Sandbox answer.*\n$/s)
  expect(ran.stdout).not.toContain('anthropic:')
  expect(await asked()).toContain('Review this:\n\nfirst line\nsecond line\n')
  const status = await openclaw(place, ['chat', '--session', 'review'], { input: '/model status\n', env: ALONE })
  expect(status.stdout).toContain('\nNext: anthropic:default\n')
  const unknown = await openclaw(place, ['chat'], { input: '/model nope', env: ALONE })
  expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('is not allowed') })
  // More than is told in words, and what is no text, goes with the message as a file.
  const long = await openclaw(place, review, { input: 'a long line\n'.repeat(10_000), env: ALONE })
  expect(long).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('You said: Review this:') })
  const cat = 'GIF89a\u0000'
  expect(await openclaw(place, ['chat', '--session', 'review'], { input: cat, env: ALONE })).toMatchObject({ code: 0 })
  const said = await asked()
  expect(said).toContain('Review this:\n[a document: standard input]')
  expect(said).toContain('[a picture]')
  const odd = await openclaw(place, ['chat'], { input: 'a\u0000b', env: ALONE })
  expect(odd).toMatchObject({ code: 1, stderr: expect.stringContaining('What was piped in is no text in UTF-8') })
  const attach = await openclaw(place, ['chat'], { input: '/attach cat.png', env: ALONE })
  expect(attach.stdout).toContain('There is no /attach here; nothing was asked.')
  const nothing = await openclaw(place, ['chat'], { input: ' \n', env: ALONE })
  expect(nothing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is nothing to say') })
}, 60_000)

test('a gateway that is killed and comes back is told, and the chat goes on with it', async () => {
  const first = await startGateway(place)
  const env = { OPENCLAW_GATEWAY_PORT: String(first.port) }
  const screen = onScreen(['--session', 'away', '--message', 'hello'], env)
  await screen.shows('You said: hello')
  // Dim, where there are colours.
  await screen.shows(`\u001b[2m  anthropic:default, ${CLAUDE}: `)
  sandbox.setFaults([{ account: 'default', stallAfterEvents: 6, times: 1 }])
  screen.type(`go on${ENTER}`)
  await screen.shows('go on\r\r\nSandbox')
  await first.stop('SIGKILL')
  await screen.shows('The connection to the gateway was lost; looking for it again.')
  const second = await startGateway(place)
  try {
    await screen.shows('The gateway was started anew in the midst of the answer')
    screen.type(`and now${ENTER}`)
    await screen.shows('You said: and now')
    screen.type(CTRL_D)
    expect(await screen.exit).toMatchObject({ code: 0 })
    // The second gateway asked, not the chat itself.
    const calls = join(place.state, 'agents/main/sessions/calls.log')
    await expect
      .poll(async () => (await readFile(calls, 'utf8')).trim().split('\n').at(-1), PATIENTLY)
      .toContain('"face":"chat"')
  } finally {
    await second.stop()
  }
}, 60_000)
