// What a token says of itself. For routing and names only, never for a decision about access: nobody checks the signature here.

const MOST_CHARACTERS = 32 * 1024

/**
 * The claims of a JWT (RFC 7519): base64url, UTF-8.
 * @returns undefined for what is no JWT
 */
export function readClaims(jwt: string): Readonly<Record<string, unknown>> | undefined {
  const parts = jwt.length > MOST_CHARACTERS ? [] : jwt.split('.')
  const payload = parts[1]
  if (parts.length !== 3 || payload === undefined || !/^[\w-]+$/.test(payload)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
