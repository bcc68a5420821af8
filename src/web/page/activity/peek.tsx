// One entry of the timeline, whole: every attempt with how the candidates stood at its choice.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LedgerLine, PastCall } from '../../../core/ledger.ts'
import { problemOf, useApp } from '../app-store.ts'
import { momentText, secondText, tookText } from '../format.ts'
import type { Problem } from '../state.ts'
import { Command } from '../view/command.tsx'
import { Trouble } from '../view/trouble.tsx'
import type { Entry } from './entries.ts'

/** Who holds an arrow key down passes entries by: one is asked for when the key rests. */
const RESTED_MS = 120

export function Peek({ entry, close }: { entry: Entry; close(): void }) {
  const { words, language, now, agentId } = useApp().state
  const { request } = useApp()
  const [past, setPast] = useState<PastCall>()
  const [problem, setProblem] = useState<Problem>()
  const panel = useRef<HTMLElement>(null)
  const isCall = entry.kind === 'call'
  useEffect(() => {
    setPast(undefined)
    setProblem(undefined)
    if (!isCall) return
    let isStale = false
    const ask = (): void =>
      void request<PastCall>('activity.call', { agentId, call: entry.key }).then(
        (found) => isStale || setPast(found),
        (error) => isStale || setProblem(problemOf(error, words)),
      )
    const timer = setTimeout(ask, RESTED_MS)
    return () => {
      clearTimeout(timer)
      isStale = true
    }
  }, [entry.key])
  return (
    <aside
      ref={panel}
      class="peek"
      aria-label={words.activity.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close()
      }}
    >
      <div class="dialog-head">
        <h3>
          {now - entry.at > 12 * 3_600_000 ? `${momentText(entry.at, now, language)} · ` : ''}
          {secondText(entry.at, language)}
        </h3>
        <button type="button" class="icon" aria-label={words.act.close} onClick={close}>
          ×
        </button>
      </div>
      <Trouble problem={problem} />
      {!isCall && <p>{entry.kind === 'note' ? entry.note.id : entry.renewal.id}</p>}
      {past?.lines.map((line) => (
        <Attempt key={line.attempt} line={line} />
      ))}
      {isCall && (
        <p>
          <Command text={`openclaw models explain --last ${entry.key}`} />
        </p>
      )}
    </aside>
  )
}

function Attempt({ line }: { line: LedgerLine }) {
  const { words, language, now } = useApp().state
  const { activity } = words
  const parts = [
    activity.outcome[line.outcome],
    ...(line.class === undefined ? [] : [words.why[line.class] ?? line.class]),
    ...(line.status === undefined ? [] : [String(line.status)]),
    tookText(line.ms, words),
  ]
  return (
    <section class="attempt">
      <h4>
        {activity.attempt(line.attempt)}: <span translate={false}>{line.profile ?? activity.nobody}</span>
      </h4>
      <p class="quiet">
        <span translate={false}>{line.model}</span> · {parts.join(' · ')}
      </p>
      {line.trace === undefined ? (
        <p class="quiet">{activity.noTrace}</p>
      ) : (
        <ol class="trace">
          {line.trace.map(({ id, verdict, rule, reason, until }) => (
            <li key={id} class={verdict}>
              <span translate={false}>{id}</span>{' '}
              <span class="quiet">
                {words.verdict[verdict]} · <code>{rule}</code> <span lang="en">{reason}</span>
                {until !== undefined && ` (${words.row.until(momentText(until, now, language))})`}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
