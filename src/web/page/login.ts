// How the page is let in: a one-use code behind `#` of the address, or the gateway's token typed in, gets it a cookie that no script can read. Beside
// the cookie it shows the anti-forgery token of its document, which is kept in memory alone.
import type { FIRST_ANSWER_ID, FirstAnswer } from '../../core/first-answer.ts'

/** Why a login did not do; undefined: it did. */
export type LoginTrouble = 'unreachable' | 'used' | 'wrong' | { waitSeconds: string }

export type Session = {
  /** What a socket shows. */
  antiForgery(): string
  /** Asks whether there is a session, such as one that another tab has begun. @returns whether there is */
  renew(): Promise<boolean>
  logIn(proof: { code: string } | { token: string }): Promise<LoginTrouble | undefined>
  /** Ends the session of this browser; the gateway then closes its sockets. */
  logOut(): Promise<'out' | 'refused' | 'unreachable'>
}

const OWN = { redirect: 'error', cache: 'no-store', credentials: 'same-origin' } as const
const JSON_TYPE = 'application/json'
const BLOCK: typeof FIRST_ANSWER_ID = 'first-answer'

/** The code behind `#`; it leaves the address bar and the history at once. */
export function takeCode(): string {
  const found = /^#(?:code|login)=(.*)$/.exec(location.hash)
  if (found !== null) history.replaceState(null, '', location.pathname + location.search)
  return found?.[1] ?? ''
}

/** What came with the document, which keeps nothing of it. */
export function takeFirst(): FirstAnswer | undefined {
  const block = document.getElementById(BLOCK)
  block?.remove()
  return block === null ? undefined : (JSON.parse(block.textContent ?? '') as FirstAnswer)
}

/** Tells the gateway in which language the next document is wanted. */
export async function keepLanguage(language: string): Promise<void> {
  await fetch(`/?lang=${encodeURIComponent(language)}`, { ...OWN, headers: { accept: JSON_TYPE } })
}

/** @param first what came with the document */
export function openSession(first: FirstAnswer | undefined): Session {
  let antiForgery = first?.antiForgery ?? ''
  const renew = async (): Promise<boolean> => {
    try {
      const answer = await fetch('/', { ...OWN, headers: { accept: JSON_TYPE } })
      antiForgery = ((await answer.json()) as Partial<FirstAnswer>).antiForgery ?? ''
    } catch {
      // Nobody there, or no gateway of ours: the form says what a login brings.
      return false
    }
    return antiForgery !== ''
  }
  const end = (): Promise<Response> =>
    fetch('/logout', { ...OWN, method: 'POST', headers: { 'x-openclaw-anti-forgery': antiForgery } })
  return {
    antiForgery: () => antiForgery,
    renew,
    logIn: async (proof) => {
      let answer: Response
      try {
        const headers = { 'content-type': JSON_TYPE }
        answer = await fetch('/login', { ...OWN, method: 'POST', headers, body: JSON.stringify(proof) })
        if (answer.ok) antiForgery = ((await answer.json()) as Pick<FirstAnswer, 'antiForgery'>).antiForgery
      } catch {
        return 'unreachable'
      }
      if (answer.ok) return undefined
      if (answer.status === 429) return { waitSeconds: answer.headers.get('retry-after') ?? '?' }
      return 'code' in proof ? 'used' : 'wrong'
    },
    logOut: async () => {
      try {
        if ((await end()).ok) return 'out'
        // Another tab has begun another session; what this browser has is ended. Without any, there is nothing to end.
        return !(await renew()) || (await end()).ok ? 'out' : 'refused'
      } catch {
        return 'unreachable'
      }
    },
  }
}
