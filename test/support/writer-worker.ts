// Drives the real verbs on one state directory: paste, order, logout, marks of use. What is done is decided by seed, slot and step alone,
// so that a step repeated after a kill does the same. Each step that was acknowledged is said on standard output.
// Arguments: slot, first step, number of steps, seed.
import { createAuth } from '../../src/auth/auth.ts'
import { logout } from '../../src/auth/logout.ts'
import { paste } from '../../src/auth/paste.ts'
import { reorder } from '../../src/auth/reorder.ts'
import { settle } from '../../src/auth/settle.ts'
import { AuthError } from '../../src/core/errors.ts'
import { createSystem } from '../../src/system/system.ts'
import { profileOf, stepOf } from './writer-plan.ts'

const [slot = 0, first = 0, count = 0, seed = 0] = process.argv.slice(2).map(Number)
const auth = await createAuth(createSystem())
const view = await auth.view('main')
for (let at = first; at < count; at++) {
  const step = stepOf(seed, slot, at)
  const id = profileOf(slot, step.profile)
  switch (step.verb) {
    case 'paste':
      await paste(auth, { agentId: 'main', provider: 'openai', kind: 'api_key', text: step.text, profileId: id })
      break
    case 'logout':
      await logout(auth, { agentId: 'main', profileId: id }).catch((error: unknown) => {
        // Done by the process that was killed before it could say so.
        if (!(error instanceof AuthError) || error.code !== 'unknown_profile') throw error
      })
      break
    case 'order': {
      await view.reload()
      const ids = (view.facts().providers.get('openai')?.candidates ?? []).flatMap(({ source }) =>
        source.kind === 'profile' ? [source.id] : [],
      )
      // A profile may go between the look and the write; then the order is refused, which is an answer, too.
      await reorder(auth, { agentId: 'main', provider: 'openai', ids: ids.length === 0 ? undefined : ids }).catch(
        (error: unknown) => {
          if (!(error instanceof AuthError) || error.code !== 'unknown_profile') throw error
        },
      )
      break
    }
    case 'use': {
      await view.reload()
      const candidate = view
        .facts()
        .providers.get('openai')
        ?.candidates.find((known) => known.id === id)
      if (candidate !== undefined) settle(view, { candidate }, { ok: true }, auth.home.system.now())
      await auth.flush()
      break
    }
  }
  process.stdout.write(`${at}\n`)
}
