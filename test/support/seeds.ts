// The seeds of property tests: one that never changes, and a fresh one that is printed, so that a failure can be had again.
import fc from 'fast-check'

const FIXED = 20_310_506
/** How much of what a property asks for is run: a fifth of it each time, all of it where figures are published. */
const SCALE = Number(process.env.KEYCLAW_RUNS ?? 0.2)
const fresh = Number(process.env.KEYCLAW_SEED ?? Date.now() % 2_147_483_647)

/**
 * Checks the property with the fixed seed and with the fresh one.
 * @param runs of each
 */
export async function holds<T>(property: fc.IProperty<T> | fc.IAsyncProperty<T>, runs: number): Promise<void> {
  for (const seed of [FIXED, fresh]) {
    const report = await fc.check(property as fc.IAsyncProperty<T>, { seed, numRuns: Math.ceil(runs * SCALE) })
    if (report.failed) throw new Error(`KEYCLAW_SEED=${seed}\n${await fc.asyncDefaultReportMessage(report)}`)
  }
}

process.stdout.write(`fresh seed of this run: KEYCLAW_SEED=${fresh}\n`)
