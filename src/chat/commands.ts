// What a person says, on every face: commands are carried out by the program, and only the rest is a turn. `say` is the one door to both.
import type { Auth } from '../auth/auth.ts'
import { AuthError } from '../core/errors.ts'
import { modelChoices } from '../core/model-choices.ts'
import { formatRef } from '../core/model-ref.ts'
import type { ChatEvent, CommandMark } from '../core/protocol.ts'
import { showMissing } from './commands/absent.ts'
import type { Carry, Occasion } from './commands/command.ts'
import { showCommands, showHelp } from './commands/help.ts'
import { changeModel } from './commands/model.ts'
import { showModels } from './commands/models.ts'
import { beginAnew, showSession, showWho, stopTurn } from './commands/session.ts'
import { showUsage } from './commands/usage.ts'
import { nothingToCompact, summaryWish } from './compaction.ts'
import { type Command, type CommandName, type Known, readMessage } from './grammar.ts'
import { fullKey, planTurn } from './plan.ts'
import { runningTurn, startTurn, type Turn, type TurnInput } from './turn.ts'

/** What a sender may do: ask how it stands, or change the conversation. The scopes of the gateway's methods of the same effect. */
export type Right = 'read' | 'chat'

type Own = Exclude<CommandName, 'compact'>

export type Said = Omit<TurnInput, 'compacts'> & {
  /** Absent: all. A command that needs another one is text to the model, as from anybody. */
  rights?: ReadonlySet<Right>
}

/** All but `compact`, which asks the model. */
const COMMANDS: Readonly<Record<Own, { right: Right; carry: Carry }>> = {
  model: { right: 'chat', carry: changeModel },
  models: { right: 'read', carry: showModels },
  new: { right: 'chat', carry: beginAnew },
  status: { right: 'read', carry: showSession },
  usage: { right: 'read', carry: showUsage },
  whoami: { right: 'read', carry: showWho },
  help: { right: 'chat', carry: showHelp },
  commands: { right: 'chat', carry: showCommands },
  stop: { right: 'chat', carry: stopTurn },
  missing: { right: 'chat', carry: showMissing },
}

/** What a command could not do, said to the person; anything else goes wrong as a turn does. */
const REFUSALS: ReadonlySet<string> = new Set(['unknown_model', 'unknown_provider', 'unknown_profile', 'usage'])

type Reply = { command: CommandMark; text: string }

/**
 * Carries out the commands of a message, then starts a turn with what is left of it, if anything is. When a command fails, nobody is asked.
 * The listener hears of it after the promise has resolved, and last of all what `done` resolves with.
 * @throws AuthError what startTurn throws, and what the store throws
 */
export async function say(auth: Auth, said: Said, listener: (event: ChatEvent) => void): Promise<Turn> {
  const { rights, ...input } = said
  const { system } = auth.home
  const turn = async (one: TurnInput, hear: (event: ChatEvent) => void): Promise<Turn> =>
    startTurn(auth, await system.transport(), one, hear)
  // Nearly all messages: nothing is looked at.
  if (!input.message.includes('/')) return turn(input, listener)
  const key = fullKey(input.agentId, input.sessionKey)
  const view = await auth.view(input.agentId)
  const occasion: Occasion = {
    auth,
    view,
    key,
    beyondLoopback: input.beyondLoopback === true,
    rights: rights ?? ALL,
    running: () => runningTurn(auth, key),
  }
  const { commands, text } = readMessage(input.message, knownTo(occasion))
  if (commands.length === 0) return turn(input, listener)
  const wish = wishIn(commands)
  const rest: TurnInput = wish === undefined ? { ...input, message: text } : { ...input, message: wish, compacts: true }
  const ends = commands.some(({ name }) => name === 'new' || name === 'stop')
  // Refused as a whole, or the answer to a resend: the commands are not carried out for nothing.
  if (rest.message !== '' && !ends && runningTurn(auth, key) !== undefined) return turn(rest, listener)
  const replies: Reply[] = []
  for (const { name, args } of commands) {
    const reply = name === 'compact' ? await emptyReply(occasion) : await carryOut(name, args, occasion)
    if (reply === undefined) continue
    replies.push(reply)
    if (!reply.command.ok) return answered(occasion, replies, rest.message, listener)
    if (name === 'compact') return answered(occasion, replies, '', listener)
  }
  if (rest.message === '') return answered(occasion, replies, '', listener)
  return turn(rest, (event) => {
    for (const reply of replies.splice(0)) {
      listener({ runId: event.runId, sessionKey: event.sessionKey, state: 'command', ...reply })
    }
    listener(event)
  })
}

/** What the model is asked, when it is to sum up: always the last command, as it takes the rest of the message. */
function wishIn(commands: readonly Command[]): string | undefined {
  const last = commands.at(-1)
  return last?.name === 'compact' ? summaryWish(last.args) : undefined
}

/** The reply to a compaction of nothing, for which nobody is asked. */
async function emptyReply({ view, key }: Occasion): Promise<Reply | undefined> {
  const { sessions } = view.store
  const session = await sessions.get(key)
  const text = nothingToCompact(session === undefined ? [] : await sessions.history(session.id))
  return text === undefined ? undefined : { command: { name: 'compact', ok: true }, text }
}

const ALL: ReadonlySet<Right> = new Set(['read', 'chat'])

function knownTo({ view, rights }: Occasion): Known {
  const facts = view.facts()
  const { aliases, providers } = facts.config
  const ids = new Set(modelChoices(facts, view.home.system.now()).map(({ id }) => id))
  const bare = new Set([...ids].map((id) => id.slice(id.indexOf('/') + 1)))
  return {
    may: (name) => rights.has(name === 'compact' ? 'chat' : COMMANDS[name].right),
    isAlias: (name) => aliases.has(name),
    isModel: (text) => {
      if (aliases.has(text.toLowerCase()) || ids.has(text) || bare.has(text)) return true
      const slash = text.indexOf('/')
      const provider = slash < 1 ? '' : text.slice(0, slash).toLowerCase()
      return provider !== '' && view.registry.find(provider, providers.get(provider)) !== undefined
    },
  }
}

async function carryOut(name: Own, args: string, occasion: Occasion): Promise<Reply> {
  try {
    return { command: { name, ok: true }, text: await COMMANDS[name].carry(args, occasion) }
  } catch (error) {
    if (!(error instanceof AuthError) || !REFUSALS.has(error.code)) throw error
    return { command: { name, ok: false }, text: error.message + hintFor(error.code) }
  }
}

/** What helps inside a chat, where no shell is at hand. */
function hintFor(code: string): string {
  if (code === 'unknown_profile') return ' Use /model status to see the accounts.'
  return code === 'usage' ? '' : ' Use /model to list the models, or /models <provider>.'
}

/** A message that needed nobody: the replies are the answer. They stay out of the transcript, as the model has no part in them. */
async function answered(
  { auth, view, key }: Occasion,
  replies: readonly Reply[],
  unsent: string,
  listener: (event: ChatEvent) => void,
): Promise<Turn> {
  const { system } = auth.home
  const last = replies.at(-1)?.command ?? { name: 'help', ok: true }
  const texts = replies.map((reply) => reply.text)
  if (unsent !== '') texts.push('The rest of the message was not sent.')
  const { ref } = planTurn(view.facts(), await view.store.sessions.get(key))
  const runId = system.uuid()
  const event: ChatEvent = {
    runId,
    sessionKey: key,
    state: 'final',
    command: last,
    message: {
      role: 'assistant',
      content: [{ type: 'text', text: system.log.scrub(texts.join('\n\n')) }],
      timestamp: system.now(),
    },
    servedBy: '',
    model: formatRef(ref),
    attempts: 0,
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  }
  const done = system.sleep(0).then(() => {
    listener(event)
    return event
  })
  return { runId, sessionKey: key, abort: () => undefined, done, command: last.name }
}
