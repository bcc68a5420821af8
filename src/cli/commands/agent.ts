// `agent`: one turn of a conversation from the shell.
import type { Command } from 'commander'
import { AuthError, EXIT } from '../../core/errors.ts'
import { LARGEST_ENCLOSURE } from '../../store/enclosures.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { askOnce, showAnswer } from '../show-answer.ts'
import { pipedAs, readShown } from '../shown-files.ts'

type Flags = CommonFlags & { message?: string; sessionId?: string; model?: string; attach?: string[] }

/** Flags and help of `agent`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('-m, --message <text>', 'what to say; - reads it from standard input')
    .option('--session-id <id>', 'the conversation to go on with (default: main)')
    .option('--attach <file...>', 'pictures, PDF, text files or recordings that are shown with it')
    .option('--model <ref>', 'provider/model or alias, for this turn')
    .option('--json', 'the answer with what it took, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw agent --message "hi"', 'says hello'],
        ['git diff | openclaw agent --message - --session-id review', 'from a pipe'],
        ['openclaw agent --message "What is it?" --attach cat.jpg', 'shows a picture'],
        ['openclaw agent --message "/model status"', 'a command of the chat; /commands lists them'],
        ['openclaw agent --message "hi" --json', 'names the account that served'],
      ]),
    )
    .action((_flags: unknown, self: Command) => turn(invocation(), self.optsWithGlobals<Flags>()))
}

async function turn(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  const isPiped = flags.message === '-'
  const { words = '', files } = isPiped
    ? pipedAs(await terminal.readPipedBytes(LARGEST_ENCLOSURE))
    : { words: flags.message, files: [] }
  const attached = await readShown(system.files, flags.attach ?? [], { before: files, rest: 'so nothing was said' })
  const enclosures = [...files, ...attached]
  if (words.trim() === '' && enclosures.length === 0) {
    throw new AuthError('usage', 'There is nothing to say: --message is missing or empty.', {
      remedy: 'openclaw agent --message "hi"',
    })
  }
  const { auth, agentId } = await invocation.agent(flags)
  const wish = {
    agentId,
    message: words,
    ...(enclosures.length === 0 ? {} : { enclosures }),
    face: 'agent' as const,
    ...(flags.sessionId === undefined ? {} : { sessionId: flags.sessionId }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
  }
  const result = flags.json === true ? await askOnce(invocation, auth, wish) : await showAnswer(invocation, auth, wish)
  const isDone = result.command?.ok !== false
  if (!isDone) invocation.exitWith(EXIT.failed)
  if (flags.json === true) terminal.json({ ok: isDone, agentId, ...result })
}
