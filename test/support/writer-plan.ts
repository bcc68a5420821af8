// What the writers of the great test do, step by step: the same for the worker that does it and for the test that expects it.
import { dice } from './swarm.ts'

export type Step = { verb: 'paste' | 'logout' | 'order' | 'use'; profile: number; text: string }

const PROFILES = 4

/** The step at this place of this slot's work. */
export function stepOf(seed: number, slot: number, at: number): Step {
  const random = dice(seed * 1_000_003 + slot * 4099 + at)
  const roll = random()
  const profile = Math.floor(random() * PROFILES)
  const verb = roll < 0.4 ? 'paste' : roll < 0.55 ? 'logout' : roll < 0.7 ? 'order' : 'use'
  return { verb, profile, text: `sk-writer-${slot}-${at}-${Math.floor(random() * 1e9)}` }
}

/** Each slot has profiles of its own, so that what must be there at the end is certain. */
export function profileOf(slot: number, profile: number): string {
  return `openai:w${slot}-${profile}`
}

/** What must be there once the slot has done so many steps: id -> secret. */
export function expected(seed: number, slot: number, steps: number): Map<string, string> {
  const kept = new Map<string, string>()
  for (let at = 0; at < steps; at++) {
    const { verb, profile, text } = stepOf(seed, slot, at)
    if (verb === 'paste') kept.set(profileOf(slot, profile), text)
    if (verb === 'logout') kept.delete(profileOf(slot, profile))
  }
  return kept
}
