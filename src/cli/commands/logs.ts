// `logs`: what the gateway wrote down, from its file; works whether or not it runs.
import { type Command, InvalidArgumentError } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { quoted } from '../../core/quoted.ts'
import { codeOf, type Files } from '../../system/files.ts'
import type { System } from '../../system/system.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import type { Terminal } from '../terminal.ts'

type Flags = CommonFlags & { follow?: boolean; lines?: number }

const DEFAULT_LINES = 200
const LOOK_EVERY_MS = 300
const MOST_BYTES = 4 * 1024 * 1024
const LONGEST_LINE = 4000

/** Flags and help of `logs`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--follow', 'go on as lines are written, until Ctrl-C')
    .option('--lines <n>', `how many of the last lines (default: ${DEFAULT_LINES})`, lineCount)
    .option('--json', 'the lines as they are: one JSON object each')
    .addHelpText(
      'after',
      examples([
        ['openclaw logs --lines 20', 'the last ones'],
        ['openclaw logs --follow', 'as they come'],
        ['openclaw gateway --log-level info', 'starts a gateway that logs every call'],
      ]),
    )
    .action((_flags: unknown, self: Command) => showLogs(invocation(), self.optsWithGlobals<Flags>()))
}

function lineCount(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : -1
  if (value < 0) throw new InvalidArgumentError('It is a whole number.')
  return value
}

async function showLogs(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  const path = (await invocation.auth()).home.layout.gatewayLog
  const isJson = flags.json === true
  const most = flags.lines ?? DEFAULT_LINES
  const now = await readFrom(system, path, 0)
  const before = await readFrom(system, `${path}.1`, 0)
  const lines = [...whole(before?.text ?? ''), ...whole(now?.text ?? '')]
  if (most > 0) show(terminal, lines.slice(-most), isJson)
  if (lines.length === 0) {
    terminal.note(
      `Nothing has been logged in ${path}. A gateway logs warnings and errors; with --log-level info, every call.`,
    )
  }
  if (flags.follow !== true) return
  let offset = now?.linesEnd ?? 0
  for (;;) {
    await system.sleep(LOOK_EVERY_MS)
    const size = (await system.files.stat(path))?.size ?? 0
    if (size < offset) {
      // It became the one before; what was added to it since our last look comes first.
      const rest = await readFrom(system, `${path}.1`, offset)
      show(terminal, whole(rest?.text ?? ''), isJson)
      offset = 0
    }
    if (size === offset) continue
    const more = await readFrom(system, path, offset)
    show(terminal, whole(more?.text ?? ''), isJson)
    offset = more?.linesEnd ?? offset
  }
}

async function readFrom({ files }: System, path: string, offset: number): ReturnType<Files['readFrom']> {
  try {
    return await files.readFrom(path, offset, MOST_BYTES)
  } catch (error) {
    throw new AuthError('unreadable_store', `${path} cannot be read (${codeOf(error)}).`, {
      remedy: `ls -ld ${quoted(path)}`,
      cause: error,
    })
  }
}

/** Whole lines; one that is still being written is left for the next look. */
function whole(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
}

function show(terminal: Terminal, lines: readonly string[], isJson: boolean): void {
  if (lines.length === 0) return
  terminal.stream(lines.map((line) => `${isJson ? line : readable(line)}\n`).join(''))
}

/** `2026-11-21 19:00:01Z warn message why=...`: one line each, whatever stands in it. */
function readable(line: string): string {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    // Cut off, or written by somebody else; shown as it is.
    return printable(line, LONGEST_LINE)
  }
  if (typeof entry !== 'object' || entry === null) return printable(line, LONGEST_LINE)
  const { at, level, message, ...fields } = entry as Record<string, unknown>
  const when = String(at)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
  const rest = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return ` ${key}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`
  })
  return printable(`${when} ${String(level).padEnd(5)} ${String(message)}${rest.join('')}`, LONGEST_LINE)
}
