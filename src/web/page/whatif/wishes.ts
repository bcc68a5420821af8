// What somebody supposes: read from the address and written into it, and the command that asks the same. Pure.

/** Somebody, and what happens to them: a profile, a provider with all that it has, or `all`. */
export type Wish = { id: string; what: string }
/** @param model a model, or a provider by its name alone; empty: the agent's default */
export type Supposition = { model: string; wishes: readonly Wish[] }

/** What is offered, in this order; `models explain --if` takes each of them, and more. */
export const FAULTS = [
  '429',
  '401',
  'expired',
  'billing',
  'server',
  'down',
  'quota',
  'overloaded',
  'timeout',
  'auth_permanent',
] as const

export const ALL = 'all'
/** The gateway takes no more. */
export const MOST_WISHES = 32

/** @param path as `pathOf` writes it; what is no wish is left out */
export function readPath(path: string): Supposition {
  const params = new URLSearchParams(path)
  const wishes = params.getAll('if').flatMap((text) => {
    const cut = text.lastIndexOf('=')
    return cut > 0 ? [{ id: text.slice(0, cut), what: text.slice(cut + 1) }] : []
  })
  return { model: params.get('for') ?? '', wishes: wishes.slice(0, MOST_WISHES) }
}

export function pathOf({ model, wishes }: Supposition): string {
  const params = new URLSearchParams(model === '' ? {} : { for: model })
  for (const text of wishTexts(wishes)) params.append('if', text)
  return params.toString()
}

/** `anthropic:work=429` */
export const wishTexts = (wishes: readonly Wish[]): string[] => wishes.map(({ id, what }) => `${id}=${what}`)

/** What takes a vendor or the network down takes more than one account. @param provider of the account */
export function widened({ id, what }: Wish, provider: string | undefined): Wish {
  if (what === 'down') return { id: ALL, what }
  return what === 'server' && provider !== undefined ? { id: provider, what } : { id, what }
}

/** The command that asks the same. @param agent empty: the main one */
export function commandOf({ model, wishes }: Supposition, agent: string): string {
  const words = ['openclaw', 'models', 'explain', ...(model === '' ? [] : [model])]
  for (const text of wishTexts(wishes)) words.push('--if', text)
  return [...words, ...(agent === '' ? [] : ['--agent', agent])].map(quoted).join(' ')
}

/** For a shell: as it is where nothing in it means anything to one. */
function quoted(word: string): string {
  return /^[\w.:@=/+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
