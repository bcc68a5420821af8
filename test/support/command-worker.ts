// The command line, run many times in one process, as starting the program for each would take minutes. The other faces answer at once: no
// port is opened and no vendor called. Arguments: lines, each a JSON list of words.
import { writeSync } from 'node:fs'
import type { Faces } from '../../src/cli/faces.ts'
import { run } from '../../src/cli/run.ts'
import { AuthError } from '../../src/core/errors.ts'

/** What is between the outputs of two runs; no command writes such a byte. */
const MARK = '\u0000'

const absent = async (): Promise<never> => {
  throw new AuthError('gateway_unreachable', 'No gateway answers.', { remedy: 'openclaw gateway' })
}
const faces: Faces = {
  runGateway: async () => 0,
  agentTurn: absent,
  callMethod: absent,
  gatewayState: async () => ({ state: 'absent', url: 'http://127.0.0.1:1' }),
  pageUrl: absent,
  rotateToken: absent,
  showToken: async () => ({ where: 'gateway.token', mask: undefined }),
  troubleWithToken: async () => [],
  probeBot: async () => ({ state: 'unknown', why: 'nobody asks here' }),
  demo: async () => 0,
}

/** Runs one line; its outputs go where they always go, its code behind them. */
async function runLine(words: readonly string[]): Promise<void> {
  const code = await run(words, { faces, started: () => undefined })
  for (const stream of [1, 2]) writeSync(stream, `${MARK}${JSON.stringify({ words, code })}${MARK}`)
}

for (const line of process.argv.slice(2)) await runLine(JSON.parse(line) as string[])
