// How the page gets its cookie: a one-use code behind `#` of the address, or the gateway's token typed in. Neither is kept.

/** Why a login did not do; undefined: it did. */
export type LoginTrouble = 'unreachable' | 'used' | 'wrong' | { waitSeconds: string }

/** The code behind `#`; it leaves the address bar and the history at once. */
export function takeCode(): string {
  const found = /^#(?:code|login)=(.*)$/.exec(location.hash)
  if (found !== null) history.replaceState(null, '', location.pathname + location.search)
  return found?.[1] ?? ''
}

/** Ends the session; the gateway then closes the socket. @returns whether it has */
export async function logOut(): Promise<boolean> {
  try {
    return (
      await fetch('/logout', { method: 'POST', redirect: 'error', cache: 'no-store', credentials: 'same-origin' })
    ).ok
  } catch {
    return false
  }
}

/** Exchanges a code or a token for the cookie. */
export async function logIn(proof: { code: string } | { token: string }): Promise<LoginTrouble | undefined> {
  let answer: Response
  try {
    answer = await fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(proof),
      redirect: 'error',
      cache: 'no-store',
      credentials: 'same-origin',
    })
  } catch {
    return 'unreachable'
  }
  if (answer.ok) return undefined
  if (answer.status === 429) return { waitSeconds: answer.headers.get('retry-after') ?? '?' }
  return 'code' in proof ? 'used' : 'wrong'
}
