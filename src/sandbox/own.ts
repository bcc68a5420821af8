// Whose is what at a played vendor: each account has a tag, which stands in the ids of all that is made for it, so that nobody need remember anything.
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { asText, type JsonObject } from './json.ts'

/** What an account is known by. A login keeps it when its token is renewed. */
function nameOf(headers: IncomingHttpHeaders): string {
  const login = headers['chatgpt-account-id'] ?? headers.authorization
  return String(headers['x-goog-api-key'] ?? headers['x-api-key'] ?? login ?? '')
}

/** The mark of the vendor on what the model thought, for the one account that asks, or its organisation. */
export function sealFor(headers: IncomingHttpHeaders): string {
  return Buffer.from(`sandbox ${digestOf(organizationOf(nameOf(headers)), 24)}`).toString('base64')
}

/** Whose a key is: keys with the same word behind `-org_` are of one organisation, every other is one of its own. */
export function organizationOf(key: string): string {
  const [, shared = ''] = key.split('-org_')
  return shared === '' ? digestOf(key, 12) : (shared.split('-')[0] ?? shared)
}

/** A signature of Anthropic's models; any account may bring it back. */
export const SIGNATURE = sealFor({})

/** Whether Anthropic has signed that, for whichever account: the thoughts of another one are not shown to the model, and that is all. */
export function isSignature(value: unknown): boolean {
  return /^sandbox [\da-f]{24}$/.test(Buffer.from(asText(value) ?? '', 'base64').toString())
}

/** The tag of the account that asks. */
export function tagOf(headers: IncomingHttpHeaders): string {
  return digestOf(nameOf(headers), 12)
}

/** The tag of the account with an OpenAI key. */
export function tagOfBearer(key: string): string {
  return tagOf({ authorization: `Bearer ${key}` })
}

/** The tag of the account with an Anthropic key. */
export function tagOfKey(key: string): string {
  return tagOf({ 'x-api-key': key })
}

function digestOf(name: string, digits: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, digits)
}

/** What stands in an id in the place of the tag, of an answer that the account did not have kept. */
export const UNKEPT = 'unkept'

/** Whether something lies at the vendor under this id for the account. */
export function isOwn(id: unknown, tag: string): boolean {
  const text = asText(id) ?? ''
  return text.includes(tag) && !text.includes(UNKEPT)
}

/** The container that a request names, or asks for by a tool that runs in one. */
export function containerOf({ container, tools }: JsonObject, tag: string, number: string): string | undefined {
  const named = asText(container)
  if (named !== undefined) return named
  const runs =
    Array.isArray(tools) && tools.some((tool) => String((tool as JsonObject).type).startsWith('code_execution'))
  return runs ? `container_${tag}${number}` : undefined
}
