// The conversations of the agent, the one that was used last first.
import { useApp } from '../app-store.ts'
import { momentText } from '../format.ts'

type Props = {
  names: readonly { name: string; at: number | undefined }[]
  current: string
  choose(name: string): void
  begin(): void
}

export function Sessions({ names, current, choose, begin }: Props) {
  const { words, language, now } = useApp().state
  return (
    <nav class="sessions" aria-label={words.chat.sessions}>
      <button id="new-session" type="button" onClick={begin}>
        {words.chat.newSession}
      </button>
      <ul id="sessions">
        {names.map(({ name, at }) => (
          <li key={name}>
            <button type="button" aria-current={name === current ? 'true' : undefined} onClick={() => choose(name)}>
              <span translate={false}>{name}</span>
              {at !== undefined && <span class="quiet">{momentText(at, now, language)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}
