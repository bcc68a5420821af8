// What the schema of openclaw.json is made of: keys with what they are for, objects of keys, objects by name.
import * as v from 'valibot'

/** What is known of a key beside its type and its description. */
export type KeyFacts = {
  default?: string | number | boolean
  /** Masked wherever it is shown, and never taken from a command line. */
  secret?: true
  /** What the names below it are: `provider` makes the page say `auth.order.<provider>`. */
  each?: string
}

/** A key that may be left out. */
export const key = <const S extends v.GenericSchema>(schema: S, about: string, facts: KeyFacts = {}) =>
  v.optional(must(schema, about, facts))

/** A key that may not. */
export const must = <const S extends v.GenericSchema>(schema: S, about: string, facts: KeyFacts = {}) =>
  v.pipe(schema, v.description(about), v.metadata(facts))

/** valibot takes a list for an object without keys. */
export const isNoList = v.check(
  (value: unknown) => !Array.isArray(value),
  'Invalid type: Expected Object but received Array',
)

/** An object of keys; others than those are kept. */
export const section = <const E extends v.ObjectEntries>(entries: E) =>
  v.pipe(v.unknown(), isNoList, v.looseObject(entries))

/** An object whose keys are names of the person's own. */
export const byName = <const S extends v.GenericSchema>(value: S) =>
  v.pipe(v.unknown(), isNoList, v.record(v.string(), value))
