// Everything that can be done with an account, as a menu.
import type { AccountGroup, AccountRow } from '../../../core/accounts.ts'
import type { App } from '../app-store.ts'
import type { MenuItem } from '../view/menu.tsx'
import { pathOf } from '../whatif/wishes.ts'
import {
  clearRest,
  includeAccount,
  moveAccount,
  orderedIds,
  pauseAccount,
  pinAccount,
  removeAccount,
  resumeAccount,
  testAccounts,
} from './actions.ts'

const HOUR_MS = 3_600_000

/** What if this one were limited: for the model of the next call, or where that is of another provider, for whatever is asked of its own. */
function suppose(app: App, { id, provider }: AccountRow): void {
  const isAsked = app.state.report?.model.startsWith(`${provider}/`) === true
  app.go('whatif', pathOf({ model: isAsked ? '' : provider, wishes: [{ id, what: '429' }] }))
}

/** @param place in the order; -1 where it has none */
export function itemsOf(app: App, row: AccountRow, group: AccountGroup, place: number): MenuItem[] {
  const { act } = app.state.words
  const { state } = row
  const items: MenuItem[] = [
    { text: act.test, act: () => void testAccounts(app, [row]) },
    { text: app.state.words.whatif.open, act: () => suppose(app, row) },
  ]
  if (state.kind === 'resting' || state.kind === 'needs_you' || row.resting.length > 0) {
    items.push({ text: act.clear, act: () => void clearRest(app, row) })
  }
  if (row.source !== 'profile') return items
  items.push({ text: act.pin, act: () => void pinAccount(app, row, 'main') })
  const last = orderedIds(group).length - 1
  const move = (text: string, to: number): MenuItem => ({ text, act: () => void moveAccount(app, group, row.id, to) })
  if (place < 0) items.push({ text: act.include, act: () => void includeAccount(app, group, row.id) })
  if (place > 1) items.push(move(act.first, 0))
  if (place > 0) items.push(move(act.up, place - 1))
  if (place >= 0 && place < last) items.push(move(act.down, place + 1))
  if (place >= 0 && place < last - 1) items.push(move(act.last, last))
  if (state.kind === 'off' && state.why === 'paused') {
    items.push({ text: act.resume, act: () => void resumeAccount(app, row) })
  } else {
    items.push({ text: act.pause, act: () => void pauseAccount(app, row) })
    items.push({ text: act.pauseHour, act: () => void pauseAccount(app, row, HOUR_MS) })
  }
  const text = row.kind === 'oauth' ? act.signIn : act.replace
  items.push({ text, act: () => app.set({ adding: { row } }) })
  items.push({ text: act.remove, isGrave: true, act: () => void removeAccount(app, row) })
  return items
}
