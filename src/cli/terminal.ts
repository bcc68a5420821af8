// The terminal: the answer on stdout, everything else on stderr, secrets asked for without showing them.
import { styleText } from 'node:util'
import { AuthError } from '../core/errors.ts'
import { isScreen, writeErr, writeOut } from '../system/output.ts'
import type { System, Timer } from '../system/system.ts'
import { createKeystrokes } from './keystrokes.ts'
import { choose } from './prompts.ts'

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export type SecretOptions = {
  /** Takes the question back. */
  signal?: AbortSignal
  /** What is wrong with the answer: it is said, and asked again without the terminal showing keys in between. */
  complain?: (text: string) => string | undefined
}

export type Terminal = {
  /** Lines of the answer. */
  out(text: string): void
  /** The answer as JSON; nothing else goes to stdout then. */
  json(value: unknown): void
  /** Lines for the person watching. */
  note(text: string): void
  /** A piece of the answer as it arrives, without a line end. */
  stream(text: string): void
  /** A line for the person watching that is not to catch the eye. */
  aside(text: string): void
  paint(colour: Colour, text: string): string
  /** Whether a person sits at the keyboard. */
  isInteractive(): boolean
  /** Asks without echo. @throws AuthError interrupted; the reason of the signal */
  askSecret(question: string, options?: SecretOptions): Promise<string>
  /** Asks for a line; Enter alone means the preset. @throws AuthError interrupted */
  ask(question: string, preset: string): Promise<string>
  /** Asks yes or no; Enter means no. @throws AuthError interrupted */
  confirm(question: string): Promise<boolean>
  /** Asks for one of the items; Enter means the preset. @returns its place among them @throws AuthError interrupted */
  choose(question: string, items: readonly string[], preset?: number): Promise<number>
  /** The next line that is piped in; undefined behind the last. @param signal stops waiting, as at the end */
  pipedLine(signal: AbortSignal): Promise<string | undefined>
  /** What was piped in, to its end. @throws AuthError bad_secret, when it is too long */
  readPipe(): Promise<string>
  /** The same as bytes. @param mostBytes more of them are refused @throws AuthError usage */
  readPipedBytes(mostBytes: number): Promise<Buffer>
}

/** A line break outside a marked paste is Enter when nothing follows for so long. */
const ENTER_AFTER_MS = 60
const MOST_PIPED_BYTES = 64 * 1024

/** The real terminal. @param options.colours false with --no-color */
export function createTerminal(system: () => System, options: { colours: boolean }): Terminal {
  const env = system().env
  const isDumb = env.TERM === 'dumb' || (env.TERM === undefined && system().platform !== 'win32')
  const isColoured = options.colours && (env.NO_COLOR ?? '') === '' && !isDumb && isScreen()
  return {
    out: (text) => {
      writeOut(`${safe(text, isColoured)}\n`)
    },
    stream: (text) => {
      writeOut(safe(text, false))
    },
    json: (value) => {
      writeOut(`${escaped(JSON.stringify(value, null, 2))}\n`)
    },
    note: (text) => {
      writeErr(`${safe(text, false)}\n`)
    },
    aside: (text) => {
      const line = safe(text, false)
      writeErr(
        `${isColoured && process.stderr.isTTY === true ? styleText('dim', line, { validateStream: false }) : line}\n`,
      )
    },
    paint: (colour, text) => (isColoured ? styleText(colour, text, { validateStream: false }) : text),
    isInteractive: () => process.stdin.isTTY === true,
    askSecret: (question, asking) => askSecret(system(), question, asking),
    ask: async (question, preset) => {
      const line = await readLine(preset === '' ? `${question}: ` : `${question} [${preset}]: `)
      return line === '' ? preset : line
    },
    confirm: async (question) => /^y(?:es)?$/i.test(await readLine(`${question} [y/N] `)),
    choose: (question, items, preset) => choose(readLine, question, items, preset),
    pipedLine,
    readPipe,
    readPipedBytes: (mostBytes) => readPipedBytes(mostBytes),
  }
}

/** Control characters and those that change the direction of text. */
const UNSEEN = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const UNSEEN_OR_COLOUR = /\p{Cc}\[\d{1,3}m|[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** Nothing that came from a file or a vendor may steer the terminal. */
function safe(text: string, isColoured: boolean): string {
  if (!isColoured) return text.replace(UNSEEN, '?')
  return text.replace(UNSEEN_OR_COLOUR, (found) => (found.startsWith('\u001b[') ? found : '?'))
}

/** The same text with what cannot be seen in it written out, as `\u001b`. */
export function visible(text: string): string {
  return escaped(text)
}

/** JSON keeps what it was given, in escapes. */
function escaped(json: string): string {
  return json.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function interrupted(): AuthError {
  return new AuthError('interrupted', 'Cancelled; nothing was changed.')
}

const PASTE_MARKS_ON = '\u001b[?2004h'
const PASTE_MARKS_OFF = '\u001b[?2004l'

function askSecret(system: System, question: string, { signal, complain }: SecretOptions = {}): Promise<string> {
  const { stdin, stderr } = process
  let keys = createKeystrokes()
  let enter: Timer | undefined
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      enter?.cancel()
      stdin.off('data', onData)
      stdin.off('end', cancel)
      process.off('SIGINT', cancel)
      process.off('SIGTERM', cancel)
      process.off('SIGHUP', cancel)
      signal?.removeEventListener('abort', takeBack)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write(`${PASTE_MARKS_OFF}\n`)
    }
    const cancel = (): void => {
      finish()
      reject(interrupted())
    }
    const takeBack = (): void => {
      finish()
      reject(signal?.reason)
    }
    const onData = (chunk: string): void => {
      enter?.cancel()
      const next = keys.feed(chunk)
      if (next === 'cancel') cancel()
      else if (next === 'settle') {
        enter = system.timer(ENTER_AFTER_MS, () => {
          const complaint = complain?.(keys.text())
          if (complaint !== undefined) {
            keys = createKeystrokes()
            stderr.write(safe(`\n${complaint}\n${question}`, false))
            return
          }
          finish()
          resolve(keys.text())
        })
      }
    }
    // Before the question: whoever is quick must not see the secret echoed.
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    stdin.on('data', onData)
    stdin.on('end', cancel)
    process.on('SIGINT', cancel)
    process.on('SIGTERM', cancel)
    process.on('SIGHUP', cancel)
    signal?.addEventListener('abort', takeBack, { once: true })
    stdin.resume()
    stderr.write(`${PASTE_MARKS_ON}${safe(question, false)}`)
  })
}

/** What was typed before it was asked for. */
let typedAhead = ''

/** A line, trimmed. */
function readLine(question: string): Promise<string> {
  const { stdin, stderr } = process
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      stdin.off('data', onData)
      stdin.off('end', cancel)
      process.off('SIGINT', cancel)
      stdin.pause()
    }
    const cancel = (): void => {
      finish()
      stderr.write('\n')
      reject(interrupted())
    }
    const onData = (chunk: string): void => {
      typedAhead += chunk
      const end = typedAhead.indexOf('\n')
      if (end < 0) return
      const line = typedAhead.slice(0, end)
      typedAhead = typedAhead.slice(end + 1)
      finish()
      resolve(line.trim())
    }
    stdin.setEncoding('utf8')
    stdin.on('data', onData)
    stdin.on('end', cancel)
    process.on('SIGINT', cancel)
    stdin.resume()
    stderr.write(safe(question, false))
    onData('')
  })
}

function pipedLine(signal: AbortSignal): Promise<string | undefined> {
  const { stdin } = process
  return new Promise((resolve) => {
    const finish = (line: string | undefined): void => {
      stdin.off('data', onData)
      stdin.off('end', onEnd)
      signal.removeEventListener('abort', onEnd)
      stdin.pause()
      // A pipe that its writer keeps open must not keep us running; what comes from a file is no socket.
      if ('unref' in stdin) stdin.unref()
      resolve(line)
    }
    const onEnd = (): void => {
      const rest = typedAhead.trim()
      typedAhead = ''
      finish(rest === '' ? undefined : rest)
    }
    const onData = (chunk: string): void => {
      typedAhead = (typedAhead + chunk).slice(0, MOST_PIPED_BYTES)
      const end = typedAhead.indexOf('\n')
      if (end < 0) return
      const line = typedAhead.slice(0, end).trim()
      typedAhead = typedAhead.slice(end + 1)
      finish(line)
    }
    if (stdin.readableEnded) {
      onEnd()
      return
    }
    if ('ref' in stdin) stdin.ref()
    stdin.setEncoding('utf8')
    stdin.on('data', onData)
    stdin.on('end', onEnd)
    signal.addEventListener('abort', onEnd, { once: true })
    stdin.resume()
    onData('')
  })
}

async function readPipe(): Promise<string> {
  const bytes = await readPipedBytes(MOST_PIPED_BYTES, 'bad_secret')
  return bytes.toString('utf8')
}

async function readPipedBytes(mostBytes: number, code: 'usage' | 'bad_secret' = 'usage'): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of process.stdin) {
    const bytes = Buffer.from(piece)
    size += bytes.byteLength
    if (size > mostBytes) {
      const most = mostBytes >= 1024 * 1024 ? `${mostBytes / 1024 / 1024} MB` : `${mostBytes / 1024} kB`
      throw new AuthError(code, `More than ${most} arrived on standard input.`)
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces)
}

/** Rows as columns of equal width, two spaces apart; the last one is left ragged. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
