// One process of the storm: agents that are pointed at one login, all of which want a live token whenever a line comes in on standard input.
// Arguments: mechanism of locks (kernel or portable), profile id, agents. Environment: that of the installation.
// Says per line, as JSON, what each agent came to (the fingerprint of its token, or why it has none) and how long the slowest one waited, ms.
import { createInterface } from 'node:readline'
import { createAuth } from '../../src/auth/auth.ts'
import { refresh } from '../../src/auth/refresh.ts'
import { createLocks } from '../../src/system/lock.ts'
import { createSystem } from '../../src/system/system.ts'

const [mechanism, profileId = '', ...agents] = process.argv.slice(2)
const real = createSystem({ logLevel: 'silent' })
const locks = createLocks({ ...real, force: 'portable' })
const system = mechanism === 'portable' ? { ...real, locks } : real
const auth = await createAuth(system)
const views = await Promise.all(agents.map((agent) => auth.view(agent)))
process.stdout.write('"ready"\n')
for await (const _ of createInterface({ input: process.stdin })) {
  const began = performance.now()
  let slowestMs = 0
  const answers = await Promise.all(
    views.map(async (view) => {
      const done = await refresh(view, profileId)
      slowestMs = performance.now() - began
      if (done.kind !== 'live')
        return done.kind === 'ended' ? `ended: ${done.reason}` : `failed: ${done.failure.detail}`
      const { candidates } = view.facts().providers.get(profileId.split(':')[0] ?? '') ?? { candidates: [] }
      const secret = candidates.find(({ id }) => id === profileId)?.secret
      return secret === undefined ? 'live without a token' : system.fingerprint(secret)
    }),
  )
  process.stdout.write(`${JSON.stringify({ answers, slowestMs })}\n`)
}
