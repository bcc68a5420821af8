// The five answers: who is next, how the accounts are, what the last hour cost, who is back first, and the way to add one.
import type { ComponentChildren } from 'preact'
import type { AccountsReport } from '../../../core/accounts.ts'
import { useApp } from '../app-store.ts'
import { countText, cutText, lengthText, momentText, moneyText, percentText, shortName } from '../format.ts'

/** Two lines of the narrowest strip. */
const LONGEST_NAME = 34

export function Strip({ report }: { report: AccountsReport }) {
  const { state, set } = useApp()
  const { words, language, now, hour } = state
  const { strip } = words
  const { counts, next, soonest } = report
  const served = next ?? report.insteadBy?.next
  const model = next === null ? (report.insteadBy?.model ?? report.model) : report.model
  const note =
    next === null ? (report.insteadBy === undefined ? (report.waits ? strip.waits : '') : strip.instead('')) : ''
  return (
    <section class="strip" aria-label={strip.next}>
      <Answer title={strip.next} isFirst>
        <strong class="figure" id="next-id" translate={false}>
          {served === undefined ? (
            strip.nobody
          ) : (
            <>
              {served.slice(0, served.indexOf(':') + 1)}
              <wbr />
              <span title={shortName(served)}>{cutText(shortName(served), LONGEST_NAME)}</span>
            </>
          )}
        </strong>
        <span class="quiet">
          {report.early ? `${strip.early} · ` : note === '' ? '' : `${note} `}
          <span translate={false}>{model.slice(model.indexOf('/') + 1)}</span>
        </span>
      </Answer>
      <Answer title={strip.accounts}>
        <span class="figure">{strip.ready(counts.ready)}</span>
        <span class="quiet">
          {counts.resting > 0 && <span class="resting">{strip.resting(counts.resting)}</span>}
          {counts.needsYou > 0 && <span class="needs-you">{strip.needsYou(counts.needsYou)}</span>}
          {counts.off > 0 && <span>{strip.off(counts.off)}</span>}
        </span>
      </Answer>
      <Answer title={strip.lastHour}>
        <LastHour />
      </Answer>
      <Answer title={strip.soonest}>
        {soonest === undefined || soonest.at <= now ? (
          <span class="figure faint">{strip.nobodyRests}</span>
        ) : (
          <>
            <span class="figure">
              <time dateTime={new Date(soonest.at).toISOString()}>{momentText(soonest.at, now, language)}</time>
              <span class="figure-more"> {lengthText(soonest.at - now, words)}</span>
            </span>
            <span class="quiet" translate={false}>
              {shortName(soonest.id)}
            </span>
          </>
        )}
      </Answer>
      {state.scopes.has('accounts') && (
        <button type="button" id="add" class="primary add" aria-haspopup="dialog" onClick={() => set({ adding: {} })}>
          {words.add}
        </button>
      )}
    </section>
  )

  function LastHour() {
    if (hour === undefined || hour.total.calls === 0) return <span class="figure faint">{strip.noCalls}</span>
    const { total } = hour
    const prompt = total.input + total.cached
    const calls = strip.calls(countText(total.calls, language), total.calls)
    const cached =
      prompt > 0 && total.cached > 0 ? [strip.cached(percentText((total.cached / prompt) * 100, language))] : []
    // What a subscription pays for, or nobody knows the price of, is told by its tokens.
    const { activity } = words
    const tokens = [activity.in(countText(prompt, language)), activity.out(countText(total.output, language))]
    const { uncosted } = total
    const unpriced = uncosted > 0 ? [strip.unpriced(countText(uncosted, language))] : []
    // A sum that leaves something out says so.
    const parts = total.cost === null ? [...tokens, ...unpriced] : [calls, ...(uncosted > 0 ? unpriced : cached)]
    return (
      <>
        <span class="figure">{total.cost === null ? calls : moneyText(total.cost, language)}</span>
        <span class="quiet" title={uncosted > 0 ? activity.uncostedWhy : undefined}>
          {parts.join(' · ')}
        </span>
      </>
    )
  }
}

function Answer({ title, isFirst, children }: { title: string; isFirst?: boolean; children: ComponentChildren }) {
  return (
    <div class={isFirst === true ? 'answer next-answer' : 'answer'}>
      <span class="answer-title">{title}</span>
      {children}
    </div>
  )
}
