// The report behind 'channels status': what the config says of each bot, what the gateway says that runs it, and on demand what the vendor says.
import type { Auth } from '../auth/auth.ts'
import { addCommand, type ChannelToken, channelToken } from '../auth/channel-token.ts'
import type { AccountReport, AccountTrouble, BotProbe, MovedGroup, TakenWebhook } from '../core/channel-report.ts'
import type { TelegramAccount } from '../core/channel-settings.ts'
import { AuthError } from '../core/errors.ts'
import { livingRequests } from '../core/pairing.ts'
import { openPairings } from '../store/pairings.ts'
import type { Invocation } from './invocation.ts'
import { moveCommands } from './moved-groups.ts'

export type ShownAccount = {
  channel: string
  accountId: string
  /** `off`: the config says so. `idle`: no gateway runs. */
  state: AccountReport['state'] | 'off' | 'idle'
  name?: string
  bot?: string
  /** Where the token lies. */
  token: string
  dmPolicy: string
  groupPolicy: string
  /** Strangers who have a code, and who was let in by one. */
  asking: number
  letIn: number
  lastMessageAt?: number
  waiting?: number
  webhook?: TakenWebhook
  /** With the commands that say in the config what it said of the old id. */
  moved?: readonly (MovedGroup & { commands: readonly string[] })[]
  trouble?: AccountTrouble
  probe?: BotProbe
}

const GATEWAY_MS = 1000

/** @param options.probes whether the vendor is asked @throws AuthError unreadable_store, unsafe */
export async function channelReport(
  invocation: Invocation,
  auth: Auth,
  options: { probes: boolean; timeoutMs: number },
): Promise<{ isRunning: boolean; accounts: ShownAccount[] }> {
  const said = await fromGateway(invocation, auth)
  const accounts = await Promise.all(
    auth.home.config().telegram.map((account) => shown(invocation, auth, account, said, options)),
  )
  return { isRunning: said !== undefined, accounts }
}

/** @returns undefined when no gateway of this installation answers */
async function fromGateway(
  { faces, gatewayPort }: Invocation,
  auth: Auth,
): Promise<readonly AccountReport[] | undefined> {
  const port = gatewayPort === undefined ? {} : { port: gatewayPort }
  const { state } = await faces.gatewayState(auth, { timeoutMs: GATEWAY_MS, ...port })
  if (state !== 'running') return undefined
  try {
    const answer = await faces.callMethod(auth, { method: 'channels.status', params: {}, ...port })
    const accounts = typeof answer === 'object' && answer !== null && 'accounts' in answer ? answer.accounts : undefined
    return Array.isArray(accounts) ? (accounts as AccountReport[]) : []
  } catch (error) {
    // It went meanwhile, or is an older one that has no channels.
    if (error instanceof AuthError) return undefined
    throw error
  }
}

async function shown(
  { faces, system }: Invocation,
  auth: Auth,
  account: TelegramAccount,
  said: readonly AccountReport[] | undefined,
  { probes, timeoutMs }: { probes: boolean; timeoutMs: number },
): Promise<ShownAccount> {
  const { home } = auth
  const [token, book] = await Promise.all([
    channelToken(home, account),
    openPairings(home.backend, home.layout).read('telegram', account.id),
  ])
  const running = said?.find((one) => one.channel === 'telegram' && one.accountId === account.id)
  const probe =
    probes && token.secret !== undefined ? await faces.probeBot(auth, token.secret, { timeoutMs }) : undefined
  const raw = running?.moved === undefined ? undefined : await home.configStore.raw()
  const moved = running?.moved?.map((group) => ({ ...group, commands: moveCommands(raw ?? {}, account.id, group) }))
  const trouble = running?.trouble ?? troubleOf(account, token, probe)
  const bot = running?.bot ?? (probe?.state === 'known' ? probe.name : undefined)
  return {
    channel: 'telegram',
    accountId: account.id,
    state: account.isEnabled ? (running?.state ?? 'idle') : 'off',
    ...(account.name === undefined ? {} : { name: account.name }),
    ...(bot === undefined ? {} : { bot }),
    token: token.where,
    dmPolicy: account.dmPolicy,
    groupPolicy: account.groupPolicy,
    asking: livingRequests(book, system.now()).length,
    letIn: book.letIn.length,
    ...(running?.lastMessageAt === undefined ? {} : { lastMessageAt: running.lastMessageAt }),
    ...(running === undefined ? {} : { waiting: running.waiting }),
    ...(running?.webhook === undefined ? {} : { webhook: running.webhook }),
    ...(moved === undefined ? {} : { moved }),
    ...(trouble === undefined ? {} : { trouble }),
    ...(probe === undefined ? {} : { probe }),
  }
}

function troubleOf(
  account: TelegramAccount,
  token: ChannelToken,
  probe: BotProbe | undefined,
): AccountTrouble | undefined {
  if (token.secret === undefined) {
    const message = `The account ${account.id} has no token: ${token.why}.`
    return { code: 'no_token', message, remedy: token.remedy }
  }
  if (probe === undefined || probe.state === 'known') return undefined
  const remedy = probe.state === 'refused' ? addCommand(account.id) : 'openclaw channels status --probe'
  return probe.state === 'refused'
    ? {
        code: 'token_refused',
        message: `Telegram does not know the token of the account ${account.id} (${probe.why}).`,
        remedy,
      }
    : {
        code: 'unreachable',
        message: `Telegram could not be asked about the account ${account.id} (${probe.why}).`,
        remedy,
      }
}
