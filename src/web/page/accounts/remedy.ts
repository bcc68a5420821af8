// The one thing that helps an account that is in trouble, as a button in its row; and the same as a command.
import type { AccountGroup, AccountRow } from '../../../core/accounts.ts'
import type { App } from '../app-store.ts'
import { clearRest, includeAccount, resumeAccount, testAccounts } from './actions.ts'

export type Remedy = { text: string; act(): void }

/** Defects that another secret mends. */
const NEEDS_SECRET: ReadonlySet<string> = new Set(['blank', 'auth_permanent', 'unsendable', 'wrong_origin', 'expired'])

export function remedyOf(app: App, row: AccountRow, group: AccountGroup): Remedy | undefined {
  const { act } = app.state.words
  const { state } = row
  const isOurs = row.source === 'profile'
  if (state.kind === 'resting') return { text: act.clear, act: () => void clearRest(app, row) }
  if (state.kind === 'off' && state.why === 'paused')
    return { text: act.resume, act: () => void resumeAccount(app, row) }
  if (state.kind === 'off' && state.why === 'not_in_order' && isOurs) {
    return { text: act.include, act: () => void includeAccount(app, group, row.id) }
  }
  const isEnding = state.kind === 'ready' && state.endsAt !== undefined
  if ((state.kind !== 'needs_you' && !isEnding) || !isOurs) return undefined
  if (state.kind === 'needs_you' && state.why === 'billing')
    return { text: act.test, act: () => void testAccounts(app, [row]) }
  const why = state.kind === 'needs_you' ? state.why : 'expired'
  if (row.kind === 'oauth') return { text: act.signIn, act: () => app.set({ adding: { row } }) }
  if (NEEDS_SECRET.has(why)) return { text: act.replace, act: () => app.set({ adding: { row } }) }
  return undefined
}

const PLAIN = /^[\w.:@+-]+$/

/** The command that does the same, or shows more; undefined where the name cannot stand in a shell. */
export function commandFor(row: AccountRow, agentFlag: string): string | undefined {
  if (!PLAIN.test(row.id) || !PLAIN.test(row.provider)) return undefined
  const { state } = row
  if (state.kind === 'resting') return `openclaw models auth reset ${row.id}${agentFlag}`
  if (state.kind === 'off' && state.why === 'paused') return `openclaw models auth resume ${row.id}${agentFlag}`
  if (state.kind === 'needs_you' && row.source === 'profile') {
    const verb = row.kind === 'api_key' ? 'paste-api-key' : row.kind === 'oauth' ? 'login' : 'paste-token'
    return `openclaw models auth ${verb} --provider ${row.provider} --profile-id ${row.id}${agentFlag}`
  }
  return `openclaw models explain ${row.provider}${agentFlag}`
}
