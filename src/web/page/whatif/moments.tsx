// Who would serve when: a line of moments from now on, each with what changes there.
import type { Explanation } from '../../../core/explanation.ts'
import type { Moment } from '../../../core/forecast.ts'
import { useApp } from '../app-store.ts'
import { lengthText, momentText } from '../format.ts'

export function Moments({ told }: { told: Explanation }) {
  const { words, language } = useApp().state
  const { whatif } = words
  const { timeline = [], more } = told
  const fails = told.if?.some((one) => one.fails) === true
  return (
    <section class="moments" aria-labelledby="moments-title">
      <h3 id="moments-title">{whatif.timeline}</h3>
      <ol>
        {timeline.map((moment) => (
          <Stretch key={moment.at} moment={moment} told={told} />
        ))}
      </ol>
      {more !== undefined && (
        <p class="quiet">{whatif.more(more.count, momentText(more.until, told.at, language), more.isLeast === true)}</p>
      )}
      {timeline.length === 1 && <p class="quiet">{fails ? whatif.lasts : whatif.alone}</p>}
    </section>
  )
}

function Stretch({ moment, told }: { moment: Moment; told: Explanation }) {
  const { words, language } = useApp().state
  const { whatif, strip } = words
  const { at, model, next, early, turns, back, gone } = moment
  const notes = [
    ...(turns === undefined ? [] : [whatif.inTurns]),
    ...(early === true ? [strip.early] : []),
    ...(back.length === 0 ? [] : [whatif.back(back.join(', '))]),
    ...(gone.length === 0 ? [] : [whatif.gone(gone.join(', '))]),
  ]
  return (
    <li class={next === null ? 'moment nobody' : 'moment'}>
      <span class="moment-at">
        <time dateTime={new Date(at).toISOString()}>{momentText(at, told.at, language)}</time>{' '}
        <span class="quiet">{at === told.at ? whatif.now : lengthText(at - told.at, words)}</span>
      </span>
      <strong class="moment-who">
        {next === null ? strip.nobody : <span translate={false}>{(turns ?? [next]).join(', ')}</span>}
      </strong>
      {next !== null && model !== told.model && (
        <span class="quiet" translate={false}>
          {model}
        </span>
      )}
      {notes.length > 0 && <span class="quiet">{notes.join(' · ')}</span>}
    </li>
  )
}
