// What doctor sees of places with accounts: more of them kept for chat than there are, or some of an account that has no most.
import type { Finding } from '../core/finding.ts'
import { printable } from '../core/profile.ts'
import type { Home } from '../store/home.ts'
import { lessKept } from './refuse.ts'

/** Of the config alone: who serves too many calls just now is no finding. */
export function aboutReserve(home: Home): Finding[] {
  const { concurrency, reserve } = home.config()
  if (reserve.slots === 0) return []
  const file = home.configStore.where()
  const base = { severity: 'warning' as const, file }
  if (concurrency.size === 0) {
    const message = `auth.reserve.slots keeps ${reserve.slots} of an account's calls at once for chat, but auth.concurrency says of no account how many it may have, so nothing is kept (${file}).`
    return [{ ...base, code: 'reserve_of_nothing', message, remedy: 'openclaw config unset auth.reserve.slots' }]
  }
  const shut = [...concurrency].filter(([, most]) => most <= reserve.slots)
  if (shut.length === 0) return []
  const names = shut.map(([name, most]) => `${printable(name, 80)} (${most})`).join(' and ')
  const isOne = shut.length === 1
  const message = `auth.reserve.slots keeps ${reserve.slots} calls at once for chat, and auth.concurrency allows no more: ${names} ${isOne ? 'serves' : 'serve'} no program and no job (${file}).`
  return [{ ...base, code: 'reserve_takes_all', message, remedy: lessKept(Math.min(...shut.map(([, most]) => most))) }]
}
