// In which language a document of the page is: what the address says, else what was chosen before, else what the browser prefers.
import { PAGE_LANGUAGES, type PageLanguage } from '../core/first-answer.ts'
import type { Head } from './guard.ts'
import { isOwnVisit } from './site.ts'

const COOKIE = 'openclaw_language'
const COOKIE_SECONDS = 365 * 24 * 3600
const MOST_WISHES = 32

/** @returns the language, and the value of `set-cookie` where one was chosen just now */
export function languageOf(head: Pick<Head, 'query' | 'cookie' | 'acceptLanguage' | 'fetchSite'>): {
  language: PageLanguage
  setCookie?: string
} {
  const asked = known(new URLSearchParams(head.query).get('lang') ?? '')
  // Another page must not choose for the reader.
  if (asked !== undefined && isOwnVisit(head)) {
    const setCookie = `${COOKIE}=${asked}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${COOKIE_SECONDS}`
    return { language: asked, setCookie }
  }
  const kept = (head.cookie ?? '').split(';').find((part) => part.trim().startsWith(`${COOKIE}=`))
  const chosen = known(kept?.trim().slice(COOKIE.length + 1) ?? '')
  return { language: asked ?? chosen ?? preferred(head.acceptLanguage ?? '') }
}

function known(tag: string): PageLanguage | undefined {
  return PAGE_LANGUAGES.find((language) => language === tag)
}

/** The first of the reader's languages that the page speaks (RFC 9110, 12.5.4). @param header `accept-language` */
export function preferred(header: string): PageLanguage {
  const wishes = header
    .split(',')
    .slice(0, MOST_WISHES)
    .map((wish) => {
      const [tag = '', ...more] = wish.split(';').map((part) => part.trim())
      const weight = more.find((part) => part.startsWith('q='))?.slice(2)
      return { tag: tag.toLowerCase(), weight: weight === undefined ? 1 : Number(weight) }
    })
  for (const { tag, weight } of wishes.sort((a, b) => b.weight - a.weight)) {
    if (!(weight > 0)) continue
    if (/^en(?:-|$)/.test(tag)) return 'en'
    if (/^ko(?:-|$)/.test(tag)) return 'ko'
    if (/^zh-(?:hant|tw|hk|mo)(?:-|$)/.test(tag)) return 'zh-Hant'
    if (/^(?:fil|tl)(?:-|$)/.test(tag)) return 'fil'
  }
  return 'en'
}
