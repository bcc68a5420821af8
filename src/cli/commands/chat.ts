// `chat`: a conversation in the terminal. Answers stream as they come; what is piped in is one message.
import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { explainTurn } from '../../chat/explain.ts'
import { fullKey } from '../../chat/plan.ts'
import type { AgentTurn, ShownFile } from '../../core/agent-turn.ts'
import { AuthError, EXIT } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { LARGEST_ENCLOSURE } from '../../store/enclosures.ts'
import { type Attachments, createAttachments, OWN_COMMANDS } from '../attachments.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { showAnswer } from '../show-answer.ts'
import { fileText, pipedAs, readShown } from '../shown-files.ts'

type Flags = CommonFlags & { message?: string; session?: string; attach?: string[] }

/** Flags and help of `chat`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('-m, --message <text>', 'the first thing to say; before what is piped in')
    .option('--attach <file...>', 'pictures, PDF, text files or recordings that are shown with the first message')
    .option('--session <id>', 'the conversation to go on with (default: main)')
    .addHelpText(
      'after',
      examples([
        ['openclaw chat', 'goes on with the main conversation; /help lists the commands'],
        ['openclaw chat --session review --agent work', 'another conversation of another agent'],
        ['openclaw chat --attach cat.jpg', 'shows a picture with the first message; /attach does so later'],
        ['git diff | openclaw chat --message "Review this:"', 'one message from a pipe, and its answer'],
      ]),
    )
    .action((_flags: unknown, self: Command) => chat(invocation(), self.optsWithGlobals<Flags>()))
}

async function chat(invocation: Invocation, flags: Flags): Promise<void> {
  const { auth, agentId } = await invocation.agent(flags)
  const sessionId = fullKey(agentId, flags.session ?? 'main')
  const { terminal, system } = invocation
  const shown = await readShown(system.files, flags.attach ?? [], { rest: 'so nothing was said' })
  const wish = { agentId, sessionId, shown, first: flags.message }
  if (!terminal.isInteractive()) return sayPiped(invocation, auth, wish)
  await talk(invocation, auth, wish)
}

type Wish = { agentId: string; sessionId: string; first: string | undefined; shown: readonly ShownFile[] }

/** All of it is one message: who pipes a file in asks about the file, not about each of its lines. */
async function sayPiped(invocation: Invocation, auth: Auth, { first, shown, ...wish }: Wish): Promise<void> {
  const { words, files } = pipedAs(await invocation.terminal.readPipedBytes(LARGEST_ENCLOSURE))
  const message = [first ?? '', words].filter((part) => part.trim() !== '').join('\n\n')
  const enclosures = [...shown, ...files]
  if (message === '' && enclosures.length === 0) {
    throw new AuthError('usage', 'There is nothing to say: nothing was piped in, and --message is missing or empty.', {
      remedy: 'openclaw agent --message "hi"',
    })
  }
  const turn = await showAnswer(invocation, auth, { ...wish, message, enclosures, face: 'chat' })
  if (turn.command?.ok === false) invocation.exitWith(EXIT.failed)
}

/** Words with which people leave; no model is asked what they mean. */
const GOODBYE: ReadonlySet<string> = new Set(['/exit', '/quit'])

async function talk(invocation: Invocation, auth: Auth, { first, shown, ...wish }: Wish): Promise<void> {
  const { terminal, system } = invocation
  const next = await explainTurn(auth, { agentId: wish.agentId, sessionKey: wish.sessionId })
  const account = next.next === null ? 'no account can serve it now: /model status says why' : `account ${next.next}`
  terminal.note(`${wish.sessionId}: ${printable(next.model)}, ${account}`)
  terminal.note('/help lists the commands, Ctrl-C stops an answer, Ctrl-D ends the chat.')
  const { openChatPrompt } = await import('../chat-prompt.ts')
  const prompt = openChatPrompt({ history: await saidBefore(auth, wish), hasMarks: system.env.TERM !== 'dumb' })
  const attachments = createAttachments({
    files: system.files,
    expand: auth.home.layout.expand,
    isWindows: system.platform === 'win32',
    first: shown,
  })
  const askNext = (): Promise<string | undefined> => prompt.ask(markOf(attachments))
  // What other commands change while we talk holds for the next message.
  const watching = auth.watch()
  try {
    if (first !== undefined) terminal.note(`> ${first}`)
    for (let message = first ?? (await askNext()); message !== undefined; message = await askNext()) {
      if (GOODBYE.has(message.trim())) break
      if (message.trim() === '') continue
      const told = await attachments.take(message)
      if (told !== undefined) {
        terminal.note(system.log.scrub(told))
        continue
      }
      const stop = new AbortController()
      prompt.whileBusy(() => stop.abort())
      await answer(invocation, auth, { ...wish, message, signal: stop.signal }, attachments)
      prompt.whileBusy(() => undefined)
    }
  } finally {
    watching.close()
    prompt.close()
    await auth.flush()
  }
  if (prompt.isKilled()) invocation.exitWith(EXIT.interrupted)
}

function markOf(attachments: Attachments): string {
  const count = attachments.waiting().length
  return count === 0 ? '' : `[${count} attached] `
}

/** What went wrong is said, and the chat goes on. */
async function answer(
  invocation: Invocation,
  auth: Auth,
  wish: { agentId: string; sessionId: string; message: string; signal: AbortSignal },
  attachments: Attachments,
): Promise<void> {
  const { terminal, system } = invocation
  try {
    const turn = await showAnswer(invocation, auth, { ...wish, enclosures: attachments.waiting(), face: 'chat' })
    const name = turn.command?.name
    if (name === undefined) attachments.clear()
    if (name === 'help' || name === 'commands') terminal.out(OWN_COMMANDS.join('\n'))
    const served = servedText(turn)
    if (served !== undefined) terminal.aside(served)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const { scrub } = system.log
    if (error.code === 'interrupted' && wish.signal.aborted) {
      attachments.clear()
      terminal.note('Stopped; what was said until then is kept.')
      return
    }
    terminal.note(`Error: ${scrub(error.message)}`)
    if (error.remedy !== undefined) terminal.note(`  Run: ${scrub(error.remedy)}`)
    const kept = attachments.waiting()
    if (kept.length > 0) terminal.note(`Still attached: ${kept.map(fileText).join(', ')}. /detach takes it off.`)
  }
}

/** Who answered, below the answer; nothing where nobody was asked. */
function servedText({ servedBy, model, insteadOf, attempts, usage }: AgentTurn): string | undefined {
  if (servedBy === '') return undefined
  const instead = insteadOf === undefined ? '' : ` instead of ${insteadOf}`
  const cached = usage.cacheRead === 0 ? '' : ` (${usage.cacheRead} from the cache)`
  const passed = attempts > 1 ? `, ${attempts - 1} stepped over` : ''
  const tokens = usage.input + usage.cacheRead + usage.cacheWrite
  return `  ${printable(servedBy)}, ${printable(model)}${instead}: ${tokens} tokens in${cached}, ${usage.output} out${passed}`
}

/** What was asked in this conversation, newest first. */
async function saidBefore(
  auth: Auth,
  { agentId, sessionId }: { agentId: string; sessionId: string },
): Promise<string[]> {
  const { sessions } = auth.home.agent(agentId)
  const session = await sessions.get(sessionId)
  const messages = session === undefined ? [] : await sessions.history(session.id)
  return messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => content.map(({ text }) => text).join(''))
    .reverse()
    .slice(0, 200)
}
