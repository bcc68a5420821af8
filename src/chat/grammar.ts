// Which words of a message are commands to the program, and what is left of it for the model. Pure.
//
// A command is a word that begins with a slash. At the start of a message every command is known; inside other words only a model that
// exists and a few questions are, and only on the first line: what stands below is often pasted, and nobody's wish.
import { type PinWish, readPin } from '../core/pick.ts'

export type CommandName =
  | 'model'
  | 'models'
  | 'new'
  | 'status'
  | 'usage'
  | 'whoami'
  | 'help'
  | 'commands'
  | 'stop'
  | 'compact'
  /** A command that is known, and not there. */
  | 'missing'

/** `args` of a missing command is its own name. */
export type Command = { name: CommandName; args: string }

export type Reading = {
  /** In the order in which they were said. */
  commands: Command[]
  /** For the model; empty when everything was a command. Without commands, the message as it came. */
  text: string
}

/** What the grammar must know of the sender and the models. */
export type Known = {
  /** Whether the sender may give it; a command of one who may not is text. */
  may(name: CommandName): boolean
  /** Whether it is a short name of a model. @param name in lower case */
  isAlias(name: string): boolean
  /** Whether it is an alias, the id of a model, or `provider/model`, and nothing that only looks like one. */
  isModel(text: string): boolean
}

/** `inline`: also inside other words; `line`: takes everything that follows; `opening`: takes a model, the rest is the first message. */
type Kind = 'model' | 'inline' | 'line' | 'opening'

const WORDS: Readonly<Record<string, { name: CommandName; kind: Kind }>> = {
  model: { name: 'model', kind: 'model' },
  status: { name: 'status', kind: 'inline' },
  whoami: { name: 'whoami', kind: 'inline' },
  id: { name: 'whoami', kind: 'inline' },
  help: { name: 'help', kind: 'inline' },
  commands: { name: 'commands', kind: 'inline' },
  models: { name: 'models', kind: 'line' },
  usage: { name: 'usage', kind: 'line' },
  stop: { name: 'stop', kind: 'line' },
  compact: { name: 'compact', kind: 'line' },
  new: { name: 'new', kind: 'opening' },
  reset: { name: 'new', kind: 'opening' },
}

/** Commands of the reference, and of the chat in the terminal alone, that would otherwise be paid for as questions to the model. */
const MISSING: ReadonlySet<string> = new Set([
  ...'context think verbose reasoning queue config debug send activation approve allowlist restart login'.split(' '),
  ...['attach', 'detach', 'exit', 'quit'],
])

/** Spec 6: what may stand behind `/model`. */
const TOKEN = /^[A-Za-z0-9_.:@-]+(?:\/[A-Za-z0-9_.:@-]+)*\??$/

/** A model with the profile it is to be asked with, as one writes it in a chat. */
export type SpokenModel = { model: string; pin?: PinWish }

/**
 * Splits `opus@anthropic:work`, or `opus@anthropic:work?` for an account that may step aside, at its first `@`: a profile id may hold
 * another one.
 * @returns undefined for what cannot be meant as either
 */
export function readSpokenModel(text: string): SpokenModel | undefined {
  if (text.length > 400 || !TOKEN.test(text)) return undefined
  const at = text.indexOf('@')
  if (at < 0) return text.endsWith('?') ? undefined : { model: text }
  return { model: text.slice(0, at), pin: readPin(text.slice(at + 1)) }
}

/** A part of the message, by its place in it. */
type Word = { from: number; to: number; text: string }

type Found = { command: Command; takes: 'itself' | 'next' | 'rest' }

/** Finds the commands of a message. @param message as the person sent it */
export function readMessage(message: string, known: Known): Reading {
  const commands: Command[] = []
  const cuts: { from: number; to: number }[] = []
  const words = wordsOf(message)
  let isStart = true
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (word === undefined) break
    const next = words[at + 1]
    const found = commandIn(word.text, next?.text, isStart, known)
    if (found === undefined) {
      isStart = false
      continue
    }
    const { command, takes } = found
    if (takes === 'rest') {
      commands.push(command.args === '' ? { ...command, args: message.slice(word.to).trim() } : command)
      return { commands, text: '' }
    }
    commands.push(command)
    if (takes === 'next') at++
    const to = takes === 'next' && next !== undefined ? next.to : word.to
    cuts.push(withSpace(message, word.from, to, cuts.at(-1)?.to ?? 0))
  }
  if (commands.length === 0) return { commands, text: message }
  const text = without(message, cuts)
  return { commands, text: text.trim() === '' ? '' : text }
}

function commandIn(word: string, next: string | undefined, isStart: boolean, known: Known): Found | undefined {
  if (!word.startsWith('/')) return undefined
  const spelt = word.slice(1, word.endsWith(':') ? -1 : undefined)
  const name = spelt.toLowerCase()
  const row = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined
  if (row === undefined) {
    const model = readSpokenModel(spelt)?.model.toLowerCase()
    if (model !== undefined && known.isAlias(model)) return allowed({ name: 'model', args: spelt }, 'itself', known)
    return isStart && MISSING.has(name) ? allowed({ name: 'missing', args: name }, 'rest', known) : undefined
  }
  const args = next === undefined || next.startsWith('/') ? undefined : next
  switch (row.kind) {
    case 'inline':
      return allowed({ name: row.name, args: '' }, 'itself', known)
    case 'line':
      return isStart ? allowed({ name: row.name, args: '' }, 'rest', known) : undefined
    case 'model':
      if (isStart && args === undefined) return allowed({ name: 'model', args: '' }, 'itself', known)
      // Inside other words it must say which model; anything else is what the person writes about.
      if (args === undefined || (!isStart && !saysModel(args, known))) return undefined
      return allowed({ name: 'model', args }, 'next', known)
    case 'opening':
      if (!isStart) return undefined
      if (args === undefined || !saysModel(args, known)) return allowed({ name: 'new', args: '' }, 'itself', known)
      return allowed({ name: 'new', args }, 'next', known)
  }
}

function allowed(command: Command, takes: Found['takes'], known: Known): Found | undefined {
  return known.may(command.name) ? { command, takes } : undefined
}

function saysModel(text: string, known: Known): boolean {
  const model = readSpokenModel(text)?.model
  return model !== undefined && model !== '' && known.isModel(model)
}

/** The words of the first line that has any; what is glued to a command by a colon is a word of its own. */
function wordsOf(message: string): Word[] {
  const start = message.length - message.trimStart().length
  const end = message.indexOf('\n', start)
  const line = message.slice(start, end < 0 ? undefined : end)
  return [...line.matchAll(/\S+/g)].flatMap(({ 0: text, index }) => {
    const from = start + index
    const colon = text.startsWith('/') ? text.indexOf(':') + 1 : 0
    if (colon === 0 || colon === text.length || !Object.hasOwn(WORDS, text.slice(1, colon - 1).toLowerCase())) {
      return [{ from, to: from + text.length, text }]
    }
    const middle = from + colon
    return [
      { from, to: middle, text: text.slice(0, colon) },
      { from: middle, to: from + text.length, text: text.slice(colon) },
    ]
  })
}

/** A cut takes the white space before it along, or what is behind it where there is none before. @param free where the last cut ended */
function withSpace(message: string, from: number, to: number, free: number): { from: number; to: number } {
  const isSpace = (at: number): boolean => at < message.length && message.slice(at, at + 1).trim() === ''
  if (from > free && isSpace(from - 1)) return { from: from - 1, to }
  return { from, to: isSpace(to) ? to + 1 : to }
}

function without(message: string, cuts: readonly { from: number; to: number }[]): string {
  let left = ''
  let at = 0
  for (const { from, to } of cuts) {
    left += message.slice(at, from)
    at = to
  }
  return left + message.slice(at)
}
