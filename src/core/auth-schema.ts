// The section `auth` of openclaw.json.
import * as v from 'valibot'
import { CROSSINGS } from './fence.ts'
import { byName, key, must, section } from './schema-parts.ts'
import { LONGEST_WAIT_MS } from './wait.ts'

/** Ways to choose among the accounts of a provider. */
export const ROUTINGS = ['order', 'headroom'] as const
export type Routing = (typeof ROUTINGS)[number]

const Hours = v.pipe(v.number(), v.minValue(0.001, 'more than nothing'), v.maxValue(8760, 'a year at most'))
const Minutes = v.pipe(v.number(), v.minValue(1, 'a minute at least'), v.maxValue(525_600, 'a year at most'))

const Count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000))

const CooldownsSchema = section({
  billingBackoffHours: key(Hours, 'the first rest after trouble with money, in hours; doubled each time', {
    default: 5,
  }),
  billingBackoffHoursByProvider: key(byName(Hours), 'the same for one provider', { each: 'provider' }),
  billingMaxHours: key(Hours, 'the longest such rest, in hours', { default: 24 }),
  failureWindowHours: key(Hours, 'failures older than this are forgotten when the next one comes, in hours', {
    default: 24,
  }),
  authPermanentBackoffMinutes: key(
    Minutes,
    'the first rest of a credential that is refused for good, in minutes; doubled each time. Without it: 60, 360, 1440',
  ),
  authPermanentMaxMinutes: key(Minutes, 'the longest such rest, in minutes', { default: 1440 }),
})

/** The section `auth`. */
export const AuthSchema = section({
  profiles: key(
    byName(
      section({
        provider: must(v.string(), 'whose credential it is'),
        mode: key(v.string(), '`api_key`, `token` or `oauth`'),
        email: key(v.string(), 'whose account it is, for people'),
      }),
    ),
    'profiles that exist, without their secrets; the commands that store a credential write it',
    { each: 'id' },
  ),
  order: key(
    byName(v.array(v.string())),
    'ids of profiles in the sequence in which they are tried; profiles left out are not used',
    { each: 'provider' },
  ),
  routing: key(
    byName(v.picklist(ROUTINGS)),
    'which of several accounts goes first: `order` (as ordered, else in turns) or `headroom` (whoever has the most of its limits left)',
    { each: 'provider', default: 'order' },
  ),
  concurrency: key(
    byName(Count),
    'how many calls at once one account gets from this gateway at most; what stands for a profile goes before what stands for its provider',
    { each: 'provider or id' },
  ),
  cooldowns: key(CooldownsSchema, 'how long profiles rest that have failed'),
  reserve: key(
    section({
      slots: key(Count, 'so many of the calls that an account may have at once (`auth.concurrency`)'),
      percent: key(
        v.pipe(v.number(), v.minValue(1), v.maxValue(100)),
        'the last percent of each of its limits, as far as its vendor tells of them',
      ),
    }),
    'what is kept of every account for people who talk; calls of programs and jobs are passed on, or refused',
  ),
  wait: key(
    section({
      maxMs: key(
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LONGEST_WAIT_MS, 'five minutes at most')),
        'how long a call is held when everything rests and the first account is back by then, in ms; 0 refuses it at once',
        { default: 0 },
      ),
    }),
    'calls that wait for an account to be back, instead of being refused',
  ),
  spend: key(
    section({
      fromFlatRateToMetered: key(
        v.picklist(CROSSINGS),
        'what happens when no subscription can serve a call and a key could that is billed by use: `never` (the call is refused), `ask` (it is refused until a person allows it) or `allow` (it goes on, and says so)',
        { default: 'allow' },
      ),
      capUsdPerDay: key(
        v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000, 'a million at most')),
        'the most that calls billed by use may cost in a day (UTC), of all agents together, in US dollars; without it there is no limit',
      ),
    }),
    'money: what may be spent where a subscription does not pay',
  ),
  shareBeyondLoopback: key(
    v.array(v.string()),
    'ids of subscription profiles that callers from other machines may use, too',
  ),
})
