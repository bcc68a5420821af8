// The fault menu: rules, matched in order, that turn an honest vendor into a cruel one.
import { isObject, type JsonObject } from './json.ts'
import { type Refusal, VENDOR_NAMES, type Vendor, type VendorName } from './vendor.ts'

export type FaultPreset = (typeof PRESETS)[number]

/** Which requests: all conditions hold; an absent one always does. */
export type FaultMatch = {
  vendor?: VendorName
  /** Name of the account whose key was presented. */
  account?: string
  /** How the path ends, query aside: `/messages`. */
  path?: string
  model?: string
}

export type FaultRule = FaultMatch & {
  /** How many requests it meets; absent is endless. */
  times?: number
  /** A vendor's own refusal; the fields below change parts of it. */
  preset?: FaultPreset
  status?: number
  /** Absent: what the vendor says for that status. */
  body?: JsonObject | string
  /** Set on the answer; null takes a header away. */
  headers?: Readonly<Record<string, string | null>>
  /** Wait before anything else. */
  delayMs?: number
  /** Take the request and never answer. */
  hang?: true
  /** RST before any byte of an answer. */
  reset?: true
  /** Destroy the connection after so many bytes of the body. */
  cutAfterBytes?: number
  /** Destroy the connection after so many events of a stream. */
  cutAfterEvents?: number
  /** Send nothing more after so many events, and keep the connection. */
  stallAfterEvents?: number
  /** End the stream with an error event after so many events; `body` is its data. */
  errorEventAfterEvents?: number
  /** Answer 307 with this location. */
  redirect?: string
  /** Bytes after the end of the answer, as an attacker of response queues would send them. */
  extraBytesAfterResponse?: string
}

export type FaultState = { rule: FaultRule; met: number }

export const PRESETS = [
  'rate-limited',
  'invalid-key',
  'billing-402',
  'credit-400',
  'claude-code-only',
  'overloaded-529',
  'server-500',
  'forbidden-403',
  'insufficient-quota',
] as const

const invalid = (message: string, code?: string): Refusal => ({
  status: 400,
  type: 'invalid_request_error',
  message,
  ...(code === undefined ? {} : { code }),
})
const spent = (type: string, code: string): Refusal => ({
  status: 429,
  type,
  code,
  message: 'Sandbox: the money set aside for this month is spent.',
})

/** What a preset is: a status whose usual answer does, or a refusal of its own per dialect. */
const MENU: Record<FaultPreset, number | Record<'anthropic' | 'openai', Refusal>> = {
  'rate-limited': 429,
  'invalid-key': 401,
  'billing-402': 402,
  'overloaded-529': 529,
  'server-500': 500,
  'forbidden-403': 403,
  'credit-400': {
    anthropic: invalid('Your credit balance is too low to access the Anthropic API (sandbox).'),
    openai: { ...invalid('Billing hard limit has been reached (sandbox).', 'billing_hard_limit_reached') },
  },
  'claude-code-only': {
    anthropic: invalid('Sandbox: this credential is only authorized for use with Claude Code.'),
    openai: invalid('Sandbox: this credential is only authorized for use with Codex.'),
  },
  'insufficient-quota': {
    anthropic: spent('rate_limit_error', 'enforced_spend_limit_reached'),
    openai: spent('insufficient_quota', 'insufficient_quota'),
  },
}

/** The refusal a preset stands for at one vendor. */
export function presetRefusal(preset: FaultPreset, vendor: Pick<Vendor, 'name' | 'refusalFor' | 'presets'>): Refusal {
  const own = vendor.presets?.[preset]
  if (own !== undefined) return own
  const entry = MENU[preset]
  return typeof entry === 'number'
    ? vendor.refusalFor(entry)
    : entry[vendor.name === 'anthropic' ? 'anthropic' : 'openai']
}

type Check = (value: unknown) => boolean
const isText: Check = (value) => typeof value === 'string'
const isTrue: Check = (value) => value === true
const isNatural: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isStatus: Check = (value) => isNatural(value) && Number(value) >= 200 && Number(value) <= 599
const isHeaders: Check = (value) =>
  isObject(value) && Object.values(value).every((entry) => entry === null || typeof entry === 'string')

const FIELDS: Record<keyof FaultRule, [Check, string]> = {
  vendor: [(value) => VENDOR_NAMES.some((name) => name === value), `one of ${VENDOR_NAMES.join(', ')}`],
  account: [isText, 'a name'],
  path: [isText, 'the end of a path'],
  model: [isText, 'a name'],
  times: [isNatural, 'a number from 0'],
  preset: [(value) => PRESETS.some((name) => name === value), `one of ${PRESETS.join(', ')}`],
  status: [isStatus, 'a number from 200 to 599'],
  body: [(value) => isText(value) || isObject(value), 'an object or a text'],
  headers: [isHeaders, 'an object of texts and nulls'],
  delayMs: [isNatural, 'a number from 0'],
  hang: [isTrue, 'true'],
  reset: [isTrue, 'true'],
  cutAfterBytes: [isNatural, 'a number from 0'],
  cutAfterEvents: [isNatural, 'a number from 0'],
  stallAfterEvents: [isNatural, 'a number from 0'],
  errorEventAfterEvents: [isNatural, 'a number from 0'],
  redirect: [isText, 'an address'],
  extraBytesAfterResponse: [isText, 'a text'],
}

/**
 * Reads rules that came as JSON.
 * @throws TypeError naming the rule and the field that is wrong
 */
export function readRules(value: unknown): FaultRule[] {
  if (!Array.isArray(value)) throw new TypeError('sandbox: fault rules are a list')
  return value.map((rule: unknown, index) => {
    if (!isObject(rule)) throw new TypeError(`sandbox: rules[${index}] is not an object`)
    for (const [name, entry] of Object.entries(rule)) {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof FaultRule] : undefined
      if (field === undefined) throw new TypeError(`sandbox: rules[${index}].${name} is not on the fault menu`)
      if (!field[0](entry)) throw new TypeError(`sandbox: rules[${index}].${name} must be ${field[1]}`)
    }
    return rule as FaultRule
  })
}

export type Faults = {
  set(rules: readonly FaultRule[]): void
  /** Whether there is any rule at all. */
  any(): boolean
  /** The first rule that fits and is not used up; counts it. */
  take(request: { vendor: VendorName; account?: string; path: string; model?: string }): FaultRule | undefined
  states(): FaultState[]
}

/** Keeps the rules in force. */
export function createFaults(): Faults {
  let list: FaultState[] = []
  return {
    set(rules) {
      list = readRules(rules).map((rule) => ({ rule, met: 0 }))
    },
    any: () => list.length > 0,
    take(request) {
      const found = list.find(
        ({ rule, met }) =>
          met < (rule.times ?? Number.POSITIVE_INFINITY) &&
          (rule.vendor === undefined || rule.vendor === request.vendor) &&
          (rule.account === undefined || rule.account === request.account) &&
          (rule.path === undefined || request.path.endsWith(rule.path)) &&
          (rule.model === undefined || rule.model === request.model),
      )
      if (found === undefined) return undefined
      found.met++
      return found.rule
    },
    states: () => list.map((state) => ({ ...state })),
  }
}
