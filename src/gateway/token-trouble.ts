// What is wrong with the gateway's secret as it is found now, for doctor: the gateway itself says the same when it starts.
import type { Auth } from '../auth/auth.ts'
import { AuthError } from '../core/errors.ts'
import { boundBy } from './bind.ts'
import { candidates, complaintAboutSecret, findSecret, refuseUnsafe, SHORTEST } from './found-secret.ts'

const SET_ONE = 'export OPENCLAW_GATEWAY_TOKEN="$(openssl rand -hex 32)"'

export type TokenTrouble = {
  where: string
  why: string
  severity: 'error' | 'warning' | 'note'
  remedy?: string
  /** It is in the file that we made, so a new one can be made there. */
  isFile: boolean
}

/** What is wrong with the secret now. Writes nothing. */
export async function troubleWithToken({ home }: Auth): Promise<TokenTrouble[]> {
  const found: TokenTrouble[] = candidates(home, home.config(), {}).flatMap(({ text, where }): TokenTrouble[] => {
    const complaint = complaintAboutSecret(text)
    if (complaint !== undefined) {
      return [{ where, why: `${complaint}; it is not used`, severity: 'warning', remedy: SET_ONE, isFile: false }]
    }
    if (text.trim().length >= SHORTEST) return []
    const why = `is shorter than ${SHORTEST} characters; that is good enough on this machine only`
    return [{ where, why, severity: 'note', remedy: SET_ONE, isFile: false }]
  })
  const file = home.layout.gatewayToken
  const { source, secret } = await findSecret(home)
  const text = secret?.reveal() ?? ''
  if (source === 'file' && text !== '' && (complaintAboutSecret(text) !== undefined || text.length < SHORTEST)) {
    const why = `${complaintAboutSecret(text) ?? `is shorter than ${SHORTEST} characters`}; the gateway replaces it at its next start`
    found.push({ where: file, why, severity: 'warning', remedy: 'openclaw gateway token rotate', isFile: true })
  }
  try {
    if (boundBy(home.config(), undefined).beyondLoopback) refuseUnsafe(home, {})
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const { message, remedy } = error
    const where = home.layout.config
    const why = `is not enough for where it listens: ${message.replace(/\.$/, '')}`
    found.push({ where, why, severity: 'error', ...(remedy === undefined ? {} : { remedy }), isFile: false })
  }
  return found
}
