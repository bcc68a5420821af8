// `models auth undo`: takes back what a command changed in the credentials, or shows what could be taken back.
import type { Command } from 'commander'
import { ownStore } from '../../auth/own-store.ts'
import { undo } from '../../auth/undo.ts'
import { type Piece, type Step, undoable, whyLeft } from '../../auth/undoable.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { MOST_CHANGES } from '../../core/undo.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, ownerFlag } from '../invocation.ts'

type Flags = CommonFlags & { list?: boolean }

/** `undo`. */
export function defineUndo(parent: Command, invocation: () => Invocation): void {
  parent
    .command('undo')
    .description('take back what the last command changed in the credentials; done once more, all is as it was before')
    .argument('[number]', 'another change than the newest, as --list numbers them')
    .option('--list', 'show what can be undone, and change nothing')
    .option('--json', 'what came back, or the list, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth undo', 'a paste over the wrong profile, a logout, an order, an import'],
        ['openclaw models auth undo --list', 'what the last changes were, and what would come back'],
        ['openclaw models auth undo 2', 'the change before the last one'],
      ]),
    )
    .action((number: string | undefined, _flags: unknown, self: Command) =>
      run(invocation(), number, self.optsWithGlobals<Flags>()),
    )
}

async function run(invocation: Invocation, wanted: string | undefined, flags: Flags): Promise<void> {
  const { auth, agentId } = await invocation.agent(flags)
  const store = ownStore(auth.home, agentId, (flag) => `openclaw models auth undo${flag}`)
  const head = { agentId, authStorePath: store.profiles.where() }
  const number = wanted === undefined ? undefined : numberOf(wanted)
  const { terminal, system } = invocation
  const now = system.now()
  if (flags.list === true) {
    const steps = (await undoable(auth, agentId)).filter((step) => number === undefined || step.number === number)
    if (flags.json === true) return terminal.json({ ...head, changes: steps.map(jsonOf) })
    if (steps.length === 0) return terminal.out('Nothing to undo.')
    return terminal.out(steps.flatMap((step) => listed(step, now)).join('\n'))
  }
  const done = await undo(auth, { agentId, ...(number === undefined ? {} : { number }) })
  for (const note of done.notes) terminal.note(note)
  if (flags.json === true) return terminal.json({ ok: true, ...head, ...jsonOf(done) })
  terminal.out([`Undid: ${titleOf(done, now)} (${head.authStorePath})`, ...done.pieces.map(lineOf)].join('\n'))
  terminal.note(`To have it as it was before: openclaw models auth undo${ownerFlag(auth, agentId)}`)
}

/** @throws AuthError usage */
function numberOf(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new AuthError('usage', `Changes are numbered from 1 to ${MOST_CHANGES}. Nothing was changed.`, {
    remedy: 'openclaw models auth undo --list',
  })
}

function titleOf({ what, at }: Step, now: number): string {
  return `${what}, ${formatRemaining(now - at)} ago`
}

function listed(step: Step, now: number): string[] {
  const state = step.isPossible ? `for ${formatRemaining(step.until - now)} more` : 'cannot be undone'
  return [`${step.number}. ${titleOf(step, now)} (${state})`, ...step.pieces.map(lineOf)]
}

/** What it becomes, or why it stays. */
function lineOf(piece: Piece): string {
  const why = whyLeft(piece)
  const name = piece.kind === 'order' ? `order of ${piece.provider}` : piece.id
  if (why !== undefined) return `- ${name}: left as it is, ${why}`
  if (piece.kind === 'order') return `- ${name}: ${piece.ids?.join(', ') ?? '(none)'}`
  if (piece.kind === 'pause') {
    const until =
      piece.becomes?.until === undefined ? '' : ` until ${new Date(piece.becomes.until).toISOString().slice(0, 16)}Z`
    return `- ${name}: ${piece.becomes === undefined ? 'not paused' : `paused${until}`}`
  }
  if (piece.becomes === undefined) return `- ${name}: removed`
  const { type, label } = piece.becomes
  return `- ${name}: ${type}${label === '' ? '' : `, ${label}`}`
}

function jsonOf({ number, what, at, until, isPossible, pieces }: Step): object {
  const state = (piece: Piece): object => {
    const reason = whyLeft(piece)
    return reason === undefined ? {} : { left: reason }
  }
  return {
    number,
    change: what,
    at,
    until,
    possible: isPossible,
    profiles: pieces.flatMap((piece) =>
      piece.kind === 'profile' ? [{ profileId: piece.id, becomes: piece.becomes ?? null, ...state(piece) }] : [],
    ),
    pauses: pieces.flatMap((piece) =>
      piece.kind === 'pause' ? [{ profileId: piece.id, paused: piece.becomes ?? null, ...state(piece) }] : [],
    ),
    orders: pieces.flatMap((piece) =>
      piece.kind === 'order'
        ? [{ provider: piece.provider, order: piece.ids ?? null, file: piece.file, ...state(piece) }]
        : [],
    ),
  }
}
