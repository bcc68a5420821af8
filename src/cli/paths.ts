// Paths as a person types them, or as a terminal writes them when files are dropped on it: in quotes, with backslashes, as file:// addresses. Pure.

/** A space inside is part of the word only where the person says so. */
const WORD = /"[^"]*"|'[^']*'|(?:\\.|[^\s\\"'])+/g

/**
 * The words of a line, without their quotes.
 * @param isWindows a backslash is part of the path there
 */
export function pathsIn(text: string, isWindows: boolean): string[] {
  const words: string[] = []
  let end = -1
  for (const { 0: found, index } of text.matchAll(WORD)) {
    const plain = unquoted(found, isWindows)
    // 'it'\''s' is one word in three pieces.
    if (index === end) words.push(`${words.pop() ?? ''}${plain}`)
    else words.push(plain)
    end = index + found.length
  }
  return words.map(fromAddress)
}

/** Whether every word of the line could only be meant as a path: what was dropped on the terminal, and nothing said about it. */
export function areDropped(text: string, isWindows: boolean): boolean {
  const words = pathsIn(text, isWindows)
  const isWhole = (word: string): boolean =>
    /^(?:\/|~\/).*[^/]$/.test(word) || (isWindows && /^[a-z]:[\\/]./i.test(word))
  return words.length > 0 && words.every(isWhole)
}

function unquoted(word: string, isWindows: boolean): string {
  if (word.startsWith("'") || word.startsWith('"')) return word.slice(1, -1)
  return isWindows ? word : word.replace(/\\(.)/g, '$1')
}

function fromAddress(word: string): string {
  if (!/^file:\/\/\//i.test(word)) return word
  try {
    return decodeURIComponent(new URL(word).pathname)
  } catch {
    return word // not an address after all
  }
}
