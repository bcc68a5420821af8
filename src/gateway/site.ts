// By which name a request calls this gateway, and from which page it comes: names of others and pages of others are refused (V2, V24, V32, V33).
import type { Head, Refusal } from './guard.ts'

/** Names by which this gateway may be called. */
export type Names = {
  /** Exact names, lower case, without port. */
  hosts: ReadonlySet<string>
  /** Of these, the ones a person wrote down: they may be served over https by something in front. */
  configured: ReadonlySet<string>
  /** The gateway listens beyond loopback, where people call it by its address; an address cannot be rebound. */
  anyAddress: boolean
}

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::(\d{1,5}))?$/
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$|^\[[0-9a-f:.]+\]$/
const LOOPBACK_ADDRESS = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/
/** Of an address that names none. */
const HTTP_PORT = '80'

/** Whether it is called by a name of ours. */
export function judgeHost(head: Head, names: Names): Refusal | undefined {
  const name = HOST.exec(head.host)?.[1]
  if (name === undefined) return refuse(400, 'bad_request', 'A request needs one Host header, a name or an address.')
  if (names.hosts.has(name) || LOOPBACK_ADDRESS.test(name) || (names.anyAddress && ADDRESS.test(name))) return undefined
  return {
    status: 421,
    code: 'unknown_host',
    message:
      'This gateway does not answer to the name in the Host header; gateway.allowedHosts in openclaw.json adds names.',
  }
}

/** A browser says where a request comes from; only our own page may ask, and no other page may open a socket (V2, V32). */
export function judgeSite(head: Head, names: Names): Refusal | undefined {
  const { origin, fetchSite } = head
  if (origin !== undefined && !isOwnOrigin(origin, head.host, names)) {
    return refuse(403, 'foreign_origin', 'Pages of other origins may not use this gateway.')
  }
  const safe = head.method === 'GET' || head.method === 'HEAD'
  if (!safe && fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') {
    return refuse(403, 'foreign_origin', 'Pages of other sites may not use this gateway.')
  }
  return undefined
}

function isOwnOrigin(origin: string, host: string, names: Names): boolean {
  if (origin === `http://${host}`) return true
  return origin === `https://${host}` && names.configured.has(HOST.exec(host)?.[1] ?? '')
}

/**
 * Whether the request was not brought about by a page of another origin of this host, such as another port of it, which gets our cookie, too. A
 * browser that says nothing (an older one, or plain http from another machine) lets such a page send it and not read the answer.
 */
export function isOwnVisit({ fetchSite }: Pick<Head, 'fetchSite'>): boolean {
  return fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none'
}

/** The port that the browser asks at, which a tunnel may have moved. @param host as the client wrote it */
export function portIn(host: string): string {
  return HOST.exec(host)?.[2] ?? HTTP_PORT
}

function refuse(status: number, code: string, message: string): Refusal {
  return { status, code, message }
}
