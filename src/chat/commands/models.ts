// `/models`: how many there are by provider, or those of one provider in pages.
import { AuthError } from '../../core/errors.ts'
import { modelChoices } from '../../core/model-choices.ts'
import { normaliseProvider } from '../../core/model-ref.ts'
import { printable } from '../../core/profile.ts'
import type { Occasion } from './command.ts'
import { titleOf } from './model.ts'

const PAGE = 20
const MOST = 100

type Wish = { provider: string; page: number; size: number }

/** @param args `[provider] [page|page=n] [limit=n|size=n] [all]` */
export function showModels(args: string, { auth, view }: Occasion): string {
  const facts = view.facts()
  const rows = modelChoices(facts, auth.home.system.now())
  const providers = [...new Set(rows.map(({ provider }) => provider))]
  if (args === '') {
    const lines = providers.map((name) => `- ${name} (${rows.filter(({ provider }) => provider === name).length})`)
    return ['Providers:', ...lines, '', 'List: /models <provider>', 'Choose: /model, or /model <provider/model>'].join(
      '\n',
    )
  }
  const { provider, page, size } = wishIn(args)
  const own = rows.filter((row) => row.provider === provider)
  if (own.length === 0) {
    throw new AuthError(
      'usage',
      `There are no models of "${printable(provider, 60)}". There are: ${providers.join(', ')}.`,
    )
  }
  const pages = Math.ceil(own.length / size)
  if (page > pages) throw new AuthError('usage', `There is no page ${page}: ${provider} has 1 to ${pages}.`)
  const shown = own.slice((page - 1) * size, page * size)
  const first = (page - 1) * size + 1
  return [
    `Models of ${provider}: ${first} to ${first + shown.length - 1} of ${own.length} (page ${page} of ${pages})`,
    ...shown.map(({ id }) => `- ${titleOf(facts.config, id)}`),
    '',
    'Choose: /model <provider/model>',
    ...(pages > 1 ? [`More: /models ${provider} <page>, or all`] : []),
  ].join('\n')
}

/** @throws AuthError usage */
function wishIn(args: string): Wish {
  const [provider = '', ...words] = args.split(/\s+/)
  const wish: Wish = { provider: normaliseProvider(provider), page: 1, size: PAGE }
  for (const word of words) {
    const [, name = 'page', digits = ''] = /^(?:(page|limit|size)=)?(\d{1,4})$/.exec(word.toLowerCase()) ?? []
    const number = Number(digits)
    if (word.toLowerCase() === 'all') wish.size = MOST
    else if (number < 1) {
      throw new AuthError(
        'usage',
        `"${printable(word, 40)}" is not understood: /models <provider> [page] [size=n] [all].`,
      )
    } else if (name === 'page') wish.page = number
    else wish.size = Math.min(number, MOST)
  }
  return wish
}
