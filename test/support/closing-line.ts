// A reporter that ends a run with one line of totals, alone, so that any script can read them.
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * The line itself. A file that could not be loaded and an error outside any test each count as one failed test, so that a run that
 * failed never says "0 failed".
 * @param modules the files that ran
 * @param outside how many errors happened outside any test
 */
export function closingLine(modules: readonly Pick<TestModule, 'children' | 'errors'>[], outside: number): string {
  let passed = 0
  let failed = outside
  let skipped = 0
  for (const module of modules) {
    failed += module.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed++
      else if (state === 'failed') failed++
      else skipped++
    }
    for (const suite of module.children.allSuites()) failed += suite.errors().length
  }
  return `Tests: ${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    process.stdout.write(`\n${closingLine(modules, errors.length)}\n`)
  }
}
