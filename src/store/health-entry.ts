// One entry of usageStats in auth.json, read and written: the reference's fields, ours beside them, and what neither knows kept as it is.
import { LAST_INSTANT } from '../core/expiry.ts'
import type { Health } from '../core/health.ts'
import { bounded } from '../core/health-event.ts'
import { isObject, type JsonObject } from './document.ts'

const NUMBERS = ['lastUsed', 'cooldownUntil', 'disabledUntil', 'lastFailureAt', 'lastProbeAt'] as const

/** What the entry of a profile says, and what it says of single models. */
export function readHealth(entry: JsonObject): Health {
  const own = readState(entry)
  const parts = Object.entries(isObject(entry.models) ? entry.models : {}).flatMap(([model, part]) =>
    isObject(part) ? [[model, readState(part)] as const] : [],
  )
  const { cooldownModel } = entry
  if (typeof cooldownModel !== 'string' || own.cooldownUntil === undefined) return withModels(own, parts)
  // The reference's way to say that a cooldown is one model's.
  const { cooldownUntil, reason, ...profile } = own
  const { disabledUntil: _, disabledReason: __, ...model } = own
  return withModels({ ...profile, errorCount: 0, failureCounts: {} }, [...parts, [cooldownModel, model]])
}

function withModels(own: Health, parts: readonly (readonly [string, Health])[]): Health {
  return parts.length === 0 ? own : { ...own, models: bounded(Object.fromEntries(parts)) }
}

function readState(entry: JsonObject): Health {
  const at = (key: (typeof NUMBERS)[number]): number | undefined => {
    const value = entry[key]
    return typeof value === 'number' && value > 0 && value <= LAST_INSTANT ? value : undefined
  }
  const counts: Record<string, number> = {}
  for (const [name, count] of Object.entries(isObject(entry.failureCounts) ? entry.failureCounts : {})) {
    if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0) counts[name] = count
  }
  const lastUsedAt = at('lastUsed')
  const cooldownUntil = at('cooldownUntil')
  const disabledUntil = at('disabledUntil')
  const lastFailureAt = at('lastFailureAt')
  const lastProbeAt = at('lastProbeAt')
  return {
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    errorCount: Number.isSafeInteger(entry.errorCount) ? Math.max(0, Number(entry.errorCount)) : 0,
    failureCounts: counts,
    ...(cooldownUntil === undefined ? {} : { cooldownUntil }),
    ...(disabledUntil === undefined ? {} : { disabledUntil }),
    ...(lastFailureAt === undefined ? {} : { lastFailureAt }),
    ...(lastProbeAt === undefined ? {} : { lastProbeAt }),
    ...(typeof entry.disabledReason === 'string' ? { disabledReason: entry.disabledReason } : {}),
    ...(typeof entry.cooldownReason === 'string' ? { reason: entry.cooldownReason } : {}),
  }
}

const OURS = new Set([
  ...NUMBERS,
  'errorCount',
  'failureCounts',
  'disabledReason',
  'cooldownReason',
  'cooldownModel',
  'models',
] as string[])

/** @param before the entry as it stands; what we do not understand of it stays */
export function writeHealth(health: Health, before: JsonObject): JsonObject {
  const entry = writeState(health, before)
  if (health.models === undefined) return entry
  const parts = isObject(before.models) ? before.models : {}
  const written = Object.entries(health.models).map(([model, part]) => {
    const known = Object.hasOwn(parts, model) ? parts[model] : undefined
    return [model, writeState(part, isObject(known) ? known : {})]
  })
  return { ...entry, models: Object.fromEntries(written) }
}

function writeState(health: Health, before: JsonObject): JsonObject {
  const entry: JsonObject = Object.fromEntries(Object.entries(before).filter(([key]) => !OURS.has(key)))
  const put = (key: string, value: unknown): void => {
    if (value !== undefined) entry[key] = typeof value === 'number' ? Math.round(value) : value
  }
  put('lastUsed', health.lastUsedAt)
  put('errorCount', health.errorCount)
  if (Object.keys(health.failureCounts).length > 0) entry.failureCounts = health.failureCounts
  put('lastFailureAt', health.lastFailureAt)
  put('cooldownUntil', health.cooldownUntil)
  put('cooldownReason', health.reason)
  put('disabledUntil', health.disabledUntil)
  put('disabledReason', health.disabledReason)
  put('lastProbeAt', health.lastProbeAt)
  return entry
}
