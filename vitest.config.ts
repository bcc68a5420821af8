// How the tests run: four workers, as each flow test waits for processes of its own half of the time; files share what a worker has loaded, for
// which reason no test replaces a module or leaves a global changed. And a closing line that scripts can read.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 4,
    isolate: false,
    testTimeout: 30_000,
    // What is waited for comes soon; on a busy machine it comes late.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    hookTimeout: 30_000,
    reporters: ['default', './test/support/closing-line.ts'],
  },
})
