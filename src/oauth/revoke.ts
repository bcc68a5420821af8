// Taking tokens back (RFC 7009). Best effort: the credential is gone from here before, whatever the server says.
import { type AskOptions, type Endpoint, type Machine, post } from './endpoint.ts'

const TIMEOUT_MS = 10_000

/**
 * @param fields `token`, `token_type_hint`, and `client_id` where the server wants it
 * @returns whether the server said that it is done
 */
export async function revoke(
  machine: Machine,
  endpoint: Endpoint,
  fields: { token: string; token_type_hint: 'refresh_token' | 'access_token'; client_id?: string },
  options: AskOptions = {},
): Promise<boolean> {
  const reply = await post(machine, endpoint, fields, { timeoutMs: TIMEOUT_MS, ...options })
  return reply.kind === 'answered' && reply.status === 200
}
