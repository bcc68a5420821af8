// What somebody without a good token is told: the same for none and for a wrong one.
import type { Denied } from './gate.ts'
import type { Refusal } from './guard.ts'

const UNAUTHORIZED: Refusal = {
  status: 401,
  code: 'unauthorized',
  message: "This needs the gateway's token, as `Authorization: Bearer` or `x-api-key`.",
  remedy: 'openclaw gateway token show',
}

/** The cookie alone is no proof: it goes along with requests of every page of this host, whatever its port. */
const FORGED: Refusal = {
  status: 403,
  code: 'forged',
  message:
    'A change by the page shows the anti-forgery token of its document; this request does not. Load the page anew.',
}

/** The refusal for a caller who was not let in. */
export function deniedRefusal(denied: Denied): Refusal {
  if (denied.isForged === true) return FORGED
  if (denied.retryAfterMs === undefined) return UNAUTHORIZED
  return {
    status: 429,
    code: 'too_many_wrong_tokens',
    message: 'Too many wrong tokens were shown; for a while nothing is checked.',
    retryAfterMs: denied.retryAfterMs,
  }
}
