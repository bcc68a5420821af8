// A named credential of one provider, kept by one agent. Its id is `provider:name` and stays opaque after that.
import type { Credential } from './credential.ts'
import type { Pause } from './pause.ts'

export type Profile = {
  id: string
  provider: string
  credential: Credential
  /** The scheme, host and port the credential was pasted for; it is sent nowhere else. Absent in files of the reference. */
  origin?: string
  /** A person set it aside, perhaps until a moment that has come since. */
  paused?: Pause
}

const NAME = /^[^\s\p{C}:/\\"'`$<>|;&]{1,128}$/u
const AGENT = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** The id of a profile. */
export function profileId(provider: string, name: string): string {
  return `${provider}:${name}`
}

/**
 * Why this text cannot be a profile id of the provider, or undefined when it can.
 * @param id what a person typed
 * @param provider normalised provider id
 */
export function complaintAboutProfileId(id: string, provider: string): string | undefined {
  const at = id.indexOf(':')
  if (at < 0) return `a profile id has the form ${provider}:name`
  if (id.slice(0, at) !== provider) return `profile "${printable(id)}" is not named after ${provider}`
  if (!NAME.test(id.slice(at + 1))) return 'the name after the colon may hold letters, digits and . _ - @ +, up to 128'
  return undefined
}

/** Whether the text is an agent id: lower-case letters, digits, - and _, at most 64. */
export function isAgentId(text: string): boolean {
  return AGENT.test(text)
}

const PLAIN = /^[\x20-\x7e]*$/

/** A foreign string made safe for one line of output: control characters out, at most `max` characters. */
export function printable(text: string, max = 120): string {
  // Nearly all of them are plain, and looking for all that is not takes eighteen times as long as seeing that there is none.
  const clean = PLAIN.test(text) ? text : text.replace(/[\p{C}]/gu, '?')
  return clean.length > max ? `${clean.slice(0, max)}…` : clean
}
