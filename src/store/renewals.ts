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
   * @throws AuthError unreadable_store, write_failed
   */
  change(id: string, change: { claim: Claim | undefined; past?: PastRenewal }): Promise<void>
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
    change: (id, { claim, past }) =>
      document.change((draft) => {
        draft.version ??= 1
        const section = childObject(draft, 'refresh')
        const before = section[id]
        const list = readRecord(before).past
        section[id] = {
          ...(isObject(before) ? before : {}),
          claim,
          past: past === undefined ? list : [...list, past].slice(-MOST_PAST),
        }
      }),
  }
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
    ...(typeof entry.reason === 'string' ? { reason: entry.reason } : {}),
  }
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
