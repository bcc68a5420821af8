// The contract of a place that keeps documents: files today, one database for several hosts tomorrow (D15). Its suite is
// test/contract/backend.ts; whatever passes it can stand here.

export type Stored = {
  text: string
  /** Changes whenever the text does. */
  version: string
}

export type Backend = {
  /** @returns undefined when the document does not exist */
  get(key: string): Promise<Stored | undefined>
  /**
   * Read, change, write, while nobody else changes the document. Once it resolves, the new text survives a power cut.
   * @param edit receives the present text and returns the new one; undefined leaves the document as it is. It may throw: then nothing changes.
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
  /** Where a person finds the document. */
  locate(key: string): string
}
