// The section 'refresh' of auth.json: who set out to redeem which refresh token, and how it ended (D12). Fingerprints only, no secrets.
import type { Claim, PastRenewal, RenewalOutcome, RenewalRecord } from '../core/renewal.ts'
import type { Backend } from './backend.ts'
import { childObject, isObject, type JsonObject, openDocument } from './document.ts'

export type RenewalStore = {
  where(): string
  /** By profile id. @throws AuthError unreadable_store */
  read(): Promise<ReadonlyMap<string, RenewalRecord>>
  /**
   * Stores a claim, or removes it; adds to what is past. Durable once it resolves.
   * @param change.of the claim that this is the end of: another one that stands in its place by now stays, unless this is a refusal
   * @throws AuthError unreadable_store, write_failed
   */
  change(id: string, change: { claim: Claim | undefined; of?: Claim; past?: PastRenewal }): Promise<void>
}

const MOST_PAST = 20
const OUTCOMES: readonly RenewalOutcome[] = ['renewed', 'refused', 'failed', 'unknown', 'late']

/** Opens the section in the document kept under the key. */
export function openRenewals(backend: Backend, key: string): RenewalStore {
  const document = openDocument(backend, key)
  return {
    where: document.where,
    read: async () => {
      const raw = await document.read()
      const entries = isObject(raw.refresh) ? Object.entries(raw.refresh) : []
      return new Map(entries.map(([id, entry]) => [id, readRecord(entry)]))
    },
    change: (id, { claim, of, past }) =>
      document.change((draft) => {
        draft.version ??= 1
        const section = childObject(draft, 'refresh')
        const before = section[id]
        const { past: list, claim: present } = readRecord(before)
        const isTheirs = of !== undefined && (present === undefined || !isSameClaim(present, of))
        section[id] = {
          ...(isObject(before) ? before : {}),
          ...(isTheirs && claim?.state !== 'refused' ? {} : { claim }),
          past: past === undefined ? list : [...list, past].slice(-MOST_PAST),
        }
      }),
  }
}

function isSameClaim(a: Claim, b: Claim): boolean {
  const isOneAttempt = a.at === b.at && a.pid === b.pid && a.host === b.host
  return isOneAttempt && a.generation === b.generation && a.state === b.state
}

function readRecord(entry: unknown): RenewalRecord {
  if (!isObject(entry)) return { past: [] }
  const claim = readClaim(entry.claim)
  const past = Array.isArray(entry.past) ? entry.past.flatMap((line) => readPast(line) ?? []) : []
  return { past, ...(claim === undefined ? {} : { claim }) }
}

/** Who did what when; undefined when the entry does not say. */
function readCommon(entry: JsonObject): { generation: string; at: number; pid: number; host: string } | undefined {
  const { generation, at, pid, host } = entry
  if (typeof generation !== 'string' || typeof at !== 'number') return undefined
  return { generation, at, pid: typeof pid === 'number' ? pid : 0, host: typeof host === 'string' ? host : '' }
}

function readClaim(entry: unknown): Claim | undefined {
  const common = isObject(entry) ? readCommon(entry) : undefined
  if (!isObject(entry) || common === undefined) return undefined
  return {
    ...common,
    state: entry.state === 'refused' ? 'refused' : 'sent',
    unknown: typeof entry.unknown === 'number' ? entry.unknown : 0,
    ticks: typeof entry.ticks === 'number' ? entry.ticks : 0,
    ...(isObject(entry.seen) ? { seen: readSeen(entry.seen) } : {}),
    ...(entry.isOver === true ? { isOver: true } : {}),
    ...(typeof entry.reason === 'string' ? { reason: entry.reason } : {}),
  }
}

function readSeen(entry: JsonObject): Record<string, number> {
  return Object.fromEntries(Object.entries(entry).flatMap(([host, at]) => (typeof at === 'number' ? [[host, at]] : [])))
}

function readPast(entry: unknown): PastRenewal | undefined {
  const common = isObject(entry) ? readCommon(entry) : undefined
  const outcome = isObject(entry) ? OUTCOMES.find((known) => known === entry.outcome) : undefined
  if (!isObject(entry) || common === undefined || outcome === undefined) return undefined
  return {
    ...common,
    outcome,
    ...(typeof entry.next === 'string' ? { next: entry.next } : {}),
    ...(typeof entry.detail === 'string' ? { detail: entry.detail } : {}),
  }
}
