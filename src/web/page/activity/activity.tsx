// What happened: charts of the last hour or day, a strip per account on the same axis, and the timeline of calls, rests and renewals.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { ActivityCall, ActivityChart, ActivityRenewal } from '../../../core/activity.ts'
import { Cells } from '../accounts/cells.tsx'
import { useApp } from '../app-store.ts'
import { countText, momentText, moneyText, shortName } from '../format.ts'
import { MOST_CALLS, withCalls } from '../state.ts'
import { Command } from '../view/command.tsx'
import { Bars } from './bars.tsx'
import { type Entry, entriesOf } from './entries.ts'
import { Peek } from './peek.tsx'
import { Timeline } from './timeline.tsx'

type Span = 'hour' | 'day'
const AGAIN_MS = 30_000
/** As many calls as the gateway tells at a time. */
const PAGE = 200

export function Activity() {
  const { state, request, complain, set, latest } = useApp()
  const { words, language, now, agentId, hour, calls, notes, report } = state
  const { activity } = words
  const [span, setSpan] = useState<Span>('hour')
  const [day, setDay] = useState<ActivityChart>()
  const [renewals, setRenewals] = useState<readonly ActivityRenewal[]>([])
  const [account, setAccount] = useState('')
  const [onlyTrouble, setOnlyTrouble] = useState(false)
  /** Whether there may be calls that are not here yet. */
  const [hasOlder, setOlder] = useState(true)
  const [opened, setOpened] = useState<Entry>()
  /** A login that was renewed has another end. */
  const ends = (report?.groups.flatMap(({ rows }) => rows) ?? []).map(({ expiresAt }) => expiresAt).join()

  /** An answer about an agent is drawn as long as that one is looked at. */
  const tell = <T,>(asked: Promise<T>, draw: (answer: T) => void): void => {
    asked.then((answer) => latest().agentId === agentId && draw(answer), complain)
  }

  useEffect(() => {
    setOpened(undefined)
    setDay(undefined)
    setRenewals([])
    setAccount('')
    setOlder(true)
  }, [agentId])
  const isLive = state.link.kind === 'live'
  useEffect(() => {
    if (!isLive) return
    tell(request<{ renewals: ActivityRenewal[] }>('activity.renewals', { agentId }), (all) => setRenewals(all.renewals))
  }, [agentId, ends, isLive])
  useEffect(() => {
    if (span !== 'day' || !isLive) return
    const ask = (): void => tell(request<ActivityChart>('activity.chart', { agentId, span: 'day' }), setDay)
    ask()
    const timer = setInterval(ask, AGAIN_MS)
    return () => clearInterval(timer)
  }, [agentId, span, isLive])

  const chart = span === 'hour' ? hour : day
  const entries = useMemo(
    () => entriesOf({ calls, notes, renewals }, { account, onlyTrouble }),
    [calls, notes, renewals, account, onlyTrouble],
  )
  const accounts = [...new Set([...(hour?.accounts ?? []), ...(day?.accounts ?? [])].map(({ id }) => id))].sort()
  const oldest = calls.at(-1)
  const more = (): void =>
    tell(
      request<{ calls: ActivityCall[] }>('activity.calls', { agentId, before: oldest?.at, beforeCall: oldest?.call }),
      ({ calls: older }) => {
        setOlder(older.length === PAGE)
        set({ calls: withCalls(latest().calls, older) })
      },
    )
  const close = (): void => {
    // Back to where one came from.
    document.querySelector<HTMLElement>('.entry.open')?.focus()
    setOpened(undefined)
  }
  return (
    <div class={opened === undefined ? 'activity' : 'activity peeking'}>
      <div class="activity-main">
        <div class="activity-head">
          <h2>{activity.title}</h2>
          <fieldset class="segments">
            <legend class="unseen">{activity.title}</legend>
            {(['hour', 'day'] as const).map((one) => (
              <button key={one} type="button" aria-pressed={span === one} onClick={() => setSpan(one)}>
                {activity[one]}
              </button>
            ))}
          </fieldset>
          <label class="choice">
            <span class="unseen">{words.views.accounts}</span>
            <select value={account} onChange={(event) => setAccount(event.currentTarget.value)}>
              <option value="">{activity.all}</option>
              {accounts.map((id) => (
                <option key={id} value={id} translate={false}>
                  {id}
                </option>
              ))}
            </select>
          </label>
          <label class="choice check">
            <input
              type="checkbox"
              checked={onlyTrouble}
              onChange={(event) => setOnlyTrouble(event.currentTarget.checked)}
            />
            {activity.trouble}
          </label>
          {chart !== undefined && (
            <span class="summary quiet">
              {activity.summary(
                countText(chart.total.calls, language),
                chart.total.calls,
                countText(chart.total.steppedOver, language),
                countText(chart.total.failed, language),
              )}
              {chart.total.cost !== null && <strong> · {moneyText(chart.total.cost, language)}</strong>}
              {chart.total.uncosted > 0 && (
                <span title={activity.uncostedWhy}>
                  {' · '}
                  {activity.uncosted(countText(chart.total.uncosted, language), chart.total.uncosted)}
                </span>
              )}
            </span>
          )}
        </div>
        {chart !== undefined && chart.total.calls > 0 && (
          <div class="charts">
            <Bars
              title={activity.callsChart}
              chart={chart}
              parts={[
                { name: activity.served, tone: 'input', of: ({ calls: all, failed }) => Math.max(0, all - failed) },
                { name: activity.failed, tone: 'failed', of: ({ failed }) => failed },
              ]}
            />
            <Bars
              title={activity.tokensChart}
              chart={chart}
              parts={[
                { name: activity.output, tone: 'output', of: ({ output }) => output },
                { name: activity.input, tone: 'input', of: ({ input }) => input },
                { name: activity.cached, tone: 'cached', of: ({ cached }) => cached },
              ]}
            />
            {chart.total.cost !== null && (
              <Bars
                title={activity.costChart}
                chart={chart}
                parts={[{ name: activity.costChart, tone: 'output', of: ({ cost }) => cost ?? 0 }]}
                textOf={moneyText}
              />
            )}
            <div class="strips">
              {chart.accounts
                .filter(({ id }) => account === '' || id === account)
                .slice(0, 8)
                .map(({ id, cells }) => (
                  <div key={id} class="strip-row">
                    <span class="strip-name" title={id} translate={false}>
                      {shortName(id)}
                    </span>
                    <Cells
                      cells={cells}
                      from={chart.from}
                      stepMs={chart.stepMs}
                      label={`${id}: ${words.detail.legend}`}
                    />
                  </div>
                ))}
            </div>
            {chart.since > chart.from + chart.stepMs && (
              <p class="quiet">{activity.since(momentText(chart.since, now, language))}</p>
            )}
          </div>
        )}
        {entries.length === 0 ? (
          <p class="nothing">{calls.length === 0 ? activity.none : activity.noneMatch}</p>
        ) : (
          <Timeline
            key={`${agentId} ${account} ${onlyTrouble}`}
            entries={entries}
            opened={opened?.key}
            open={setOpened}
          />
        )}
        {calls.length >= MOST_CALLS && (
          <p class="quiet">
            {activity.listEnds} <Command text="openclaw usage" />
          </p>
        )}
        {calls.length >= PAGE && calls.length < MOST_CALLS && hasOlder && (
          <button type="button" class="quiet-button" onClick={more}>
            {activity.more}
          </button>
        )}
      </div>
      {opened !== undefined && <Peek entry={opened} close={close} />}
    </div>
  )
}
