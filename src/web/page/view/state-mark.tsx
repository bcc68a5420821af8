// What an account is in: a shape, a word, a time. The one place that knows the shapes; colour only repeats them.
import type { AccountState } from '../../../core/accounts.ts'
import { useApp } from '../app-store.ts'
import { lengthText, momentText } from '../format.ts'
import type { Words } from '../words/en.ts'

const SHAPES: Readonly<Record<AccountState['kind'], string>> = {
  ready: '●',
  resting: '◐',
  held: '◐',
  needs_you: '▲',
  off: '○',
}

/** @param at as of then, ms epoch; absent: now, counting down */
export function StateMark({ state, at }: { state: AccountState; at?: number }) {
  const { words, language, now } = useApp().state
  return (
    <span class={`state ${state.kind}`}>
      <span class="shape" aria-hidden="true">
        {SHAPES[state.kind]}
      </span>
      <span>{stateText(state, { words, language, now: at ?? now })}</span>
    </span>
  )
}

/** The state as a sentence. */
export function stateText(
  state: AccountState,
  { words, language, now }: { words: Words; language: string; now: number },
): string {
  const { state: said, why } = words
  const when = (at: number): string => momentText(at, now, language)
  const left = (at: number): string => lengthText(Math.max(0, at - now), words)
  switch (state.kind) {
    case 'ready':
      return state.endsAt === undefined
        ? said.ready
        : `${said.ready}, ${said.endsAt(when(state.endsAt), left(state.endsAt))}`
    case 'resting':
      if (state.trying === true) return said.trying
      return state.until > now ? said.resting(when(state.until), left(state.until)) : said.back
    case 'held':
      // In thought only: no account is left in it.
      if (state.why === 'tried') return why.tried ?? state.detail
      return `${said.held}: ${why[state.why] ?? state.detail}`
    case 'needs_you':
      return `${said.needsYou}: ${why[state.why] ?? state.detail}`
    case 'off':
      if (state.why === 'paused') {
        return state.until === undefined ? said.paused : said.pausedUntil(when(state.until), left(state.until))
      }
      return `${said.off}: ${why[state.why] ?? state.detail}`
  }
}
