// The header: the views, the agent, the language, and whether the gateway is there.
import { useApp } from '../app-store.ts'
import { VIEWS } from '../state.ts'
import { addressOf } from '../where.ts'
import { LANGUAGES, type Language } from '../words/words.ts'

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform)

export function Header() {
  const { state, chooseAgent, speak, set, logOut } = useApp()
  const { words, view, agents, link, language, agentId } = state
  const isLive = link.kind === 'live'
  return (
    <header class={link.kind === 'login' ? 'bar door' : 'bar'}>
      <h1 class="brand">keyclaw</h1>
      {link.kind !== 'login' && (
        <nav class="tabs" aria-label="keyclaw">
          {VIEWS.map((one) => (
            <a key={one} href={addressOf(one)} aria-current={one === view ? 'page' : undefined}>
              {words.views[one]}
            </a>
          ))}
        </nav>
      )}
      <div class="bar-end">
        {agents.length > 1 && link.kind !== 'login' && (
          <label class="choice agent-choice">
            <span class="quiet">{words.agent}</span>
            <select value={agentId} onChange={(event) => chooseAgent(event.currentTarget.value)}>
              {agents.map((id) => (
                <option key={id} value={id} translate={false}>
                  {id}
                </option>
              ))}
            </select>
          </label>
        )}
        <output id="link" class={isLive ? 'link live' : 'link'}>
          {isLive ? (
            <>
              <span aria-hidden="true">●</span> {words.link.live}
            </>
          ) : link.kind === 'connecting' ? (
            words.link.connecting
          ) : link.kind === 'login' ? (
            words.login.title
          ) : (
            <>
              <span aria-hidden="true">▲</span> {words.link.lost}
            </>
          )}
        </output>
        <label class="choice">
          <span class="unseen">{words.language}</span>
          <select value={language} onChange={(event) => speak(event.currentTarget.value as Language)}>
            {LANGUAGES.map(([id, name]) => (
              <option key={id} value={id} lang={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {link.kind !== 'login' && (
          <a
            class="plain-link gear"
            href={addressOf('settings')}
            aria-current={view === 'settings' ? 'page' : undefined}
          >
            <span aria-hidden="true">⚙</span> <span class="gear-word">{words.views.settings}</span>
          </a>
        )}
        <a
          class="plain-link"
          href={link.kind === 'login' ? '/docs' : addressOf('docs')}
          aria-current={view === 'docs' ? 'page' : undefined}
        >
          {words.views.docs}
        </a>
        {isLive && (
          <button type="button" class="plain-link" onClick={() => void logOut()}>
            {words.signOut}
          </button>
        )}
        {link.kind !== 'login' && (
          <button
            type="button"
            id="palette-button"
            class="icon find"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K Meta+K"
            onClick={() => set({ paletteShown: true })}
          >
            <span aria-hidden="true">⌕</span>
            <span class="unseen">{words.palette.title}</span>
            <kbd class="find-keys">{IS_MAC ? '⌘K' : 'Ctrl K'}</kbd>
          </button>
        )}
        {link.kind !== 'login' && (
          <button type="button" class="icon" aria-label={words.keys.title} onClick={() => set({ keysShown: true })}>
            ?
          </button>
        )}
      </div>
    </header>
  )
}
