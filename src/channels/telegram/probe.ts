// Asks Telegram whose token it is: one call that changes nothing.
import type { BotProbe } from '../../core/channel-report.ts'
import type { Secret } from '../../core/secret.ts'
import type { System } from '../../system/system.ts'
import { openBot } from './bot-api.ts'
import { judge } from './trouble.ts'

/** @throws AuthError unsafe, when the variable names a server that no token may go to */
export async function probeBot(system: System, token: Secret, { timeoutMs }: { timeoutMs: number }): Promise<BotProbe> {
  const { api } = await openBot(system, token, { patienceMs: timeoutMs })
  const began = system.monotonic()
  try {
    const { id, username, can_read_all_group_messages: hearsAll } = await api.getMe()
    return { state: 'known', id, name: `@${username}`, hearsAll, ms: Math.round(system.monotonic() - began) }
  } catch (error) {
    const judged = judge(error)
    if (judged.is === 'refused') return { state: 'refused', why: judged.description }
    return { state: 'unknown', why: judged.is === 'again' ? judged.description : 'asked too often' }
  }
}
