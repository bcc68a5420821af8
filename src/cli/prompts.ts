// Questions whose answers may be seen: a line, one of several things. The terminal's own line editing does the rest, also where nothing can be drawn.
import { AuthError } from '../core/errors.ts'

/** Asks one question, and hears one line. @throws AuthError interrupted */
export type ReadLine = (question: string) => Promise<string>

/** What a prompt ends with when the person leaves. */
export function interrupted(): AuthError {
  return new AuthError('interrupted', 'Cancelled; nothing was changed.')
}

/** One line from the keyboard, without its end. @throws AuthError interrupted, at Ctrl-C or Ctrl-D */
export function readLine(question: string): Promise<string> {
  const { stdin, stderr } = process
  return new Promise((resolve, reject) => {
    let line = ''
    const finish = (): void => {
      stdin.off('data', onData)
      stdin.off('end', cancel)
      for (const signal of SIGNALS) process.off(signal, cancel)
      stdin.pause()
    }
    const cancel = (): void => {
      finish()
      stderr.write('\n')
      reject(interrupted())
    }
    const onData = (chunk: string): void => {
      line += chunk
      const end = line.search(/[\r\n]/)
      if (end < 0) return
      finish()
      resolve(line.slice(0, end))
    }
    stdin.setEncoding('utf8')
    stdin.on('data', onData)
    stdin.on('end', cancel)
    for (const signal of SIGNALS) process.on(signal, cancel)
    stdin.resume()
    stderr.write(question)
  })
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A line of text; Enter alone takes the preset. @throws AuthError interrupted */
export async function ask(read: ReadLine, question: string, preset: string): Promise<string> {
  const text = (await read(preset === '' ? `${question}: ` : `${question} [${preset}]: `)).trim()
  return text === '' ? preset : text
}

/**
 * One of several things, by its number or its name; Enter alone takes the preset.
 * @returns its place among the items
 * @throws AuthError interrupted
 */
export async function choose(read: ReadLine, question: string, items: readonly string[], preset = 0): Promise<number> {
  const width = String(items.length).length
  const list = items.map((item, at) => `  ${String(at + 1).padStart(width)}) ${item}\n`).join('')
  let head = `\n${question}\n${list}`
  for (;;) {
    const text = (await read(`${head}Number [${preset + 1}]: `)).trim()
    if (text === '') return preset
    const at = /^\d{1,4}$/.test(text) ? Number(text) - 1 : placeOf(text, items)
    if (items[at] !== undefined) return at
    head = `Type a number from 1 to ${items.length}, or the beginning of one name.\n`
  }
}

/** Where the item of this name stands: the name itself, else the only one that begins so; -1 when that is none or several. */
function placeOf(text: string, items: readonly string[]): number {
  const wanted = text.toLowerCase()
  const names = items.map((item) => item.toLowerCase())
  if (names.includes(wanted)) return names.indexOf(wanted)
  const first = names.findIndex((name) => name.startsWith(wanted))
  return names.filter((name) => name.startsWith(wanted)).length === 1 ? first : -1
}

/** Runs work that Ctrl-C must not cut in two; what was pressed meanwhile is forgotten. */
export async function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  const wait = (): void => undefined
  for (const signal of SIGNALS) process.on(signal, wait)
  try {
    return await work()
  } finally {
    for (const signal of SIGNALS) process.off(signal, wait)
  }
}
