// Makes a failing simulation small: processes, faults and commands are left out one by one, as long as the same invariant still breaks.
import type { Product } from './load.ts'
import { partsOf, planOf, without } from './plan.ts'
import { type Played, Simulation } from './simulation.ts'

/** A simulation as it is kept and told: all of its chance comes from the seed. */
export type Case = { seed: number; without?: readonly string[] }

/** A case that found something once. */
export type Kept = Case & {
  about: string
  /** Not mended yet: it breaks still. */
  isOpen?: true
}

/** Plays a case from its start. @param tell hears of every step */
export function play(
  product: Product,
  { seed, without: parts = [] }: Case,
  tell?: (line: string) => void,
): Promise<Played> {
  const simulation = new Simulation(without(planOf(seed), parts), product)
  simulation.schedule.tell = tell
  return simulation.play()
}

/** The smallest case found that breaks the invariant which this one breaks. */
export async function shrunk(product: Product, start: Case): Promise<Case> {
  const meant = (await play(product, start)).violation?.invariant
  let parts = [...(start.without ?? [])]
  let isSmaller = meant !== undefined
  while (isSmaller) {
    isSmaller = false
    for (const part of partsOf(without(planOf(start.seed), parts))) {
      const fewer = [...parts, part]
      const { violation } = await play(product, { seed: start.seed, without: fewer })
      if (violation?.invariant !== meant) continue
      parts = fewer
      isSmaller = true
    }
  }
  // What belongs to a part that is gone need not be named.
  const gone = parts.filter((part) => !parts.some((other) => part.startsWith(`${other}.`)))
  return gone.length === 0 ? { seed: start.seed } : { seed: start.seed, without: gone }
}
