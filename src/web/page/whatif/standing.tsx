// Now beside then: each candidate as it stands and as it would stand, in the order of the list of accounts. Rows that change are marked.
import { useState } from 'preact/hooks'
import type { ExplainedLine, Explanation } from '../../../core/explanation.ts'
import { useApp } from '../app-store.ts'
import { lengthText, shortName } from '../format.ts'
import { rowsOf } from '../state.ts'
import { StateMark } from '../view/state-mark.tsx'

export function Standing({ told }: { told: Explanation }) {
  const { words, report } = useApp().state
  const { whatif } = words
  // On a phone: what would be, until somebody wants to see what is.
  const [isNowShown, setNowShown] = useState(false)
  const place = new Map(rowsOf(report).map(({ id }, at) => [id, at]))
  const placeOf = ({ id }: ExplainedLine): number => place.get(id) ?? place.size
  const lines = [...told.trace].sort((a, b) => placeOf(a) - placeOf(b))
  const before = new Map(told.before?.trace.map((line) => [line.id, line]))
  return (
    <section class={isNowShown ? 'standing now-shown' : 'standing'} aria-label={`${whatif.now}, ${whatif.would}`}>
      <button type="button" class="now-switch" aria-pressed={isNowShown} onClick={() => setNowShown(!isNowShown)}>
        {whatif.showNow}
      </button>
      <table class="stands">
        <thead>
          <tr>
            <th scope="col">{whatif.who}</th>
            <th scope="col" class="s-now">
              {whatif.now}
            </th>
            <th scope="col">{whatif.would}</th>
            <th scope="col">
              <span class="unseen">{whatif.changed}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <Stand key={line.id} told={told} line={line} was={before.get(line.id)} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Stand({ told, line, was }: { told: Explanation; line: ExplainedLine; was: ExplainedLine | undefined }) {
  const { words } = useApp().state
  const { whatif } = words
  const isChanged = told.changed?.includes(line.id) === true
  const rests = told.if?.find(({ id }) => id === line.id)?.restsMs ?? []
  const longer = rests.slice(1).map((ms) => lengthText(ms, words))
  return (
    <tr class={`stand${told.next === line.id ? ' is-next' : ''}${isChanged ? ' is-changed' : ''}`} data-id={line.id}>
      <th scope="row" class="s-name">
        <span translate={false}>{shortName(line.id)}</span>
      </th>
      <td class="s-now">
        <span class="phone-only quiet">{whatif.now}</span>
        {was !== undefined && <Stands line={was} isNext={told.before?.next === line.id} at={told.at} />}
      </td>
      <td class="s-then">
        <Stands line={line} isNext={told.next === line.id} at={told.at} />
        {longer.length > 0 && <div class="second">{whatif.longer(longer.join(', '))}</div>}
        <div class="second">
          <span class="rule">{words.verdict[line.verdict]}</span> <code translate={false}>{line.rule}</code>{' '}
          <span class="reason" lang="en">
            {line.reason}
          </span>
        </div>
      </td>
      <td class="s-changed">{isChanged && <span>← {whatif.changed}</span>}</td>
    </tr>
  )
}

function Stands({ line, isNext, at }: { line: ExplainedLine; isNext: boolean; at: number }) {
  const { mark } = useApp().state.words
  return (
    <span class="stands-line">
      <StateMark state={line.state} at={at} />
      {isNext && (
        <span class="mark next">
          <span aria-hidden="true">▶</span> {mark.next}
        </span>
      )}
    </span>
  )
}
