// Parameters of WebSocket methods, read one by one; what is missing or of another kind is said by name, never by value.
import { AuthError } from '../core/errors.ts'
import { LAST_INSTANT } from '../core/expiry.ts'
import type { Spot } from '../core/route.ts'

export type Params = Readonly<Record<string, unknown>>

const MAX_NAME = 256
const MAX_TEXT = 256 * 1024

/** @throws AuthError usage, when the parameter is there and no text */
export function optionalText(params: Params, name: string, max = MAX_TEXT): string | undefined {
  const value = params[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.length > max) throw wrong(name, `a text of at most ${max} characters`)
  return value
}

/** @throws AuthError usage, when the parameter is there and none of these */
export function optionalOf<T extends string>(params: Params, name: string, all: readonly T[]): T | undefined {
  const value = optionalText(params, name)
  const known = all.find((one) => one === value)
  if (value !== undefined && known === undefined) throw wrong(name, `one of ${all.join(', ')}`)
  return known
}

/** @throws AuthError usage, when the parameter is missing, empty or no text */
export function text(params: Params, name: string, max = MAX_TEXT): string {
  const value = optionalText(params, name, max)
  if (value === undefined || value.trim() === '') throw wrong(name, 'a text')
  return value
}

/** @throws AuthError usage, when the parameter is there and no list of so many texts */
export function optionalTexts(params: Params, name: string, most: number, max: number): string[] | undefined {
  const value = params[name]
  if (value === undefined || value === null) return undefined
  const isText = (one: unknown): one is string => typeof one === 'string' && one.length <= max
  if (!Array.isArray(value) || value.length > most || !value.every(isText))
    throw wrong(name, `a list of at most ${most} texts of at most ${max} characters`)
  return value
}

/** @returns undefined when it is not named, null when it is to be reset @throws AuthError usage */
export function resettable(params: Params, name: string): string | null | undefined {
  return params[name] === null ? null : optionalText(params, name, 400)
}

/** @throws AuthError usage */
export function count(params: Params, name: string, most: number): number {
  const value = params[name]
  if (value === undefined) return most
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw wrong(name, 'a number')
  return Math.min(value, most)
}

/** A moment in ms epoch. @param after the least that is taken @throws AuthError usage, when the parameter is there and no such moment */
export function optionalMoment(params: Params, name: string, after: number): number | undefined {
  const value = params[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < after || value > LAST_INSTANT) {
    throw wrong(name, `a moment in ms after ${new Date(after).toISOString()}`)
  }
  return value
}

/** @throws AuthError usage, when the parameter is missing or no such moment */
export function moment(params: Params, name: string, after: number): number {
  const value = optionalMoment(params, name, after)
  if (value === undefined) throw wrong(name, 'a moment in ms')
  return value
}

/** The chat a message came from, when it names its channel. @throws AuthError usage */
export function spot(params: Params): Spot | undefined {
  const channel = optionalText(params, 'channel', MAX_NAME)
  if (channel === undefined) return undefined
  const named = {
    channel,
    ...namedIn(params, 'accountId'),
    ...namedIn(params, 'guildId'),
    ...namedIn(params, 'teamId'),
  }
  const { peer } = params
  if (peer === undefined || peer === null) return named
  if (typeof peer !== 'object') throw wrong('peer', 'an object with kind and id')
  const { kind, id } = peer as Params
  return {
    ...named,
    peer: {
      kind: text({ 'peer.kind': kind }, 'peer.kind', MAX_NAME),
      id: text({ 'peer.id': id }, 'peer.id', MAX_NAME),
    },
  }
}

function namedIn<Name extends string>(params: Params, name: Name): Partial<Record<Name, string>> {
  const value = optionalText(params, name, MAX_NAME)
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>)
}

function wrong(name: string, expected: string): AuthError {
  return new AuthError('usage', `The parameter "${name}" must be ${expected}.`, {
    remedy: 'openclaw gateway call --help',
  })
}
