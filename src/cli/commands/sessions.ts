// `sessions`: the conversations of an agent, what was said in one, and a fresh start under the same key.
import { type Command, InvalidArgumentError } from 'commander'
import { agentFlag } from '../../auth/own-store.ts'
import { fullKey } from '../../chat/plan.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { printable } from '../../core/profile.ts'
import { begin, type Session } from '../../core/session.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { columns, visible } from '../terminal.ts'
import { unknownCommand } from '../usage.ts'

type ShowFlags = CommonFlags & { lines?: number }

/** `sessions` itself, `list`, `show` and `reset`. */
export function define(command: Command, invocation: () => Invocation): void {
  const list = async (_flags: unknown, self: Command): Promise<void> => {
    if (self.args[0] !== undefined) throw unknownCommand(self, self.args[0])
    await listSessions(invocation(), self.optsWithGlobals<CommonFlags>())
  }
  command
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw sessions', 'the conversations of the default agent'],
        ['openclaw sessions show main --lines 20', 'the end of one of them'],
        ['openclaw sessions reset main', 'a fresh start; what was said stays on disk'],
      ]),
    )
    .action(list)
  command
    .command('list')
    .description('key, model, pin, last use and counts, newest first')
    .option('--json', 'as JSON')
    .addHelpText('after', examples([['openclaw sessions list --agent work --json', 'for scripts']]))
    .action(list)
  command
    .command('show')
    .description('what was said, by key, name or session id; also in one that has been reset')
    .argument('<session>', 'such as main, agent:main:main, or a session id')
    .option('--lines <n>', 'only the last n lines (with --json: messages)', lineCount)
    .option('--json', 'the messages as JSON')
    .addHelpText('after', examples([['openclaw sessions show main --lines 20', 'the end of it']]))
    .action((name: string, _flags: unknown, self: Command) =>
      showSession(invocation(), name, self.optsWithGlobals<ShowFlags>()),
    )
  command
    .command('reset')
    .description('end it as /new does: pin and model go, the transcript stays on disk')
    .argument('<session>', 'key or name')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw sessions reset main', 'the next message begins a new conversation']]))
    .action((name: string, _flags: unknown, self: Command) =>
      resetSession(invocation(), name, self.optsWithGlobals<CommonFlags>()),
    )
  // Set last, as subcommands inherit it: an unknown subcommand is an argument until we look at it.
  command.allowExcessArguments()
}

function lineCount(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new InvalidArgumentError('It is a whole number, at least 1.')
  return value
}

async function listSessions(invocation: Invocation, flags: CommonFlags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const sessions = await auth.home.agent(agentId).sessions.list()
  if (flags.json === true) return terminal.json({ agentId, count: sessions.length, sessions })
  if (sessions.length === 0) return terminal.out(`No sessions (agent ${agentId}).`)
  const now = system.now()
  const rows = sessions.map((session) => [
    session.key,
    session.model === undefined ? '(default)' : `${session.model.provider}/${session.model.model}`,
    session.pin === undefined
      ? '-'
      : `${session.pin.id} (${session.pin.by === 'soft' ? 'user, may step aside' : session.pin.by})`,
    `${formatRemaining(Math.max(1, now - session.updatedAt))} ago`,
    `${session.inputTokens} in, ${session.outputTokens} out`,
    session.id,
  ])
  const [head, ...lines] = columns([['Key', 'Model', 'Pin', 'Last used', 'Tokens', 'Session id'], ...rows])
  terminal.out([terminal.paint('bold', head ?? ''), ...lines.map((line) => printable(line, 1000))].join('\n'))
}

async function showSession(invocation: Invocation, name: string, flags: ShowFlags): Promise<void> {
  const { terminal, system } = invocation
  // Opening the view makes the agent's secrets known, so that none that was said is said again.
  const { auth, view } = await invocation.view(flags)
  const { sessions } = view.store
  const all = await sessions.list()
  const session = find(all, view.agentId, name) ?? all.find(({ id }) => id === name)
  const id = session?.id ?? name
  const { layout } = auth.home
  const isThere =
    /^[\w-]{1,128}$/.test(id) && (await system.files.stat(layout.transcript(view.agentId, id))) !== undefined
  if (session === undefined && !isThere) throw unknownSession(view.agentId, name, agentFlag(auth, view.agentId))
  const messages = (await sessions.history(id)).map(({ role, content, timestamp, isSummary }) => ({
    role,
    timestamp,
    text: system.log.scrub(content.map(({ text }) => text).join('')),
    ...(isSummary === true ? { isSummary } : {}),
  }))
  if (flags.json === true) {
    terminal.json({
      agentId: view.agentId,
      key: session?.key ?? null,
      sessionId: id,
      tokens: session === undefined ? null : tokensOf(session),
      messages: messages.slice(-(flags.lines ?? messages.length)),
    })
    return
  }
  const lines = messages.flatMap(({ role, text, timestamp, isSummary }) => [
    terminal.paint(
      'bold',
      `${moment(timestamp)} ${isSummary === true ? 'summary, sent in the place of all above' : role}`,
    ),
    // Set in, so that nothing said can pass for the line that names who says it.
    ...visible(text.replace(/\n$/, ''))
      .split('\n')
      .map((line) => `  ${line}`),
  ])
  const shown = flags.lines === undefined ? lines : lines.slice(-flags.lines)
  terminal.out(shown.length === 0 ? 'Nothing has been said.' : shown.join('\n'))
  if (session === undefined || flags.lines !== undefined || session.inputTokens + session.outputTokens === 0) return
  terminal.out(terminal.paint('dim', tokensText(session)))
}

function tokensOf({ inputTokens, outputTokens, cacheRead = 0, cacheWrite = 0 }: Session) {
  return { input: inputTokens, output: outputTokens, cacheRead, cacheWrite }
}

/** `Tokens: 900 in (800 read from the prompt cache, 60 written to it), 40 out.` */
function tokensText(session: Session): string {
  const { input, output, cacheRead, cacheWrite } = tokensOf(session)
  const cache =
    cacheRead + cacheWrite === 0 ? '' : ` (${cacheRead} read from the prompt cache, ${cacheWrite} written to it)`
  return `Tokens: ${input} in${cache}, ${output} out.`
}

async function resetSession(invocation: Invocation, name: string, flags: CommonFlags): Promise<void> {
  const { terminal, system, faces } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const { sessions } = auth.home.agent(agentId)
  const before = find(await sessions.list(), agentId, name)
  if (before === undefined) throw unknownSession(agentId, name, agentFlag(auth, agentId))
  const { key } = before
  try {
    // A running gateway also stops the turn that may be under way.
    await faces.callMethod(auth, {
      method: 'sessions.reset',
      params: { agentId, sessionKey: key },
      ...(invocation.gatewayPort === undefined ? {} : { port: invocation.gatewayPort }),
    })
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    system.log.debug('no gateway of ours; the session is reset here', { why: error.message })
  }
  let session = await sessions.get(key)
  if (session === undefined || session.id === before.id) {
    session = await sessions.put(key, (before) => begin(key, system.uuid(), system.now(), before))
  }
  if (flags.json === true) {
    terminal.json({ ok: true, agentId, key, sessionId: session.id, previousSessionId: before.id })
    return
  }
  terminal.out(
    `Reset: ${printable(key)}\nWhat was said: openclaw sessions show ${before.id}${agentFlag(auth, agentId)}`,
  )
}

/** What a file says may be no time at all. */
function moment(timestamp: number): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? '(no time)' : `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`
}

/** By key, or by the name that ends one. */
function find(sessions: readonly Session[], agentId: string, name: string): Session | undefined {
  const exact = sessions.find(({ key }) => key === name)
  if (exact !== undefined) return exact
  try {
    const full = fullKey(agentId, name)
    return sessions.find(({ key }) => key === full)
  } catch {
    // No name of a session: a session id, perhaps.
    return undefined
  }
}

function unknownSession(agentId: string, name: string, flag: string): AuthError {
  return new AuthError('unknown_session', `There is no session "${printable(name, 60)}" (agent ${agentId}).`, {
    remedy: `openclaw sessions list${flag}`,
  })
}
