// Takes back what a command changed in the credentials of an agent. Each entry comes back only where nobody has changed it since, and a login keeps its
// newest tokens: a refresh token that was redeemed does not come back.
import { AuthError } from '../core/errors.ts'
import { DAY_MS } from '../core/expiry.ts'
import { printable } from '../core/profile.ts'
import { UNDO_MS, undoingOf, type Verdict } from '../core/undo.ts'
import { type Change, type Part, putBack, type Recorder } from '../store/changes.ts'
import { isObject, type JsonObject } from '../store/document.ts'
import type { AgentStore, Home } from '../store/home.ts'
import type { Auth } from './auth.ts'
import { changeAuth } from './change-auth.ts'
import { ownStore } from './own-store.ts'
import { isProfile, judged, judgeOf, type Step, stepOf, whyLeft } from './undoable.ts'

/**
 * Takes a change back. That is a change itself: done once more, all is as it was before.
 * @param input.number which, as `undoable` numbers them; absent: the newest
 * @param input.id which, by its name, instead of a number
 * @throws AuthError nothing_to_undo, usage (the agent uses another one's credentials), and what the store throws; then nothing has changed
 */
export async function undo(
  auth: Auth,
  input: { agentId: string; number?: number; id?: string },
): Promise<Step & { notes: string[] }> {
  const { home } = auth
  const { agentId, id } = input
  const store = ownStore(home, agentId, (flag) => `openclaw models auth undo${flag}`)
  // A renewal that waits goes first: what is taken out is the newest.
  await home.spool.absorb(store.profiles)
  const all = await judged(home, store)
  const number = id === undefined ? (input.number ?? 1) : all.findIndex((one) => one.id === id) + 1
  const wanted = all[number - 1]
  if (wanted === undefined && id !== undefined) throw gone(agentId)
  if (wanted === undefined) throw await nothing(home, store, agentId, all.length)
  const { change } = wanted
  const planned = stepOf(home, store, wanted, number)
  if (!planned.isPossible) throw impossible(planned, agentId)
  const recorder = store.changes.begin(undoingOf(change.what), change.id)
  const judge = await judgeOf(home, store)
  const verdicts = new Map<Part, Verdict>()
  const apply = (draft: JsonObject, of: Part['of']): void => {
    for (const part of change.parts.filter((one) => one.of === of)) {
      const verdict = judge(part, draft)
      verdicts.set(part, verdict)
      if (verdict === 'restored') putBack(draft, part)
    }
  }
  await store.profiles.edit((draft) => {
    apply(draft, 'store')
    draft.version ??= 1
  }, recorder.store)
  const restored = change.parts.filter((part) => verdicts.get(part) === 'restored')
  const notes = [
    ...(await told(home, () => clearHealth(home, store, restored.filter(isProfile)))),
    ...(await told(home, () => mendConfig(home, recorder, change, (section) => apply(section, 'config')))),
  ]
  // What it replaced is in the store again, and what it put there is in the change that was made now.
  if (restored.length > 0) await store.changes.drop(change.id)
  await auth.peek(agentId)?.reload()
  const done = { ...wanted, verdicts: change.parts.map((part) => verdicts.get(part) ?? 'changed') }
  return { ...stepOf(home, store, done, number), notes }
}

/** The credentials are back already: what fails afterwards is said. @returns sentences for the person */
async function told({ system }: Home, work: () => Promise<void>): Promise<string[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return [system.log.scrub(`The credentials are as they were, but not all around them: ${error.message}`)]
  }
}

/** Another secret, another record. */
async function clearHealth({ system }: Home, { health }: AgentStore, parts: readonly Part[]): Promise<void> {
  for (const { key, before } of parts) {
    if (before === undefined) await health.forget(key)
    else health.apply(key, { kind: 'reset', at: system.now() })
  }
  await health.flush()
}

async function mendConfig(
  home: Home,
  recorder: Recorder,
  { parts }: Change,
  apply: (section: JsonObject) => void,
): Promise<void> {
  if (!parts.some(({ of }) => of === 'config')) return
  await changeAuth(home, recorder, (draft) => {
    const section = isObject(draft.auth) ? draft.auth : {}
    apply(section)
    if (Object.keys(section).length > 0) draft.auth = section
  })
  await home.reload()
}

function gone(agentId: string): AuthError {
  return new AuthError(
    'nothing_to_undo',
    `That change of agent ${printable(agentId)} cannot be taken back any more. Nothing was changed.`,
    { remedy: `openclaw models auth undo --list --agent ${agentId}` },
  )
}

async function nothing(home: Home, store: AgentStore, agentId: string, count: number): Promise<AuthError> {
  const there = `in ${store.profiles.where()} (agent ${agentId})`
  const days = UNDO_MS / DAY_MS
  if (count > 0) {
    return new AuthError('nothing_to_undo', `There are only ${count} changes to undo ${there}. Nothing was changed.`, {
      remedy: `openclaw models auth undo --list --agent ${agentId}`,
    })
  }
  const { layout, system } = home
  const isTrash = (await system.files.stat(layout.trash)) !== undefined
  const trash = isTrash ? ` What a reset or a deletion moved lies in ${layout.trash}.` : ''
  const message = `There is nothing to undo ${there}; a change can be undone for ${days} days.${trash} Nothing was changed.`
  return new AuthError('nothing_to_undo', message, { remedy: `openclaw models auth list --agent ${agentId}` })
}

function impossible({ number, what, pieces }: Step, agentId: string): AuthError {
  const why = pieces
    .filter(({ verdict }) => verdict !== 'restored')
    .map(
      (piece) =>
        `${piece.kind === 'order' ? `the order of ${printable(piece.provider)}` : printable(piece.id)}: ${whyLeft(piece)}`,
    )
  return new AuthError(
    'nothing_to_undo',
    `${number === 1 ? 'The last change' : `Change ${number}`} (${what}, agent ${agentId}) cannot be undone; ${why.join('; ')}. Nothing was changed.`,
    { remedy: `openclaw models auth undo --list --agent ${agentId}` },
  )
}
