// One of several things as a question: a numbered list and a line, also where nothing can be drawn. And work that Ctrl-C must not cut in two.

/** Asks one question, and hears one line. @throws AuthError interrupted */
export type ReadLine = (question: string) => Promise<string>

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * One of several things, by its number or its name; Enter alone takes the preset.
 * @returns its place among the items
 * @throws AuthError interrupted
 */
export async function choose(read: ReadLine, question: string, items: readonly string[], preset = 0): Promise<number> {
  const width = String(items.length).length
  const list = items.map((item, at) => `  ${String(at + 1).padStart(width)}) ${item}\n`).join('')
  let head = `\n${question}\n${list}`
  for (;;) {
    const text = (await read(`${head}Number [${preset + 1}]: `)).trim()
    if (text === '') return preset
    const at = /^\d{1,4}$/.test(text) ? Number(text) - 1 : placeOf(text, items)
    if (items[at] !== undefined) return at
    head = `Type a number from 1 to ${items.length}, or the beginning of one name.\n`
  }
}

/** Where the item of this name stands: the name itself, else the only one that begins so; -1 when that is none or several. */
function placeOf(text: string, items: readonly string[]): number {
  const wanted = text.toLowerCase()
  const names = items.map((item) => item.toLowerCase())
  if (names.includes(wanted)) return names.indexOf(wanted)
  const first = names.findIndex((name) => name.startsWith(wanted))
  return names.filter((name) => name.startsWith(wanted)).length === 1 ? first : -1
}

/** Runs work that Ctrl-C must not cut in two; what was pressed meanwhile is forgotten. */
export async function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  const wait = (): void => undefined
  for (const signal of SIGNALS) process.on(signal, wait)
  try {
    return await work()
  } finally {
    for (const signal of SIGNALS) process.off(signal, wait)
  }
}
