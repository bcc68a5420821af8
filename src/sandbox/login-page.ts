// The page on which a person at a played vendor agrees, or not.
import { type Call, head } from './call.ts'
import type { Reply } from './delivery.ts'
import type { Logins } from './logins.ts'

/** One link per person who can log in, and one to say no: a click is the same request with `as`. */
export function choices(call: Call, logins: Logins): [href: string, text: string][] {
  const here = `${call.vendor.prefix}${call.path}?${call.query}`
  const people = logins.people.map(({ name }): [string, string] => [`${here}&as=${name}`, `Continue as ${name}`])
  return [...people, [`${here}&as=nobody`, 'Cancel']]
}

/** A small page with links. */
export function page(call: Call, status: number, title: string, links: readonly [href: string, text: string][]): Reply {
  const quoted = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const list = links.map(([href, text]) => `<p><a href="${quoted(href)}">${quoted(text)}</a></p>`).join('')
  return {
    status,
    headers: [...head(call), 'content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store'],
    body: `<!doctype html><meta charset="utf-8"><title>Sandbox</title><h1>${quoted(title)}</h1>${list}`,
  }
}
