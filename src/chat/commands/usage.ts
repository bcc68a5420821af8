// `/usage`: what this conversation took, what it cost, and what is left of its account. Costs are those of the ledger.
import { AuthError } from '../../core/errors.ts'
import { DAY_MS } from '../../core/expiry.ts'
import type { LedgerLine } from '../../core/ledger.ts'
import { type LedgerTotals, totalsOfLines } from '../../core/ledger-totals.ts'
import { printable } from '../../core/profile.ts'
import { begin, type UsageLine } from '../../core/session.ts'
import { explainTurn } from '../explain.ts'
import type { Occasion } from './command.ts'
import { limitLines, tokenLine } from './session.ts'

/** `/usage`, `/usage cost` for the sums of the conversation, of today and of all that is kept, and what is to stand below every answer. */
export async function showUsage(args: string, occasion: Occasion): Promise<string> {
  const word = args.toLowerCase()
  if (word === 'cost') return await showCost(occasion)
  if (word === 'off' || word === 'tokens' || word === 'full') return await setLine(word, occasion)
  if (word !== '') {
    const known = '/usage, /usage cost, /usage tokens, /usage full and /usage off'
    throw new AuthError('usage', `"${printable(args, 40)}" is not understood; there are ${known}.`)
  }
  const { auth, view, key, beyondLoopback } = occasion
  const session = await view.store.sessions.get(key)
  const own = await explainTurn(auth, { agentId: view.agentId, sessionKey: key, beyondLoopback })
  const totals = totalsOfLines(await linesOfChat(occasion))
  return [
    `${tokenLine(session)}, since this conversation began.`,
    ...limitLines(occasion, own),
    `Cost: ${costText(totals)}.`,
  ].join('\n')
}

/** @throws AuthError usage, when the sender may not change the conversation */
async function setLine(word: UsageLine | 'off', { auth, view, key, rights }: Occasion): Promise<string> {
  if (!rights.has('chat')) throw new AuthError('usage', 'You may not change this conversation.')
  const { system } = auth.home
  await view.store.sessions.put(key, (session) => {
    const { usageLine: _, ...rest } = session ?? begin(key, system.uuid(), system.now())
    return word === 'off' ? rest : { ...rest, usageLine: word }
  })
  if (word === 'off') return 'No line of usage stands below the answers of this conversation any more.'
  const what = word === 'full' ? 'tokens, cost, account and model' : 'tokens'
  return `From now on a line with ${what} stands below every answer of this conversation; /usage off ends that.`
}

async function showCost(occasion: Occasion): Promise<string> {
  const { auth, view } = occasion
  const [chat, all] = await Promise.all([linesOfChat(occasion), view.store.ledger.read()])
  const now = auth.home.system.now()
  const today = all.filter(({ at }) => at >= now - (now % DAY_MS))
  const line = (name: string, lines: readonly LedgerLine[]): string => {
    const totals = totalsOfLines(lines)
    const { calls, input, output, cacheRead, cacheWrite } = totals
    const tokens = `${input + cacheRead + cacheWrite} in, ${output} out`
    return `${name}: ${calls} ${calls === 1 ? 'call' : 'calls'}, ${tokens}, ${costText(totals)}`
  }
  return [
    line('This chat', chat),
    line(`Today (UTC), agent ${view.agentId}`, today),
    line('The 30 days that are kept', all),
  ].join('\n')
}

/** All that is kept of this chat, of conversations before a `/new` as well. */
async function linesOfChat({ view, key }: Occasion): Promise<LedgerLine[]> {
  const lines = await view.store.ledger.readAbout(key)
  return lines.filter(({ session }) => session === key)
}

function costText({ cost }: LedgerTotals): string {
  return cost === null ? 'nothing billed by use, as far as prices are known' : `$${cost.toFixed(4)}`
}
