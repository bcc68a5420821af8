// What the palette offers: every view, account, conversation, agent, page of the documentation and command.
import type { DocsContents } from '../../../core/documentation.ts'
import { testAccounts } from '../accounts/actions.ts'
import type { App } from '../app-store.ts'
import { docsPath } from '../docs/place.ts'
import { ALL_VIEWS, rowsOf } from '../state.ts'
import type { Words } from '../words/en.ts'
import { LANGUAGES } from '../words/words.ts'
import type { Item } from './match.ts'

/** @param names of the agent's conversations */
export function itemsOf(app: App, names: readonly string[], docs: DocsContents | undefined): Item[] {
  const { state } = app
  const { words, report } = state
  const { palette } = words
  const views = ALL_VIEWS.map(
    (view): Item => ({
      key: `view ${view}`,
      group: 'views',
      text: words.views[view],
      more: '',
      act: () => app.go(view),
    }),
  )
  const accounts = rowsOf(report).map(
    (row): Item => ({
      key: `account ${row.id}`,
      group: 'accounts',
      text: row.id,
      more: row.isNext ? words.mark.next : '',
      isName: true,
      act: () => {
        app.go('accounts')
        app.set({ reveal: { kind: 'row', id: row.id } })
      },
    }),
  )
  const sessions = names.map(
    (name): Item => ({
      key: `session ${name}`,
      group: 'sessions',
      text: name,
      more: words.views.chat,
      isName: true,
      act: () => {
        app.go('chat')
        app.set({ reveal: { kind: 'session', id: name } })
      },
    }),
  )
  const agents = (report?.agents ?? []).map(
    (id): Item => ({
      key: `agent ${id}`,
      group: 'agents',
      text: id,
      more: words.agent,
      isName: true,
      act: () => app.chooseAgent(id),
    }),
  )
  const pages = (docs?.pages ?? []).map(
    ({ topic, title, about }): Item => ({
      key: `docs ${topic}`,
      group: 'docs',
      text: title,
      more: about,
      act: () => app.go('docs', docsPath(topic)),
    }),
  )
  return [
    ...views,
    ...accounts,
    ...sessions,
    ...(agents.length > 1 ? agents : []),
    ...actionsOf(app, palette),
    ...pages,
  ]
}

function actionsOf(app: App, palette: Words['palette']): Item[] {
  const { state } = app
  const { words, scopes, report, language } = state
  const action = (key: string, text: string, act: () => void): Item => ({
    key: `do ${key}`,
    group: 'actions',
    text,
    more: '',
    act,
  })
  const mayChange = scopes.has('accounts') && report?.owner === undefined
  return [
    ...(scopes.has('accounts') ? [action('add', words.add, () => app.set({ adding: {} }))] : []),
    ...(mayChange ? (report?.groups ?? []) : []).map(({ provider, rows }) =>
      action(`test ${provider}`, palette.testAll(provider), () => void testAccounts(app, rows)),
    ),
    ...LANGUAGES.filter(([id]) => id !== language).map(([id, name]) =>
      action(`speak ${id}`, palette.speak(name), () => app.speak(id)),
    ),
    action('keys', words.keys.title, () => app.set({ keysShown: true })),
    action('sign out', words.signOut, () => void app.logOut()),
  ]
}
