// The contract of a place that keeps documents: files today, one database for several hosts tomorrow (D15). Its suite is
// test/contract/backend.ts; whatever passes it can stand here.
import type { Wait } from '../system/lock.ts'

export type Stored = {
  text: string
  /** Changes whenever the text does. */
  version: string
}

/** What the holder of a right may count on. */
export type Hold = {
  /**
   * A holder on another machine that shows no life for this long loses the right, ms, and may be frozen, not dead. Undefined: whoever lost it
   * is dead.
   */
  leaseMs: number | undefined
  /** How much longer nobody else takes it, whatever happens to this process, ms. */
  leftMs(): number
}

export type Backend = {
  /** @returns undefined when the document does not exist */
  get(key: string): Promise<Stored | undefined>
  /**
   * Read, change, write, while nobody else changes the document. Once it resolves, the new text survives a power cut.
   * @param edit receives the present text and returns the new one; undefined leaves the document as it is. The same text
   * once more is written once more: whoever wrote it may have died before the disk had it. It may throw: then nothing changes. It may
   * be called again with another text, when this process stood still for so long that others went on without it.
   */
  change(
    key: string,
    edit: (before: Stored | undefined) => string | undefined | Promise<string | undefined>,
  ): Promise<void>
  /**
   * Tells of changes made by anyone, ourselves included: at least once each, in order. A notice is only a hint to read again.
   * @param keys documents to watch
   * @returns stops watching
   */
  notice(keys: readonly string[], changed: (key: string) => void): { close(): void }
  /**
   * Runs the work while nobody else runs any under the same name: the right to send what must be sent once. What the work writes is guarded
   * by what it writes on, not by this: a holder that was frozen may come back late.
   * @param name of the right; a lock of its own, so that documents stay free meanwhile
   * @param wait.unless asked each time that the right has changed hands meanwhile: what it comes to ends the wait, and the work is not run
   * @throws AuthError lock_timeout
   */
  alone<T>(name: string, wait: Wait<T>, work: (hold: Hold) => Promise<T>): Promise<T>
  /** Where a person finds the document. */
  locate(key: string): string
}
