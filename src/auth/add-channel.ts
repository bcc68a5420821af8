// Adds a bot, or gives one another token: the token goes to a file of its own, 0600, then the config names it.
import { relative, sep } from 'node:path'
import { DEFAULT_ACCOUNT } from '../core/binding.ts'
import type { DmPolicy } from '../core/channel-schema.ts'
import { isSenderId, senderIds } from '../core/channel-settings.ts'
import { AuthError } from '../core/errors.ts'
import { unwrapPaste } from '../core/paste.ts'
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { childObject, isObject, type JsonObject } from '../store/document.ts'
import { isWithin } from '../system/files.ts'
import type { Auth } from './auth.ts'
import { addCommand, isBotToken, variableOf } from './channel-token.ts'

/** Where the token comes from: pasted, a variable, or a file that somebody else keeps. */
export type GivenToken =
  | { kind: 'pasted'; text: string }
  | { kind: 'variable'; name: string }
  | { kind: 'file'; path: string }

export type ChannelInput = {
  channel: string
  accountId: string
  token: GivenToken
  name?: string
  dmPolicy?: DmPolicy
  /** Ids that are let in. */
  allow?: readonly string[]
  owners?: readonly string[]
}

export type AddedChannel = {
  channel: string
  accountId: string
  /** The account was there before. */
  replaced: boolean
  /** Where the token lies. */
  where: string
  config: string
}

/** The channels that can be added. */
export const CHANNELS = ['telegram'] as const

/**
 * The token as it was given, whole and of the right shape. Writes nothing.
 * @throws AuthError bad_secret, not_set
 */
export async function givenToken({ home }: Auth, accountId: string, token: GivenToken): Promise<Secret> {
  const remedy = addCommand(accountId)
  const bad = (why: string): AuthError =>
    new AuthError('bad_secret', `No token of a bot: ${why}. Nothing was stored.`, { remedy })
  let text: string
  if (token.kind === 'pasted') text = token.text
  else if (token.kind === 'variable') {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(token.name)) {
      throw bad(`"${printable(token.name, 60)}" is no name of a variable (capitals, digits and underscores)`)
    }
    const found = variableOf(home, token.name)
    if (found === undefined) {
      throw new AuthError(
        'not_set',
        `${token.name} is not set, neither here nor in ${home.layout.dotenv}. Nothing was stored.`,
        { remedy },
      )
    }
    text = found.text
  } else {
    const stored = await home.system.files.read(home.layout.expand(token.path), MOST_BYTES)
    if (stored === undefined) throw bad(`there is no file ${printable(token.path, 200)}`)
    text = stored.text
  }
  const unwrapped = unwrapPaste(text)
  if ('complaint' in unwrapped) throw bad(unwrapped.complaint)
  const secret = new Secret(unwrapped.secret)
  home.system.log.hide(secret)
  if (!isBotToken(unwrapped.secret)) {
    throw bad('BotFather gives one as digits, a colon and some 35 letters and digits')
  }
  return secret
}

const MOST_BYTES = 4096

/** @throws AuthError usage, for a channel that is not there, an account without a good name, or a sender without an id */
export function checkedChannel(input: Omit<ChannelInput, 'token'>): void {
  const { channel, accountId, allow = [], owners = [] } = input
  checkedName(channel)
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(accountId)) {
    throw new AuthError('usage', `"${printable(accountId, 60)}" is no name of an account: letters, digits, - and _.`, {
      remedy: 'openclaw channels add --help',
    })
  }
  const wrong = senderIds([...allow, ...owners]).find((id) => !isSenderId(id))
  if (wrong === undefined) return
  throw new AuthError(
    'usage',
    `"${printable(wrong, 60)}" is no id of a person: names change hands, so only numbers are taken. Whoever writes to the bot gets a code instead.`,
    { remedy: 'openclaw channels pair' },
  )
}

/** @throws AuthError usage */
export function checkedName(channel: string): void {
  if (CHANNELS.some((known) => known === channel)) return
  throw new AuthError('usage', `There is no channel "${printable(channel, 60)}"; there is ${CHANNELS.join(', ')}.`, {
    remedy: 'openclaw channels add telegram',
  })
}

/** @param secret from `givenToken` @throws AuthError invalid_config, unreadable_config, write_failed */
export async function addChannel({ home }: Auth, input: ChannelInput, secret: Secret): Promise<AddedChannel> {
  checkedChannel(input)
  const { accountId, channel, token } = input
  const { layout, backend } = home
  const path = layout.channelToken(channel, accountId)
  if (token.kind === 'pasted') await backend.change(path, () => `${secret.reveal()}\n`)
  const place: JsonObject =
    token.kind === 'variable'
      ? { botToken: `\${${token.name}}` }
      : { tokenFile: token.kind === 'file' ? layout.expand(token.path) : withinState(path, layout.stateDir) }
  let replaced = false
  await home.configStore.change((draft) => {
    const entry = entryOf(draft, channel, accountId)
    replaced = entry.isThere
    const bot = entry.make()
    delete bot.botToken
    delete bot.tokenFile
    Object.assign(bot, place)
    if (input.name !== undefined) bot.name = input.name
    if (input.dmPolicy !== undefined) bot.dmPolicy = input.dmPolicy
    addIds(bot, 'allowFrom', [...(input.allow ?? []), ...(input.owners ?? [])], entry.above)
    addIds(bot, 'owners', input.owners ?? [], entry.above)
  })
  await home.reload()
  const where =
    token.kind === 'variable' ? `the variable ${token.name}` : token.kind === 'file' ? layout.expand(token.path) : path
  return { channel, accountId, replaced, where, config: layout.config }
}

function withinState(path: string, stateDir: string): string {
  return isWithin(path, stateDir) ? relative(stateDir, path).split(sep).join('/') : path
}

/** @param above a list of the bot's own replaces the one there: whoever was let in by that one stays let in */
function addIds(bot: JsonObject, key: 'allowFrom' | 'owners', ids: readonly string[], above: JsonObject): void {
  if (ids.length === 0) return
  const inForce = bot[key] ?? above[key]
  const before: unknown[] = Array.isArray(inForce) ? inForce : []
  const known = new Set(senderIds(before.map(String)))
  bot[key] = [...before, ...senderIds(ids).filter((id) => !known.has(id))]
}

/** The default account lies at the top, until there are several by name. */
function entryOf(
  draft: JsonObject,
  channel: string,
  accountId: string,
): { isThere: boolean; above: JsonObject; make(): JsonObject } {
  const channels = isObject(draft.channels) ? draft.channels : {}
  const top = isObject(channels[channel]) ? channels[channel] : undefined
  const accounts = isObject(top?.accounts) ? top.accounts : undefined
  const named = accounts !== undefined && Object.keys(accounts).length > 0
  const isTop = accountId === DEFAULT_ACCOUNT && !named
  return {
    isThere: isTop ? top !== undefined : accounts !== undefined && Object.hasOwn(accounts, accountId),
    above: top ?? {},
    make: () => {
      const section = childObject(childObject(draft, 'channels'), channel)
      if (isTop) return section
      const list = childObject(section, 'accounts')
      // Where the one at the top was all there was, it stays one of them; its token may lie in a variable that only the gateway has.
      if (!named && top !== undefined) childObject(list, DEFAULT_ACCOUNT)
      return childObject(list, accountId)
    },
  }
}
