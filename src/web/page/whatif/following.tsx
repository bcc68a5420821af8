// What the next call would come to: who serves it, who is asked after them, and which models take over.
import type { Explanation } from '../../../core/explanation.ts'
import { useApp } from '../app-store.ts'
import { lengthText } from '../format.ts'

export function Following({ told }: { told: Explanation }) {
  const { words } = useApp().state
  const { whatif, strip } = words
  const { trace, chain, next, model, early, waits } = told
  const kept = trace.filter(({ verdict }) => verdict === 'kept').map(({ id }) => id)
  const elsewhere = (told.if ?? []).filter(({ id }) => trace.every((line) => line.id !== id))
  return (
    <dl class="detail following">
      <dt>{whatif.served}</dt>
      <dd>
        {next === null ? (
          <span class="needs-you">{whatif.nobody}</span>
        ) : (
          <strong id="then-next" translate={false}>
            {next}
          </strong>
        )}{' '}
        <span class="quiet">
          <span translate={false}>{model}</span>
          {early && ` · ${strip.early}`}
          {waits === true && ` · ${strip.waits}`}
        </span>
      </dd>
      {next !== null && (
        <>
          <dt>{whatif.after}</dt>
          <dd id="then-after">{kept.length === 0 ? whatif.none : <span translate={false}>{kept.join(', ')}</span>}</dd>
        </>
      )}
      {chain.length > 0 && (
        <>
          <dt>{whatif.models}</dt>
          <dd>
            <ol class="chain">
              {chain.map((later) => (
                <li key={later.model}>
                  <span translate={false}>{later.model}</span>{' '}
                  {later.next === null ? (
                    <span class="quiet" lang="en">
                      – {later.reason}
                    </span>
                  ) : (
                    <strong translate={false}>{later.next}</strong>
                  )}
                </li>
              ))}
            </ol>
          </dd>
        </>
      )}
      {elsewhere.length > 0 && (
        <>
          <dt>{whatif.legend}</dt>
          <dd>
            <ul>
              {elsewhere.map(({ id, what, until, restsMs, fails, class: kind }) => (
                <li key={id}>
                  <span translate={false}>{id}</span> {whatif.faults[what] ?? what}:{' '}
                  <span class="quiet">
                    {kind === 'expired'
                      ? whatif.useless
                      : until === undefined
                        ? fails === true
                          ? words.why.tried
                          : whatif.noRest
                        : whatif.rests(lengthText(restsMs?.[0] ?? until - told.at, words))}
                  </span>
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </dl>
  )
}
