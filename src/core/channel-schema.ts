// The section 'channels' of openclaw.json: chat services that the gateway itself takes part in, and the accounts it has there.
import * as v from 'valibot'
import { byName, isNoList, key, must, section } from './schema-parts.ts'

export const DM_POLICIES = ['pairing', 'allowlist', 'open', 'disabled'] as const
export const GROUP_POLICIES = ['allowlist', 'open', 'disabled'] as const
export const DM_SCOPES = ['main', 'per-peer', 'per-channel-peer', 'per-account-channel-peer'] as const

const Senders = v.array(v.union([v.string(), v.number()]))

const BOT = {
  enabled: key(v.boolean(), 'whether the gateway answers there', { default: true }),
  name: key(v.string(), 'its name for people'),
  botToken: key(v.string(), 'the token of the bot, best as a `${VARIABLE}`; goes before `tokenFile`', { secret: true }),
  tokenFile: key(v.string(), 'a file that holds the token; a relative one starts at the state directory'),
  dmPolicy: key(
    v.picklist(DM_POLICIES),
    'who is answered in private: `pairing` (those who are listed or were let in by their code), `allowlist` (the same, and nobody is given a code), `open` (anybody, at your cost) or `disabled`',
    { default: 'pairing' },
  ),
  allowFrom: key(Senders, 'who is answered, by numeric id; names change hands and are not taken'),
  owners: key(
    Senders,
    'of them: you yourself, by numeric id; only what you say may be served by a subscription of yours',
  ),
  groupPolicy: key(
    v.picklist(GROUP_POLICIES),
    'who is answered in groups: `allowlist` (those who are listed), `open` (anybody in the groups named below) or `disabled`',
    { default: 'allowlist' },
  ),
  groupAllowFrom: key(Senders, 'who is answered in groups, when that is not who is answered in private'),
  groups: key(
    byName(
      section({
        enabled: key(v.boolean(), 'whether anybody is answered there', { default: true }),
        requireMention: key(v.boolean(), 'whether only what names the bot, or replies to it, is meant for it', {
          default: true,
        }),
        allowFrom: key(Senders, 'who is answered in this group, instead of `groupAllowFrom`'),
      }),
    ),
    'groups in which it answers, by id, `*` for any; without one, any in which somebody listed speaks to it',
    { each: 'id' },
  ),
}

const TelegramSchema = section({
  ...BOT,
  accounts: key(
    byName(section(BOT)),
    'several bots, by a name of yours; what one does not say is taken from above, but for the token, which is that of `default`',
    { each: 'account' },
  ),
})

export const ChannelsSchema = v.pipe(
  v.unknown(),
  isNoList,
  v.objectWithRest(
    { telegram: key(TelegramSchema, 'bots at Telegram') },
    must(v.unknown(), 'another channel and its accounts; only named here'),
  ),
)

export const SessionSchema = section({
  dmScope: key(
    v.picklist(DM_SCOPES),
    'which conversation a private chat belongs to: the one of the agent that every face shares (`main`), or one for each person',
    { default: 'main' },
  ),
})

export type RawBot = v.InferOutput<v.LooseObjectSchema<typeof BOT, undefined>>
export type RawTelegram = v.InferOutput<typeof TelegramSchema>
export type DmScope = (typeof DM_SCOPES)[number]
export type DmPolicy = (typeof DM_POLICIES)[number]
export type GroupPolicy = (typeof GROUP_POLICIES)[number]
