// The built program as a person meets it: built when something changed, its answers made comparable, and run on a pseudo-terminal.
import { type IPty, spawn } from '@lydell/node-pty'
import { afterAll, beforeAll } from 'vitest'
import { buildInto } from '../../scripts/build.mjs'
import { type Installation, install, type openclaw, PROGRAM, ROOT } from './installation.ts'

let built: Promise<unknown> | undefined

/** Builds the program unless what is there already is of these sources; looked at once in each worker, as that reads all of them. */
export async function build(): Promise<void> {
  built ??= buildInto(ROOT)
  await built
}

/** The program built and one installation of it for all tests of a file; called outside of them, and asked inside. */
export function sharedPlace(): () => Installation {
  let place: Installation | undefined
  beforeAll(async () => {
    await build()
    place = await install()
  }, 60_000)
  afterAll(() => place?.remove())
  return () => {
    if (place === undefined) throw new Error('tests come after what is before all of them')
    return place
  }
}

/** Paths of this installation and moments become names, so that whole screens can be compared. */
export function comparable(place: Installation, text: string): string {
  return text
    .replaceAll(place.state, '$STATE')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\dZ/g, 'DATE')
    .replace(/\b\d\d:\d\d:\d\dZ/g, 'TIME')
}

/** A finished run as one text: what a person sees, then what the shell sees. */
export function transcript(place: Installation, ran: Awaited<ReturnType<typeof openclaw>>): string {
  const parts = [ran.stdout, ran.stderr === '' ? '' : `--- stderr\n${ran.stderr}`, `--- exit ${ran.code}\n`]
  return comparable(place, parts.join(''))
}

export type Screen = {
  /** Types, as keys or as a terminal that pastes. */
  type(text: string): void
  /** Waits until the screen holds the text. @throws after 40 s, with what it holds instead */
  shows(text: string): Promise<void>
  /** Everything written to the terminal so far. */
  text(): string
  exit: Promise<{ code: number; signal: number | undefined }>
}

const PATIENCE_MS = 40_000

/** Runs the program on a pseudo-terminal. */
export function onTerminal(place: Installation, args: readonly string[]): Screen {
  const pty: IPty = spawn(process.execPath, [PROGRAM, ...args], {
    cols: 80,
    rows: 24,
    cwd: place.cwd,
    env: { ...place.env, TERM: 'xterm-256color' },
  })
  let text = ''
  const waiting = new Set<() => void>()
  pty.onData((piece) => {
    text += piece
    for (const look of waiting) look()
  })
  const exit = new Promise<{ code: number; signal: number | undefined }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve({ code: exitCode, signal }))
  })
  return {
    type: (keys) => pty.write(keys),
    text: () => text,
    exit,
    shows: (wanted) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`the terminal never showed ${JSON.stringify(wanted)}; it shows ${JSON.stringify(text)}`))
        }, PATIENCE_MS)
        const look = (): void => {
          if (!text.includes(wanted)) return
          clearTimeout(limit)
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
