// How the tests run: four workers, as each flow test waits for processes of its own half of the time; files share what a worker has loaded, for
// which reason no test replaces a module or leaves a global changed. Those that take longest go first. And a closing line that scripts can read.
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 4,
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // What is waited for comes soon; on a busy machine it comes late.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 40_000, interval: 20 } },
    reporters: ['default', './test/support/closing-line.ts'],
  },
})
