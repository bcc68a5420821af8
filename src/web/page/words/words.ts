// Which languages the page speaks, and the one that somebody reads. English is there at once; of the others the one that is wanted is loaded.
import type { PageLanguage } from '../../../core/first-answer.ts'
import type { Note } from '../../../core/note.ts'
import { en, type Words } from './en.ts'

export const LANGUAGES = [
  ['en', 'English'],
  ['ko', '한국어'],
  ['zh-Hant', '繁體中文'],
  ['fil', 'Filipino'],
] as const satisfies readonly (readonly [PageLanguage, string])[]

export type Language = PageLanguage

/** The one that the gateway chose for this document. */
export function languageIn(tag: string): Language {
  return LANGUAGES.find(([id]) => id === tag)?.[0] ?? 'en'
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

/** What the gateway tells of a change, in the words of the page; what these have no sentence for stays as it came. */
export function noteText({ text, code, names = [] }: Note, { notes }: Words): string {
  const texts: Readonly<Record<string, (...names: string[]) => string>> | undefined = notes
  return (code === undefined ? undefined : texts?.[code]?.(...names)) ?? text
}
