// What could be taken back of what commands changed in the credentials of an agent, and what would become of each thing they replaced. Only looks.
import { labelOf, secretsOf } from '../core/credential.ts'
import { type Pause, readPause } from '../core/pause.ts'
import { printable } from '../core/profile.ts'
import { standing, UNDO_MS, type Verdict, verdictOf } from '../core/undo.ts'
import { type Change, markWith, PAUSES, type Part, valueAt } from '../store/changes.ts'
import { isObject, type JsonObject } from '../store/document.ts'
import type { AgentStore, Home } from '../store/home.ts'
import { readCredential } from '../store/profiles.ts'
import type { Auth } from './auth.ts'

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
  /** `becomes` undefined: it is used again. */
  | { kind: 'pause'; id: string; becomes: Pause | undefined }
  | { kind: 'order'; provider: string; ids: readonly string[] | undefined; file: string }
)

/** A change that can be looked at, and perhaps taken back. */
export type Step = {
  /** Names the change, whatever has come since. */
  id: string
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

export type Judged = { change: Change; id: string; undoes?: string; verdicts: Verdict[] }

/**
 * The changes that stand, newest first; writes nothing.
 * @throws AuthError unreadable_store
 */
export async function undoable({ home }: Auth, agentId: string): Promise<Step[]> {
  const store = home.agent(agentId)
  return (await judged(home, store)).map((one, at) => stepOf(home, store, one, at + 1))
}

/** The changes that stand, newest first, with what becomes of each of their parts. */
export async function judged(home: Home, store: AgentStore): Promise<Judged[]> {
  // A mention in the config comes along with what it mentions.
  const isTold = (part: Part): boolean => isProfile(part) || isPause(part) || part.section === 'order'
  const changes = (await store.changes.list()).filter(({ parts }) => parts.some(isTold))
  if (changes.length === 0) return []
  const raw = await store.profiles.raw()
  const { auth } = (await home.configStore.raw()) ?? {}
  const config = isObject(auth) ? auth : {}
  const judge = await judgeOf(home, store)
  return standing(
    changes.map((change) => ({
      change,
      id: change.id,
      ...(change.undoes === undefined ? {} : { undoes: change.undoes }),
      verdicts: change.parts.map((part) => judge(part, part.of === 'store' ? raw : config)),
    })),
  )
}

/** Says of each part of a change what becomes of it, given the document that it is of. */
export type Judge = (part: Part, raw: JsonObject) => Verdict

/** @throws AuthError unreadable_store */
export async function judgeOf(home: Home, store: AgentStore): Promise<Judge> {
  const mark = markWith(home.system)
  const isSpent = await spentIn(home, store)
  return (part, raw) => {
    const now = mark(valueAt(raw, part))
    return verdictOf({
      isAsBefore: now === mark(part.before),
      isAsAfter: part.after.includes(now),
      isSpent: isSpent(part),
    })
  }
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

/** The change as a person is shown it. */
export function stepOf(home: Home, store: AgentStore, { change, verdicts }: Judged, number: number): Step {
  const pieces = change.parts.flatMap((part, at) => pieceOf(home, store, part, verdicts[at] ?? 'changed'))
  const profiles = pieces.filter(({ kind }) => kind === 'profile')
  const deciding = profiles.length > 0 ? profiles : pieces
  return {
    id: change.id,
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
  if (isProfile(part)) return [{ kind: 'profile', id: key, verdict, becomes: shown(home, key, before) }]
  if (isPause(part)) return [{ kind: 'pause', id: key, verdict, becomes: readPause(before) }]
  if (section !== 'order') return []
  const file = of === 'store' ? store.profiles.where() : home.configStore.where()
  const ids = Array.isArray(before) ? before.map(String) : undefined
  return [{ kind: 'order', provider: key, ids, file, verdict }]
}

function shown(home: Home, id: string, entry: unknown): { provider: string; type: string; label: string } | undefined {
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

/** Whether the part is a profile of the store. */
export function isProfile({ of, section }: Part): boolean {
  return of === 'store' && section === 'profiles'
}

function isPause({ of, section }: Part): boolean {
  return of === 'store' && section === PAUSES
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
