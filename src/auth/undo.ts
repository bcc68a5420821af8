// Takes back what a command changed in the credentials of an agent. Each entry comes back only where nobody has changed it since, and a login keeps its
// newest tokens: a refresh token that was redeemed does not come back.
import { labelOf, secretsOf } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { DAY_MS } from '../core/expiry.ts'
import { printable } from '../core/profile.ts'
import { standing, UNDO_MS, undoingOf, type Verdict, verdictOf } from '../core/undo.ts'
import { type Change, markWith, type Part, putBack, type Recorder, valueAt } from '../store/changes.ts'
import { isObject, type JsonObject } from '../store/document.ts'
import type { AgentStore, Home } from '../store/home.ts'
import { readCredential } from '../store/profiles.ts'
import type { Auth } from './auth.ts'
import { changeAuth } from './change-auth.ts'
import { ownStore } from './own-store.ts'

/** One thing that a change replaced. */
export type Piece = {
  verdict: Verdict
} & (
  | {
      kind: 'profile'
      id: string
      /** As it will be, without its secret; undefined: it goes away. */
      becomes: { provider: string; type: string; label: string } | undefined
    }
  | { kind: 'order'; provider: string; ids: readonly string[] | undefined; file: string }
)

/** A change that can be looked at, and perhaps taken back. */
export type Step = {
  /** 1: the newest. */
  number: number
  what: string
  /** ms epoch */
  at: number
  /** Kept until then, ms epoch. */
  until: number
  pieces: Piece[]
  isPossible: boolean
}

type Judged = { change: Change; id: string; undoes?: string; verdicts: Verdict[] }

/**
 * The changes that stand, newest first; writes nothing.
 * @throws AuthError unreadable_store
 */
export async function undoable({ home }: Auth, agentId: string): Promise<Step[]> {
  const store = home.agent(agentId)
  return (await judged(home, store)).map((one, at) => stepOf(home, store, one, at + 1))
}

/**
 * Takes a change back. That is a change itself: done once more, all is as it was before.
 * @param input.number which, as `undoable` numbers them; absent: the newest
 * @throws AuthError nothing_to_undo, usage (the agent uses another one's credentials), and what the store throws; then nothing has changed
 */
export async function undo(
  auth: Auth,
  input: { agentId: string; number?: number },
): Promise<Step & { notes: string[] }> {
  const { home } = auth
  const { agentId, number = 1 } = input
  const store = ownStore(home, agentId, (flag) => `openclaw models auth undo${flag}`)
  const all = await judged(home, store)
  const wanted = all[number - 1]
  if (wanted === undefined) throw nothing(store, agentId, all.length)
  const { change } = wanted
  const planned = stepOf(home, store, wanted, number)
  if (!planned.isPossible) throw impossible(planned, agentId)
  const recorder = store.changes.begin(undoingOf(change.what), change.id)
  const isSpent = await spentIn(home, store)
  const mark = markWith(home.system)
  const verdicts = new Map<Part, Verdict>()
  const apply = (draft: JsonObject, of: Part['of']): void => {
    for (const part of change.parts.filter((one) => one.of === of)) {
      const verdict = verdictFor(part, draft, mark, isSpent)
      verdicts.set(part, verdict)
      if (verdict === 'restored') putBack(draft, part)
    }
  }
  await store.profiles.edit((draft) => {
    apply(draft, 'store')
    draft.version ??= 1
  }, recorder.store)
  const ids = change.parts.flatMap((part) => (isProfile(part) && verdicts.get(part) === 'restored' ? [part] : []))
  for (const { key, before } of ids) {
    // Another secret, another record.
    if (before === undefined) await store.health.forget(key)
    else store.health.apply(key, { kind: 'reset', at: home.system.now() })
  }
  await store.health.flush()
  const notes = await mendConfig(home, recorder, change, (section) => apply(section, 'config'))
  // What it replaced is in the store again, and what it put there is in the change that was made now.
  await store.changes.drop(change.id)
  await auth.peek(agentId)?.reload()
  const done = { ...wanted, verdicts: change.parts.map((part) => verdicts.get(part) ?? 'changed') }
  return { ...stepOf(home, store, done, number), notes }
}

/** The credentials are back already: what the config refuses is told. @returns sentences for the person */
async function mendConfig(
  home: Home,
  recorder: Recorder,
  { parts }: Change,
  apply: (section: JsonObject) => void,
): Promise<string[]> {
  if (!parts.some(({ of }) => of === 'config')) return []
  try {
    await changeAuth(home, recorder, (draft) => {
      const section = isObject(draft.auth) ? draft.auth : {}
      apply(section)
      if (Object.keys(section).length > 0) draft.auth = section
    })
    await home.reload()
    return []
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return [`${home.configStore.where()} was not updated: ${error.message}`]
  }
}

async function judged(home: Home, store: AgentStore): Promise<Judged[]> {
  // A mention in the config comes along with what it mentions.
  const isTold = (part: Part): boolean => isProfile(part) || part.section === 'order'
  const changes = (await store.changes.list()).filter(({ parts }) => parts.some(isTold))
  if (changes.length === 0) return []
  const raw = await store.profiles.raw()
  const { auth } = (await home.configStore.raw()) ?? {}
  const config = isObject(auth) ? auth : {}
  const mark = markWith(home.system)
  const isSpent = await spentIn(home, store)
  return standing(
    changes.map((change) => ({
      change,
      id: change.id,
      ...(change.undoes === undefined ? {} : { undoes: change.undoes }),
      verdicts: change.parts.map((part) => verdictFor(part, part.of === 'store' ? raw : config, mark, isSpent)),
    })),
  )
}

function verdictFor(
  part: Part,
  raw: JsonObject,
  mark: (value: unknown) => string | null,
  isSpent: (part: Part) => boolean,
): Verdict {
  const now = mark(valueAt(raw, part))
  return verdictOf({
    isAsBefore: now === mark(part.before),
    isAsAfter: part.after.includes(now),
    isSpent: isSpent(part),
  })
}

/** Whether a part would bring back a login whose refresh token was redeemed, refused, or may have been. */
async function spentIn(home: Home, store: AgentStore): Promise<(part: Part) => boolean> {
  const records = await store.renewals.read()
  return (part) => {
    const credential = isProfile(part) && isObject(part.before) ? readCredential(part.before) : undefined
    if (credential?.kind !== 'oauth' || credential.refresh === undefined) return false
    const generation = home.system.fingerprint(credential.refresh)
    const { claim, past = [] } = records.get(part.key) ?? {}
    const isIn = past.some((line) => line.generation === generation && line.outcome !== 'failed')
    return isIn || claim?.generation === generation
  }
}

function stepOf(home: Home, store: AgentStore, { change, verdicts }: Judged, number: number): Step {
  const pieces = change.parts.flatMap((part, at) => pieceOf(home, store, part, verdicts[at] ?? 'changed'))
  const profiles = pieces.filter(({ kind }) => kind === 'profile')
  const deciding = profiles.length > 0 ? profiles : pieces
  return {
    number,
    what: change.what,
    at: change.at,
    until: change.at + UNDO_MS,
    pieces,
    isPossible: deciding.some(({ verdict }) => verdict === 'restored'),
  }
}

/** What a person is told of; the mentions in the config and the record of use come along. */
function pieceOf(home: Home, store: AgentStore, part: Part, verdict: Verdict): Piece[] {
  const { of, section, key, before } = part
  if (isProfile(part)) return [{ kind: 'profile', id: key, verdict, becomes: told(home, key, before) }]
  if (section !== 'order') return []
  const file = of === 'store' ? store.profiles.where() : home.configStore.where()
  const ids = Array.isArray(before) ? before.map(String) : undefined
  return [{ kind: 'order', provider: key, ids, file, verdict }]
}

function told(home: Home, id: string, entry: unknown): { provider: string; type: string; label: string } | undefined {
  if (entry === undefined) return undefined
  const raw = isObject(entry) ? entry : {}
  const credential = readCredential(raw)
  for (const secret of credential === undefined ? [] : secretsOf(credential)) home.system.log.hide(secret)
  const provider = typeof raw.provider === 'string' ? raw.provider : (id.split(':')[0] ?? id)
  const type = typeof raw.type === 'string' ? raw.type : 'unknown'
  return {
    provider: printable(provider, 64),
    type: printable(type, 64),
    label: credential === undefined ? '' : labelOf(credential),
  }
}

function isProfile({ of, section }: Part): boolean {
  return of === 'store' && section === 'profiles'
}

function nothing(store: AgentStore, agentId: string, count: number): AuthError {
  const there = `in ${store.profiles.where()} (agent ${agentId})`
  const days = UNDO_MS / DAY_MS
  if (count > 0) {
    return new AuthError('nothing_to_undo', `There are only ${count} changes to undo ${there}. Nothing was changed.`, {
      remedy: `openclaw models auth undo --list --agent ${agentId}`,
    })
  }
  const message = `There is nothing to undo ${there}; a change can be undone for ${days} days. Nothing was changed.`
  return new AuthError('nothing_to_undo', message, { remedy: `openclaw models auth list --agent ${agentId}` })
}

const WHY: Readonly<Partial<Record<Verdict, string>>> = {
  changed: 'it was changed again since',
  spent: 'its refresh token was used since',
  same: 'it is there already',
}

/** Why a piece is left as it is; undefined: it is not. */
export function whyLeft({ verdict }: Pick<Piece, 'verdict'>): string | undefined {
  return WHY[verdict]
}

function impossible({ what, pieces }: Step, agentId: string): AuthError {
  const why = pieces
    .filter(({ verdict }) => verdict !== 'restored')
    .map(
      (piece) =>
        `${piece.kind === 'profile' ? printable(piece.id) : `the order of ${printable(piece.provider)}`}: ${whyLeft(piece)}`,
    )
  return new AuthError(
    'nothing_to_undo',
    `The last change (${what}, agent ${agentId}) cannot be undone; ${why.join('; ')}. Nothing was changed.`,
    { remedy: `openclaw models auth undo --list --agent ${agentId}` },
  )
}
