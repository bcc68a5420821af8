// Which languages the page speaks, and the one that somebody reads. English is there at once; of the others the one that is wanted is loaded.
import { en, type Words } from './en.ts'

export const LANGUAGES = [
  ['en', 'English'],
  ['ko', '한국어'],
  ['zh-Hant', '繁體中文'],
  ['fil', 'Filipino'],
] as const

export type Language = (typeof LANGUAGES)[number][0]

/** The first of the reader's languages that we speak. @param wished what the address says, then what the browser prefers */
export function languageOf(wished: readonly string[]): Language {
  for (const one of wished) {
    const tag = one.toLowerCase()
    if (tag.startsWith('en')) return 'en'
    if (tag.startsWith('ko')) return 'ko'
    if (/^zh(?:-hant|-tw|-hk|-mo)/.test(tag)) return 'zh-Hant'
    if (tag.startsWith('fil') || tag.startsWith('tl')) return 'fil'
  }
  return 'en'
}

/** @throws what the network throws, when the texts cannot be loaded */
export async function wordsOf(language: Language): Promise<Words> {
  switch (language) {
    case 'ko':
      return (await import('./ko.ts')).ko
    case 'zh-Hant':
      return (await import('./zh-hant.ts')).zhHant
    case 'fil':
      return (await import('./fil.ts')).fil
    default:
      return en
  }
}
