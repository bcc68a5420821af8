// What was shown with the messages of a session, beside its transcript: a file for each thing, by the hash of its bytes, 0600. What was shown twice
// lies there once; of a session that has been shown too much the oldest goes, and its words in the transcript stay.
import { basename, dirname, join } from 'node:path'
import type { EnclosureKind, KeptEnclosure } from '../core/enclosure.ts'
import type { Files } from '../system/files.ts'

/** One as it is shown. */
export type Enclosure = { kind: EnclosureKind; mediaType: string; bytes: Buffer; name?: string }

export type EnclosureStore = {
  /** @returns what the transcript says of them @throws what the disk throws */
  keep(sessionId: string, shown: readonly Enclosure[]): Promise<KeptEnclosure[]>
  /** @returns undefined for one that is there no more, or is not what it was */
  load(sessionId: string, kept: KeptEnclosure): Promise<Buffer | undefined>
  /** All of the session. */
  remove(sessionId: string): Promise<void>
}

/** Of one session, bytes. */
const MOST_BYTES = 96 * 1024 * 1024
/** Of one thing: what the vendors of messengers hand out, and more than vendors of models take. */
export const LARGEST_ENCLOSURE = 20 * 1024 * 1024
const NAME = /^[0-9a-f]{64}(?:\.[a-z0-9]{1,5})?$/
const ENDS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'application/pdf': '.pdf',
  'application/json': '.json',
  'text/plain': '.txt',
  'audio/ogg': '.ogg',
  'audio/mpeg': '.mp3',
}

/** @param transcriptOf the path of a session's transcript, `<id>.jsonl` @param mostBytes of one session */
export function openEnclosures(
  files: Files,
  transcriptOf: (sessionId: string) => string,
  mostBytes = MOST_BYTES,
): EnclosureStore {
  const prefixOf = (sessionId: string): string => transcriptOf(sessionId).replace(/jsonl$/, '')
  const pathOf = (sessionId: string, { sha256, mediaType }: KeptEnclosure): string =>
    `${prefixOf(sessionId)}${sha256}${ENDS[mediaType] ?? ''}`
  const all = async (sessionId: string): Promise<string[]> => {
    const dir = dirname(prefixOf(sessionId))
    const prefix = basename(prefixOf(sessionId))
    const names = await files.list(dir)
    return names
      .filter((name) => name.startsWith(prefix) && NAME.test(name.slice(prefix.length)))
      .map((name) => join(dir, name))
  }
  const bound = async (sessionId: string, spared: ReadonlySet<string>): Promise<void> => {
    const found = await Promise.all(
      (await all(sessionId)).map(async (path) => ({ path, stat: await files.stat(path) })),
    )
    let bytes = found.reduce((sum, { stat }) => sum + (stat?.size ?? 0), 0)
    found.sort((a, b) => (a.stat?.writtenAt ?? 0) - (b.stat?.writtenAt ?? 0))
    for (const { path, stat } of found) {
      if (bytes <= mostBytes) return
      if (spared.has(path)) continue
      await files.remove(path)
      bytes -= stat?.size ?? 0
    }
  }
  return {
    keep: async (sessionId, shown) => {
      const kept: KeptEnclosure[] = []
      if (shown.length > 0) await files.makeDir(dirname(transcriptOf(sessionId)))
      for (const { kind, mediaType, bytes, name } of shown) {
        const named = name === undefined ? {} : { name }
        const one = { kind, mediaType, sha256: await hashOf(bytes), bytes: bytes.byteLength, ...named }
        const path = pathOf(sessionId, one)
        kept.push(one)
        if ((await files.stat(path)) === undefined) await files.writeDurable(path, bytes)
      }
      if (kept.length > 0) await bound(sessionId, new Set(kept.map((one) => pathOf(sessionId, one))))
      return kept
    },
    load: async (sessionId, kept) => {
      try {
        const bytes = await files.readBytes(pathOf(sessionId, kept), LARGEST_ENCLOSURE)
        return bytes !== undefined && (await hashOf(bytes)) === kept.sha256 ? bytes : undefined
      } catch {
        // A conversation goes on without what cannot be read: its words stand for it.
        return undefined
      }
    },
    remove: async (sessionId) => {
      for (const path of await all(sessionId)) await files.remove(path)
    },
  }
}

/** Loaded when something is shown: nearly every command shows nothing. */
async function hashOf(bytes: Buffer): Promise<string> {
  const { hash } = await import('node:crypto')
  return hash('sha256', bytes)
}
