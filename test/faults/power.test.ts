// Power cuts, without a machine to break (after ALICE, OSDI 2014): the system calls of one command are recorded, and every state that a disk may be
// in after a cut between any two of them is built: what was not synced is there, half there, or not; names move or do not. Each state opens.
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { paste } from '../../src/auth/paste.ts'
import { remains } from '../support/broken-renewal.ts'
import { install, openclaw, type RunOptions } from '../support/installation.ts'
import { freshDir, machine } from '../support/machine.ts'
import { aged, CAN_TRACE, ONE_BY_ONE, recording, SIZES, trace } from '../support/tracing.ts'

const OLD = `sk-ant-api03-${'o'.repeat(32)}`
const NEW = `sk-ant-api03-${'n'.repeat(32)}`
const LATER = `sk-ant-api03-${'l'.repeat(32)}`
const STORE = 'agents/main/agent/auth-profiles.json'

const USUAL_STATES = 120

/** A file apart from its names. */
type Inode = { text: string; synced: string }
type Step =
  | { kind: 'create' | 'unlink'; path: string }
  | { kind: 'move' | 'link'; path: string; to: string }
  | { kind: 'write'; path: string; text: string }
  | { kind: 'sync'; path: string }

/** strace writes strings as C does. */
const plain = (text: string): string =>
  JSON.parse(
    `"${text.replace(/\\([0-7]{1,3})/g, (_, octal) => `\\u00${Number.parseInt(octal, 8).toString(16).padStart(2, '0')}`)}"`,
  )

/** What happened below the folder, in order. */
function readSteps(text: string, folder: string): Step[] {
  const steps: Step[] = []
  const inside = (path: string): string | undefined =>
    path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path === folder ? '' : undefined
  const unfinished = new Map<string, string>()
  for (const raw of text.split('\n')) {
    let line = raw
    const begun = /^(\d+) +(.*) <unfinished \.\.\.>$/.exec(raw)
    if (begun !== null) {
      unfinished.set(begun[1] ?? '', begun[2] ?? '')
      continue
    }
    const resumed = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/.exec(raw)
    if (resumed !== null) line = `${resumed[1]} ${unfinished.get(resumed[1] ?? '')}${resumed[2]}`
    if (!/ = \d/.test(line)) continue
    const call = /^\d+ +(\w+)\(/.exec(line)?.[1]
    const quoted = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inner]) => plain(inner ?? ''))
    const path = inside(/^\d+ +(?:write|fsync)\(\d+<([^>]*)>/.exec(line)?.[1] ?? quoted[0] ?? '')
    if (path === undefined) continue
    if (call === 'openat' && line.includes('O_CREAT')) steps.push({ kind: 'create', path })
    if (call === 'write') steps.push({ kind: 'write', path, text: quoted[0] ?? '' })
    if (call === 'fsync') steps.push({ kind: 'sync', path })
    if (call === 'unlink') steps.push({ kind: 'unlink', path })
    const to = inside(quoted[1] ?? '') ?? ''
    if (call === 'rename') steps.push({ kind: 'move', path, to })
    if (call === 'link') steps.push({ kind: 'link', path, to })
  }
  return steps
}

type Names = Map<string, Inode>

/** Every state after a cut: the text of each file by its path, and behind how many steps. */
function* statesAfter(
  before: ReadonlyMap<string, string>,
  steps: readonly Step[],
): Generator<{ count: number; files: Map<string, string> }> {
  const names: Names = new Map([...before].map(([path, text]) => [path, { text, synced: text }]))
  const base: Names = new Map(names)
  const moves: { dir: string; isDurable: boolean; apply(names: Names): void }[] = []
  const change = (path: string, apply: (names: Names) => void): void => {
    apply(names)
    moves.push({ dir: dirname(path), isDurable: false, apply })
  }
  for (const [at, step] of steps.entries()) {
    const inode = names.get(step.path)
    if (step.kind === 'create' && inode === undefined) {
      const made: Inode = { text: '', synced: '' }
      change(step.path, (files) => files.set(step.path, made))
    } else if (step.kind === 'write' && inode !== undefined) inode.text += step.text
    else if (step.kind === 'sync' && inode !== undefined) inode.synced = inode.text
    else if (step.kind === 'sync') {
      for (const move of moves) if (move.dir === (step.path === '' ? '.' : step.path)) move.isDurable = true
    } else if (step.kind === 'unlink') change(step.path, (files) => files.delete(step.path))
    else if (step.kind === 'move' || step.kind === 'link') {
      change(step.path, (files) => {
        const moved = files.get(step.path)
        if (moved === undefined) return
        files.set(step.to, moved)
        if (step.kind === 'move') files.delete(step.path)
      })
    }
    const open = moves.filter(({ isDurable }) => !isDurable)
    for (let some = 0; some < 2 ** open.length; some++) {
      const found: Names = new Map(base)
      for (const move of moves) if (move.isDurable || (some >> open.indexOf(move)) % 2 === 1) move.apply(found)
      const unsynced = [...new Set(found.values())].filter(({ text, synced }) => text !== synced)
      for (let way = 0; way < 4 ** unsynced.length; way++) {
        const files = [...found].map(([path, file]): [string, string] => {
          const open = unsynced.indexOf(file)
          const grown = file.text.slice(file.synced.length)
          const kept = ['', grown.slice(0, grown.length / 2), '\0'.repeat(grown.length), grown][(way >> (2 * open)) % 4]
          return [path, open < 0 ? file.text : file.synced + kept]
        })
        yield { count: at + 1, files: new Map(files) }
      }
    }
  }
}

/** The disk as the cut left it, seen by a machine that has started again. */
async function restart(files: ReadonlyMap<string, string>): Promise<string> {
  const state = freshDir()
  for (const [path, text] of files) {
    const full = join(state, path)
    await mkdir(dirname(full), { recursive: true, mode: 0o700 })
    await writeFile(full, text, { mode: 0o600 })
    await utimes(full, 1, 1)
  }
  return state
}

describe.skipIf(!CAN_TRACE)('a power cut', () => {
  test('at any moment of a write leaves the old store or the new one, and the next write goes well', {
    timeout: SIZES === undefined ? 120_000 : 900_000,
  }, async () => {
    const place = await install({ profiles: [{ id: 'anthropic:one', key: OLD }], config: {} })
    onTestFinished(() => place.remove())
    await aged(place)
    const before = new Map<string, string>()
    for (const path of [STORE, 'openclaw.json', '.gitignore'])
      before.set(path, await readFile(join(place.state, path), 'utf8'))
    const options: RunOptions = { under: recording(place), env: ONE_BY_ONE, input: NEW }
    const line = ['models', 'auth', 'paste-api-key', '--provider', 'anthropic', '--profile-id', 'anthropic:one']
    expect((await openclaw(place, line, options)).code).toBe(0)
    const steps = readSteps(trace(place), place.state).filter(({ path }) => path.startsWith('agents/'))
    const kept = steps.findLastIndex(({ kind, path }) => kind === 'sync' && path === dirname(STORE))
    expect(kept).toBeGreaterThan(5)
    const all = new Map<string, { count: number; files: Map<string, string> }>()
    for (const left of statesAfter(before, steps)) {
      const id = JSON.stringify([...left.files].sort())
      if (!all.has(id)) all.set(id, left)
    }
    // In `npm test` some of them, from the first to the last.
    const every = SIZES === undefined ? Math.ceil(all.size / USUAL_STATES) : 1
    const states = [...all.values()].filter((_, at) => at % every === 0)
    const found = new Set<string>()
    for (const [at, { count, files }] of states.entries()) {
      const state = await restart(files)
      const auth = await createAuth(machine({ env: { OPENCLAW_STATE_DIR: state } }).system)
      const view = await auth.view('main')
      const secret = (): string | undefined =>
        view
          .facts()
          .providers.get('anthropic')
          ?.candidates.find((one) => one.id === 'anthropic:one')
          ?.secret?.reveal()
      found.add(secret() ?? 'nothing')
      if (count > kept) expect(secret()).toBe(NEW)
      // Every write takes time; at each step some of them are tried.
      if (SIZES === undefined && at % 15 !== 0) continue
      await paste(auth, {
        agentId: 'main',
        provider: 'anthropic',
        kind: 'api_key',
        text: LATER,
        profileId: 'anthropic:one',
      })
      await view.reload()
      expect(secret()).toBe(LATER)
      expect(await remains({ dir: state, state })).toEqual([])
    }
    expect([...found].sort()).toEqual([NEW, OLD].sort())
    console.log(`power cuts: ${states.length} states of one write, 0 unreadable`)
  })
})
