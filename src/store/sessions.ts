// sessions.json and the transcripts of one agent. Field names of the map are the reference's.
import type { ChatMessage } from '../core/protocol.ts'
import type { Session } from '../core/session.ts'
import type { System } from '../system/system.ts'
import type { Backend } from './backend.ts'
import { isObject, type JsonObject, openDocument } from './document.ts'
import { type EnclosureStore, openEnclosures } from './enclosures.ts'
import type { Layout } from './layout.ts'
import { messageLine, readTranscript, type Summary, summaryLine } from './transcript.ts'

export type SessionStore = {
  /** What was shown with messages, by the id of the session. */
  readonly enclosures: EnclosureStore
  list(): Promise<Session[]>
  get(key: string): Promise<Session | undefined>
  /** Stores what `decide` makes of the present session. */
  put(key: string, decide: (before: Session | undefined) => Session): Promise<Session>
  /** Forgets it with its transcript and what was shown in it. @returns whether there was one */
  remove(key: string): Promise<boolean>
  /** Adds messages to the transcript of the session id. */
  append(sessionId: string, messages: readonly ChatMessage[]): Promise<void>
  /** Adds a summary to it, which stands for what was said until then; what was said stays. */
  sumUp(sessionId: string, summary: Summary): Promise<void>
  /** The transcript, oldest first, or the end of a very long one; a torn line (a kill while writing) is left out. */
  history(sessionId: string): Promise<ChatMessage[]>
}

/** More than any model reads and any page shows; a conversation may grow for years. */
const MAX_HISTORY_BYTES = 4 * 1024 * 1024

/** Opens the sessions of an agent. */
export function openSessions(system: System, backend: Backend, layout: Layout, agentId: string): SessionStore {
  const document = openDocument(backend, layout.sessions(agentId))
  const enclosures = openEnclosures(system.files, (id) => layout.transcript(agentId, id))
  const get = async (key: string): Promise<Session | undefined> => {
    const entry = entryOf(await document.read(), key)
    return isObject(entry) ? readSession(key, entry) : undefined
  }
  const add = async (sessionId: string, lines: string): Promise<void> => {
    await system.files.makeDir(layout.sessionsDir(agentId))
    await system.files.append(layout.transcript(agentId, sessionId), lines)
  }
  return {
    enclosures,
    get,
    list: async () =>
      Object.entries(await document.read())
        .flatMap(([key, entry]) => (isObject(entry) ? [readSession(key, entry)] : []))
        .sort((a, b) => b.updatedAt - a.updatedAt),
    put: (key, decide) =>
      document.change((draft) => {
        const before = entryOf(draft, key)
        const session = decide(isObject(before) ? readSession(key, before) : undefined)
        draft[key] = writeSession(session, isObject(before) && before.sessionId === session.id ? before : {})
        return session
      }),
    remove: async (key) => {
      const removed = await document.change((draft) => {
        const entry = entryOf(draft, key)
        delete draft[key]
        return isObject(entry) ? readSession(key, entry) : undefined
      })
      if (removed !== undefined) {
        await system.files.remove(layout.transcript(agentId, removed.id))
        await enclosures.remove(removed.id)
      }
      return removed !== undefined
    },
    append: (sessionId, messages) => add(sessionId, messages.map(messageLine).join('')),
    sumUp: (sessionId, summary) => add(sessionId, summaryLine(summary)),
    history: async (sessionId) =>
      readTranscript((await system.files.readEnd(layout.transcript(agentId, sessionId), MAX_HISTORY_BYTES)) ?? ''),
  }
}

/** What the map holds under the key, and nothing of what every object has, such as `__proto__`. */
function entryOf(map: JsonObject, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

function readSession(key: string, entry: JsonObject): Session {
  const number = (name: string): number => (typeof entry[name] === 'number' ? (entry[name] as number) : 0)
  const text = (name: string): string | undefined =>
    typeof entry[name] === 'string' ? (entry[name] as string) : undefined
  const pinned = text('authProfileOverride')
  const counted = entry.authProfileOverrideCompactionCount
  // The reference: without a source, a stored compaction count means that it was set automatically.
  const by = text('authProfileOverrideSource') ?? (counted === undefined ? 'user' : 'auto')
  const provider = text('providerOverride')
  const model = text('modelOverride')
  return {
    key,
    id: text('sessionId') ?? key,
    updatedAt: number('updatedAt'),
    compactionCount: number('compactionCount'),
    inputTokens: number('inputTokens'),
    outputTokens: number('outputTokens'),
    ...(number('cacheRead') === 0 ? {} : { cacheRead: number('cacheRead') }),
    ...(number('cacheWrite') === 0 ? {} : { cacheWrite: number('cacheWrite') }),
    ...(provider === undefined || model === undefined ? {} : { model: { provider, model } }),
    ...(number('contextUsed') === 0 ? {} : { contextTokens: number('contextUsed') }),
    ...usageLineIn(entry.responseUsage),
    ...listedIn(entry.modelPicker),
    ...(pinned === undefined
      ? {}
      : {
          pin: {
            id: pinned,
            by: by === 'auto' ? 'auto' : entry.authProfileOverrideSoft === pinned ? 'soft' : 'user',
            ...(typeof counted === 'number' ? { compactionCount: counted } : {}),
          },
        }),
  }
}

/** `on` is what the reference wrote before it knew how much. */
function usageLineIn(value: unknown): Pick<Session, 'usageLine'> {
  if (value === 'on' || value === 'tokens') return { usageLine: 'tokens' }
  return value === 'full' ? { usageLine: 'full' } : {}
}

function listedIn(value: unknown): Pick<Session, 'listed'> {
  if (!Array.isArray(value)) return {}
  return { listed: value.filter((one): one is string => typeof one === 'string') }
}

function writeSession(session: Session, before: JsonObject): JsonObject {
  const entry: JsonObject = { ...before }
  for (const name of [
    'providerOverride',
    'modelOverride',
    'authProfileOverride',
    'authProfileOverrideSource',
    'authProfileOverrideSoft',
    'authProfileOverrideCompactionCount',
    'modelPicker',
    'responseUsage',
    'contextUsed',
  ]) {
    delete entry[name]
  }
  return {
    ...entry,
    sessionId: session.id,
    updatedAt: session.updatedAt,
    compactionCount: session.compactionCount,
    inputTokens: session.inputTokens,
    outputTokens: session.outputTokens,
    totalTokens: session.inputTokens + session.outputTokens,
    ...(session.cacheRead === undefined ? {} : { cacheRead: session.cacheRead }),
    ...(session.cacheWrite === undefined ? {} : { cacheWrite: session.cacheWrite }),
    ...(session.contextTokens === undefined ? {} : { contextUsed: session.contextTokens }),
    ...(session.usageLine === undefined ? {} : { responseUsage: session.usageLine }),
    ...(session.model === undefined
      ? {}
      : { providerOverride: session.model.provider, modelOverride: session.model.model }),
    ...(session.listed === undefined ? {} : { modelPicker: [...session.listed] }),
    ...(session.pin === undefined
      ? {}
      : {
          authProfileOverride: session.pin.id,
          // The reference knows two sources: to it, a soft pin is a person's. It holds the id, so that it says nothing of another pin.
          authProfileOverrideSource: session.pin.by === 'auto' ? 'auto' : 'user',
          ...(session.pin.by === 'soft' ? { authProfileOverrideSoft: session.pin.id } : {}),
          ...(session.pin.compactionCount === undefined
            ? {}
            : { authProfileOverrideCompactionCount: session.pin.compactionCount }),
        }),
  }
}
