// Where the token of a bot lies, and the token itself: in the config, in a file, or for the default account in the environment.
import { isAbsolute, join } from 'node:path'
import { DEFAULT_ACCOUNT } from '../core/binding.ts'
import type { TelegramAccount } from '../core/channel-settings.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { Secret } from '../core/secret.ts'
import { missingText } from '../core/substitute.ts'
import type { Home } from '../store/home.ts'
import { codeOf } from '../system/files.ts'

/** Looked at for the default account where the config names neither a token nor a file. */
export const TOKEN_VARIABLE = 'TELEGRAM_BOT_TOKEN'

export type ChannelToken =
  | { secret: Secret; source: 'config' | 'file' | 'environment'; where: string }
  /** `why` is a clause: "channels/x.token is empty". */
  | { secret?: never; why: string; where: string; remedy: string }

const SHAPE = /^\d{3,20}:[A-Za-z0-9_-]{20,100}$/

/** Whether it can be the token of a bot at Telegram: the id of the bot, a colon, and the secret itself. */
export function isBotToken(text: string): boolean {
  return SHAPE.test(text)
}

/** The bot's own id, which is no secret. */
export function botIdIn(token: Secret): string {
  return token.reveal().split(':')[0] ?? ''
}

/** Looks; writes nothing, asks nobody. */
export async function channelToken(home: Home, account: TelegramAccount): Promise<ChannelToken> {
  const { layout, system } = home
  const key = account.id === DEFAULT_ACCOUNT ? 'channels.telegram' : `channels.telegram.accounts.${account.id}`
  const remedy = addCommand(account.id)
  const judged = (text: string, source: 'config' | 'file' | 'environment', where: string): ChannelToken => {
    const trimmed = text.trim()
    if (trimmed === '') return { why: `${where} is empty`, where, remedy }
    if (!isBotToken(trimmed)) return { why: `${where} does not look like the token of a bot`, where, remedy }
    const secret = new Secret(trimmed)
    system.log.hide(secret)
    return { secret, source, where }
  }
  if (account.botToken !== undefined) return judged(account.botToken, 'config', `${key}.botToken in ${layout.config}`)
  if (account.missing !== undefined) {
    return { why: missingText(account.missing), where: `${key}.botToken in ${layout.config}`, remedy }
  }
  if (account.tokenFile !== undefined) {
    const path = tokenPath(home, account.tokenFile)
    try {
      const text = (await system.files.read(path, MOST_BYTES))?.text
      if (text === undefined) return { why: `${path} is not there`, where: path, remedy }
      return judged(text, 'file', path)
    } catch (error) {
      return { why: `${path} cannot be read (${codeOf(error) || 'unreadable'})`, where: path, remedy }
    }
  }
  if (account.id === DEFAULT_ACCOUNT) {
    const found = variableOf(home, TOKEN_VARIABLE)
    if (found !== undefined) return judged(found.text, 'environment', found.where)
  }
  return { why: `the config names no token for the account ${printable(account.id)}`, where: layout.config, remedy }
}

const MOST_BYTES = 4096

/** The command that gives the account a token. */
export function addCommand(accountId: string): string {
  return `openclaw channels add telegram${accountFlag(accountId)}`
}

/** Names the account in a command, where that is not the one meant without. */
export function accountFlag(accountId: string): string {
  return accountId === DEFAULT_ACCOUNT ? '' : ` --account ${quoted(printable(accountId))}`
}

/** A path of the config: `~` is expanded, a relative one starts at the state directory. */
export function tokenPath({ layout }: Home, written: string): string {
  return written.startsWith('~') || isAbsolute(written) ? layout.expand(written) : join(layout.stateDir, written)
}

/** A variable, wherever it is set, the nearest first. */
export function variableOf(home: Home, name: string): { text: string; where: string } | undefined {
  const { system, layout } = home
  const places = [
    [system.env[name], `the variable ${name}`],
    [home.dotenv().get(name), `${name} in ${layout.dotenv}`],
    [home.config().env.get(name), `env.${name} in ${layout.config}`],
    [home.shell.get(name), `${name} of the login shell`],
  ] as const
  for (const [text, where] of places) if (text !== undefined && text.trim() !== '') return { text, where }
  return undefined
}
