// What was shown with a message: pictures small, and large when one is pressed; anything else by its name, to be saved. The gateway gives them to
// whoever may read the conversation; they are asked for when they come into sight.
import { useRef, useState } from 'preact/hooks'
import type { KeptEnclosure } from '../../../core/enclosure.ts'
import { useApp } from '../app-store.ts'
import { bytesText } from '../format.ts'
import type { Line } from './log.ts'

export function Shown({ shown }: { shown: NonNullable<Line['shown']> }) {
  const { agentId, language, words } = useApp().state
  const addressOf = ({ sha256, mediaType }: KeptEnclosure): string =>
    `/shown/${agentId}/${shown.session}/${sha256}/${mediaType}`
  return (
    <ul class="shown" aria-label={words.chat.shown}>
      {shown.list.map((one, at) => (
        <li key={at}>
          {one.kind === 'image' ? (
            <Picture kept={one} address={addressOf(one)} />
          ) : (
            <a class="shown-file" href={addressOf(one)} download={one.name ?? ''}>
              <span translate={false}>{one.name ?? one.mediaType}</span>{' '}
              <span class="quiet">{bytesText(one.bytes, language)}</span>
            </a>
          )}
        </li>
      ))}
    </ul>
  )
}

function Picture({ kept, address }: { kept: KeptEnclosure; address: string }) {
  const { act, chat } = useApp().state.words
  const dialog = useRef<HTMLDialogElement>(null)
  const [isLarge, setLarge] = useState(false)
  const [isGone, setGone] = useState(false)
  const name = kept.name ?? chat.picture
  if (isGone) return <span class="quiet shown-gone">{chat.gone(name)}</span>
  return (
    <>
      <button
        type="button"
        class="shown-small"
        aria-label={chat.enlarge(name)}
        aria-haspopup="dialog"
        onClick={() => {
          setLarge(true)
          dialog.current?.showModal()
        }}
      >
        <img src={address} alt={name} loading="lazy" decoding="async" onError={() => setGone(true)} />
      </button>
      <dialog ref={dialog} class="dialog shown-large" aria-label={name} onClose={() => setLarge(false)}>
        {isLarge && <img src={address} alt={name} />}
        <div class="buttons">
          <a href={address} download={kept.name ?? ''}>
            {chat.save}
          </a>
          <button type="button" onClick={() => dialog.current?.close()}>
            {act.close}
          </button>
        </div>
      </dialog>
    </>
  )
}
