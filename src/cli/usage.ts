// Wrong command lines, said in one way: what was wrong, what was probably meant, which help says more.
import type { Command, CommanderError } from 'commander'
import { AuthError, EXIT } from '../core/errors.ts'
import { guess } from '../core/nearest.ts'
import { printable } from '../core/profile.ts'

/** Help or version has been printed; there is nothing left to say. */
export class Shown extends Error {
  readonly exitCode: number
  constructor(exitCode: number) {
    super('shown')
    this.exitCode = exitCode
  }
}

/** Characters: what is shorter is a word that was meant for another flag. */
const SHORTEST_SECRET = 8

/** The parser's own complaints become ours, each naming the help that belongs to it. */
export function withUsageErrors(command: Command): void {
  command.helpCommand(false)
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) throw new Shown(EXIT.done)
    if (error.code === 'commander.help') throw usageError(`A subcommand of ${pathOf(command)} is needed`, command)
    throw usageError(
      withoutValue(error.message)
        .replace(/^error: /, '')
        .replaceAll('\n', ' '),
      command,
    )
  })
  for (const child of command.commands) withUsageErrors(child)
}

/** A mistyped flag may carry a secret behind its equals sign: `unknown option '--kye=sk-…'`. */
function withoutValue(message: string): string {
  const flag = message.indexOf("option '--")
  const from = flag < 0 ? -1 : message.indexOf('=', flag)
  const to = message.lastIndexOf("'")
  return from < 0 || to - from <= SHORTEST_SECRET ? message : `${message.slice(0, from + 1)}…${message.slice(to)}`
}

/** No such subcommand; names the closest one. */
export function unknownCommand(parent: Command, word: string): AuthError {
  const known = parent.commands.map((child) => child.name())
  return usageError(`Unknown command '${printable(word, 40)}'${guess(word, known)}`, parent)
}

function usageError(message: string, command: Command): AuthError {
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`
  return new AuthError('usage', /[.)?]$/.test(sentence) ? sentence : `${sentence}.`, {
    remedy: `${pathOf(command)} --help`,
  })
}

/** The words that reach a command: `openclaw models status`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
