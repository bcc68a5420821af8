// What the system, its resolver and TLS say of a connection that failed, as kinds: no text of theirs goes further.
import { ForbiddenDestination } from './destination.ts'
import { codeOf } from './files.ts'
import type { TransportFailure } from './send.ts'

const KINDS: Readonly<Record<string, TransportFailure['kind']>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  // Of this machine: nobody was reached, so nobody has cut anything.
  EMFILE: 'unreachable',
  ENFILE: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ETIMEDOUT: 'timeout',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  EPROTO: 'tls',
}

/** @param error of a socket, or of whoever looked its name up */
export function kindOf(error: Error): TransportFailure['kind'] {
  if (error instanceof ForbiddenDestination) return 'forbidden'
  const code = codeOf(error)
  const known = KINDS[code]
  if (known !== undefined) return known
  if (code.startsWith('EAI_')) return 'unreachable'
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.includes('CERT')) return 'tls'
  return 'reset'
}
