// One line of the timeline: a call with the accounts that stepped aside, a rest that began or ended, a login that was renewed.
import type { ActivityCall } from '../../../core/activity.ts'
import { useApp } from '../app-store.ts'
import { countText, momentText, moneyText, percentText, secondText, shortName, tookText } from '../format.ts'
import type { Entry } from './entries.ts'

type Props = { entry: Entry; height: number; isOpen: boolean; open(entry: Entry): void }

export function EntryRow({ entry, height, isOpen, open }: Props) {
  const { words, language, now } = useApp().state
  const { activity } = words
  const time = secondText(entry.at, language)
  return (
    <li style={{ height: `${height}px` }}>
      <button
        type="button"
        data-key={entry.key}
        class={isOpen ? 'entry open' : 'entry'}
        aria-pressed={isOpen}
        onClick={() => open(entry)}
      >
        <time
          class="entry-time"
          dateTime={new Date(entry.at).toISOString()}
          title={momentText(entry.at, now, language)}
        >
          {time}
        </time>
        {entry.kind === 'call' ? (
          <Call call={entry.call} />
        ) : entry.kind === 'note' ? (
          <span class={`entry-note ${entry.note.kind}`}>
            <span translate={false}>{entry.note.id}</span> {activity.became[entry.note.kind] ?? entry.note.kind}
            {entry.note.why !== undefined &&
              entry.note.kind !== 'ready' &&
              `: ${words.why[entry.note.why] ?? entry.note.why}`}
            {entry.note.until !== undefined && ` (${words.row.until(momentText(entry.note.until, now, language))})`}
          </span>
        ) : (
          <span class="entry-note">
            <span translate={false}>{entry.renewal.id}</span>:{' '}
            {activity.renewal[entry.renewal.outcome] ?? entry.renewal.outcome}
          </span>
        )}
      </button>
    </li>
  )
}

const MOST_WAYS = 3

/** The first and the last of many attempts, the others as a number; the panel shows all. */
function shownOf(attempts: ActivityCall['attempts']): (ActivityCall['attempts'][number] & { hidden: number })[] {
  const isLong = attempts.length > MOST_WAYS
  const some = isLong ? [...attempts.slice(0, MOST_WAYS - 1), ...attempts.slice(-1)] : attempts
  return some.map((one, at) => ({ ...one, hidden: isLong && at === some.length - 1 ? attempts.length - MOST_WAYS : 0 }))
}

function Call({ call }: { call: ActivityCall }) {
  const { words, language } = useApp().state
  const { activity } = words
  const wayText = ({ profile, outcome, why, status }: ActivityCall['attempts'][number]): string => {
    const name = profile ?? activity.nobody
    return outcome === 'served' ? name : `${name}: ${why === undefined ? (status ?? '') : (words.why[why] ?? why)}`
  }
  const { attempts, model, ms, tokens, cost, face } = call
  const prompt = tokens === undefined ? 0 : tokens.input + tokens.cacheRead + tokens.cacheWrite
  const cached = tokens === undefined || prompt === 0 ? 0 : (tokens.cacheRead / prompt) * 100
  return (
    <>
      <span class="entry-model" translate={false}>
        {model.slice(model.indexOf('/') + 1)}
      </span>
      <span class="entry-face quiet">{activity.faces[face] ?? face}</span>
      <span
        class={attempts.length >= MOST_WAYS ? 'entry-way many' : 'entry-way'}
        title={attempts.map(wayText).join(' → ')}
      >
        {shownOf(attempts).map(({ attempt, profile, outcome, why, status, hidden }, at) => (
          <span key={attempt} class="way">
            {at > 0 && <span class="quiet">{hidden > 0 ? ` → +${hidden} → ` : ' → '}</span>}
            <span class="way-name" translate={false}>
              {profile === undefined ? activity.nobody : shortName(profile)}
            </span>{' '}
            {outcome === 'served' ? (
              <span class="ready" title={activity.outcome.served}>
                ✓
              </span>
            ) : (
              <>
                <span class={outcome === 'aborted' ? 'quiet' : 'needs-you'}>✕</span>{' '}
                <span class={outcome === 'aborted' ? 'way-why quiet' : 'way-why needs-you'}>
                  {why === undefined ? (status ?? activity.outcome[outcome]) : (words.why[why] ?? why)}
                </span>
              </>
            )}
          </span>
        ))}
      </span>
      <span class="entry-took">{tookText(ms, words)}</span>
      <span class="entry-tokens quiet">
        {tokens === undefined
          ? ''
          : `${activity.in(countText(prompt, language))}${cached >= 1 ? ` (${words.strip.cached(percentText(cached, language))})` : ''} · ${activity.out(countText(tokens.output, language))}`}
      </span>
      <span class="entry-cost">{cost === undefined ? '' : moneyText(cost, language)}</span>
    </>
  )
}
