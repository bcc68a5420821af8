// The sequence of the test files: those that take longest go first, so that no worker has one of them left when the others are done. In between stand those
// that wait more than they work, as a browser keeps a processor busy by itself. A clone that has never run them knows nothing of how long they take.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Below `test`, without their extension. */
const LONGEST = [
  'web/axe',
  'channels/telegram',
  'web/browser',
  'flows/slash',
  'web/keyboard',
  'faults/io',
  'web/unsent',
  'system/lock',
  'web/settings',
  'flows/renewal',
  'web/docs-palette',
  'faults/kill',
  'sim/simulation',
  'flows/failover',
  'acceptance/seeds/commands',
  'store/faults',
  'web/what-if',
  'flows/refusals',
  'web/add-account',
  'faults/freeze',
  'web/activity',
  'gateway/watching',
  'web/late-answers',
  'security/files',
  'cli/auth-login',
  'scripts/ops',
  'store/writers',
  'flows/demo',
  'web/leaks',
  'auth/recovery',
  'store/damage',
  'cli/onboard-wizard',
  'auth/undo',
  'flows/login',
  'web/five-questions',
  'cli/interrupt',
  'scripts/build',
]

export default class LongestFirst extends BaseSequencer {
  /** @throws Error when one of the list is gone: it has another name now, or belongs off the list */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    for (const name of LONGEST)
      if (!existsSync(join(root, 'test', `${name}.test.ts`)))
        throw new Error(`${name} is no test: mend longest-first.ts`)
    const rank = new Map(LONGEST.map((name, at) => [`${name}.test.ts`, at]))
    const rankOf = ({ moduleId }: TestSpecification): number =>
      rank.get(relative(join(root, 'test'), moduleId).replaceAll('\\', '/')) ?? LONGEST.length
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b))
  }
}
