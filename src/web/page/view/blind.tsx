// The banner for a lost connection: since when nothing is known, and when it is tried again.
import { useApp } from '../app-store.ts'
import { lengthText, secondText } from '../format.ts'
import type { Link } from '../state.ts'

export function Blind({ link }: { link: Extract<Link, { kind: 'lost' | 'closing' }> }) {
  const { state, connect } = useApp()
  const { words, language, now, skewMs } = state
  if (link.kind === 'closing') {
    return (
      <p class="banner" role="status">
        <span aria-hidden="true">▲</span> {words.link.shutdown}
      </p>
    )
  }
  const waitMs = link.retryAt - (now - skewMs)
  return (
    <div class="banner" role="status">
      <span>
        <span aria-hidden="true">▲</span> {words.link.blind(secondText(link.since, language))}
      </span>
      <span class="quiet" aria-hidden="true">
        {waitMs > 0 ? words.link.again(lengthText(waitMs, words)) : words.link.now}
      </span>
      <button type="button" onClick={connect}>
        {words.link.tryNow}
      </button>
    </div>
  )
}
