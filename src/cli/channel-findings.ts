// What doctor sees of chat channels: bots that are not heard, tokens that others may read, and senders that nobody can be.
import type { Auth } from '../auth/auth.ts'
import { channelToken } from '../auth/channel-token.ts'
import { isSenderId, type TelegramAccount } from '../core/channel-settings.ts'
import type { Finding } from '../core/finding.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { channelReport, type ShownAccount } from './channel-report.ts'
import type { Invocation } from './invocation.ts'

const VENDOR_MS = 5000
const OPEN_BITS = 0o077
const PRIVATE_FILE = 0o600

/** Asks the gateway of this machine; the vendor only with `deep`. Nothing where no channel is configured. */
export async function channelFindings(
  invocation: Invocation,
  auth: Auth,
  options: { deep: boolean },
): Promise<Finding[]> {
  const all = auth.home.config().telegram
  if (all.length === 0) return []
  const { accounts } = await channelReport(invocation, auth, { probes: options.deep, timeoutMs: VENDOR_MS })
  const ofFiles = await Promise.all(all.map((account) => aboutToken(auth, account)))
  const file = auth.home.layout.config
  return [
    ...accounts.flatMap(aboutTrouble),
    ...ofFiles.flat(),
    ...all.flatMap((account) => aboutSenders(account, file)),
  ]
}

/** What passes by itself is a warning. */
const PASSING: ReadonlySet<string> = new Set(['unreachable', 'refused', 'conflict'])

function aboutTrouble({ state, trouble }: ShownAccount): Finding[] {
  if (trouble === undefined || state === 'off') return []
  const { code, message, remedy } = trouble
  return [{ code: `channel_${code}`, severity: PASSING.has(code) ? 'warning' : 'error', message, remedy }]
}

async function aboutToken({ home }: Auth, account: TelegramAccount): Promise<Finding[]> {
  const { system } = home
  const token = await channelToken(home, account)
  if (token.secret === undefined || token.source !== 'file' || system.platform === 'win32') return []
  const stat = await system.files.stat(token.where)
  if (stat === undefined || stat.isLink || (stat.mode & OPEN_BITS) === 0) return []
  const path = token.where
  return [
    {
      code: 'open_mode',
      severity: 'warning',
      file: path,
      message: `${path} is open to other users of this machine (mode ${stat.mode.toString(8)}); it should be ${PRIVATE_FILE.toString(8)}.`,
      remedy: `chmod ${PRIVATE_FILE.toString(8)} ${quoted(path)}`,
      repair: { kind: 'mode', path, from: stat.mode, to: PRIVATE_FILE },
    },
  ]
}

function aboutSenders(account: TelegramAccount, file: string): Finding[] {
  const { id, allowFrom, owners, groupAllowFrom = [], groups } = account
  const ofGroups = [...groups.values()].flatMap((rule) => rule.allowFrom ?? [])
  const wrong = [...allowFrom, ...owners, ...groupAllowFrom, ...ofGroups].filter(
    (one) => one !== '*' && !isSenderId(one),
  )
  if (wrong.length === 0) return []
  return [
    {
      code: 'channel_sender',
      severity: 'warning',
      file,
      message: `The telegram account ${printable(id)} lists ${wrong.map((one) => printable(one)).join(', ')} in ${file}: no ids of people, so nobody is let in by them (names change hands). Whoever writes to the bot gets a code instead.`,
      remedy: 'openclaw channels pair',
    },
  ]
}
