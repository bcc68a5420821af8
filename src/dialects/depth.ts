// How deep a request may be nested: what is read and written level by level has an end to its stack.
import { Unsayable } from './unsayable.ts'

/** Of lists and objects in each other. Whoever needs more of it is broken or hostile; readers and writers of JSON call themselves for each. */
const DEEPEST = 200

/** @param value as JSON gave it @throws Unsayable, for one that is nested deeper than is translated */
export function refuseDeep(value: unknown): void {
  if (isDeeper(value, DEEPEST)) throw new Unsayable('', `the request is nested deeper than ${DEEPEST} levels`)
}

/** Whether there are more levels of lists and objects; found out level by level, however deep it is. */
function isDeeper(value: unknown, levels: number): boolean {
  let level: object[] = [{ value }]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true
    const inner: object[] = []
    for (const one of level) {
      for (const held of Object.values(one)) if (typeof held === 'object' && held !== null) inner.push(held)
    }
    level = inner
  }
  return false
}
