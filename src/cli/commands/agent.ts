// `agent`: one turn of a conversation from the shell.
import { isUtf8 } from 'node:buffer'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { ShownFile } from '../../core/agent-turn.ts'
import { kindOf, mediaTypeOf } from '../../core/enclosure.ts'
import { AuthError, EXIT } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { LARGEST_ENCLOSURE } from '../../store/enclosures.ts'
import { codeOf } from '../../system/files.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { askOnce, showAnswer } from '../show-answer.ts'

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
  const { terminal } = invocation
  const message = flags.message === '-' ? await terminal.readPipe() : flags.message
  const enclosures = await shownFiles(invocation, flags.attach ?? [])
  if ((message === undefined || message.trim() === '') && enclosures.length === 0) {
    throw new AuthError('usage', 'There is nothing to say: --message is missing or empty.', {
      remedy: 'openclaw agent --message "hi"',
    })
  }
  const { auth, agentId } = await invocation.agent(flags)
  const wish = {
    agentId,
    message: message ?? '',
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

/** @throws AuthError usage, for what cannot be read or is shown to nobody */
async function shownFiles({ system }: Invocation, paths: readonly string[]): Promise<ShownFile[]> {
  const shown: ShownFile[] = []
  for (const path of paths) {
    const bytes = await system.files.readBytes(path, LARGEST_ENCLOSURE).catch((error: unknown) => {
      throw refused(path, codeOf(error) === 'EFBIG' ? 'is larger than 20 MB' : 'cannot be read', error)
    })
    if (bytes === undefined) throw refused(path, 'is not there')
    const isText = bytes.byteLength > 0 && isUtf8(bytes) && !bytes.includes(0)
    const mediaType = mediaTypeOf(bytes) ?? (isText ? 'text/plain' : undefined)
    const kind = mediaType === undefined ? undefined : kindOf(mediaType)
    if (mediaType === undefined || kind === undefined) throw refused(path, 'is no picture, PDF, text or recording')
    shown.push({ kind, mediaType, name: basename(path), bytes })
  }
  return shown
}

function refused(path: string, why: string, cause?: unknown): AuthError {
  return new AuthError('usage', `${printable(path)} ${why}, so nothing was said.`, {
    remedy: 'openclaw agent --help',
    ...(cause === undefined ? {} : { cause }),
  })
}
