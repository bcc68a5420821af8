// What the section 'channels.telegram' of the config means: the bots there are, and whom each of them answers.
import { DEFAULT_ACCOUNT } from './binding.ts'
import type { DmPolicy, GroupPolicy, RawBot, RawTelegram } from './channel-schema.ts'
import type { MissingVariable } from './substitute.ts'

export type GroupRule = { isEnabled: boolean; requireMention: boolean; allowFrom?: readonly string[] }

export type TelegramAccount = {
  id: string
  isEnabled: boolean
  name?: string
  /** As it stands in the config, variables put in. */
  botToken?: string
  /** The variable that the token names is not set. */
  missing?: MissingVariable
  /** As written. */
  tokenFile?: string
  dmPolicy: DmPolicy
  allowFrom: readonly string[]
  owners: readonly string[]
  groupPolicy: GroupPolicy
  groupAllowFrom?: readonly string[]
  /** By id, `*` for any. */
  groups: ReadonlyMap<string, GroupRule>
}

/** Ids as people write them: numbers, texts, with the name of the channel in front. */
export function senderIds(list: readonly (string | number)[]): string[] {
  return list.map((entry) =>
    String(entry)
      .trim()
      .replace(/^(?:telegram|tg):/i, ''),
  )
}

/** Whether it can be the id of a person or a chat at Telegram. */
export function isSenderId(text: string): boolean {
  return /^-?\d{1,20}$/.test(text)
}

/** @param raw undefined where the config says nothing of it: then there is no account */
export function telegramAccounts(
  raw: RawTelegram | undefined,
  missing: readonly MissingVariable[] = [],
): TelegramAccount[] {
  if (raw === undefined) return []
  const named = Object.entries(raw.accounts ?? {})
  const own: [string, RawBot][] = named.length === 0 ? [[DEFAULT_ACCOUNT, {}]] : named
  const { accounts: _, botToken, tokenFile, name, enabled, ...common } = raw
  return own.map(([id, bot]) => {
    // The token above is one bot's, and two accounts with one token would take each other's messages.
    const above = id === DEFAULT_ACCOUNT ? { botToken, tokenFile, name } : {}
    const places = [`channels.telegram.accounts.${id}.botToken`]
    if (id === DEFAULT_ACCOUNT) places.push('channels.telegram.botToken')
    const unset = missing.find(({ path }) => places.includes(path))
    return accountOf(
      id,
      enabled !== false && bot.enabled !== false,
      { ...common, ...defined(above), ...defined(bot) },
      unset,
    )
  })
}

function accountOf(id: string, isEnabled: boolean, bot: RawBot, missing: MissingVariable | undefined): TelegramAccount {
  const { name, botToken, tokenFile } = bot
  return {
    id,
    isEnabled,
    ...defined({ name, botToken, tokenFile, missing }),
    dmPolicy: bot.dmPolicy ?? 'pairing',
    allowFrom: senderIds(bot.allowFrom ?? []),
    owners: senderIds(bot.owners ?? []),
    groupPolicy: bot.groupPolicy ?? 'allowlist',
    ...(bot.groupAllowFrom === undefined ? {} : { groupAllowFrom: senderIds(bot.groupAllowFrom) }),
    groups: new Map(
      Object.entries(bot.groups ?? {}).map(([group, rule]) => [
        group.trim(),
        {
          isEnabled: rule.enabled !== false,
          requireMention: rule.requireMention !== false,
          ...(rule.allowFrom === undefined ? {} : { allowFrom: senderIds(rule.allowFrom) }),
        },
      ]),
    ),
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Defined<T>
}
