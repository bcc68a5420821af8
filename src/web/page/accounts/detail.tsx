// The opened part of a row: why it is taken or not in the words of the choice, its last hour, its limits, and the command.

import { useEffect, useState } from 'preact/hooks'
import type { AccountRow } from '../../../core/accounts.ts'
import type { Stays } from '../../../core/session.ts'
import { useApp } from '../app-store.ts'
import { momentText } from '../format.ts'
import { Command } from '../view/command.tsx'
import { WindowBar } from '../view/window-bar.tsx'
import { Cells } from './cells.tsx'
import { commandFor } from './remedy.ts'

export function Detail({ row }: { row: AccountRow }) {
  const { words, language, now, hour, report } = useApp().state
  const { detail } = words
  const strip = hour?.accounts.find(({ id }) => id === row.id)
  const isMain = report === undefined || report.defaultAgent === report.agentId
  const stays = useStays(row)
  const command = commandFor(row, isMain ? '' : ` --agent ${report.agentId}`)
  const windows = row.windows.filter(({ isOver }) => isOver !== true)
  return (
    <dl class="detail">
      <dt>{row.isNext || row.isFirst ? detail.next : detail.notNext}</dt>
      <dd>
        <span class="rule">{words.verdict[row.trace.verdict]}</span> <code translate={false}>{row.trace.rule}</code>{' '}
        <span lang="en">{row.trace.reason}</span>
      </dd>
      {row.resting.map(({ model, until, why }) => (
        <>
          <dt>{words.state.resting(momentText(until, now, language), '')}</dt>
          <dd>{words.row.model(model, momentText(until, now, language), words.why[why] ?? why)}</dd>
        </>
      ))}
      <dt>{detail.secret}</dt>
      <dd translate={false}>{row.label}</dd>
      <dt>{detail.from}</dt>
      <dd translate={false}>
        {row.from}
        {row.source === 'profile' && report !== undefined ? <span class="quiet"> {report.storePath}</span> : null}
      </dd>
      {stays !== undefined && (
        <>
          <dt>{detail.stay}</dt>
          <dd>{detail.stays(stays.all, stays.byYou)}</dd>
        </>
      )}
      {windows.length > 0 && (
        <>
          <dt>{detail.limits}</dt>
          <dd class="limits">
            {windows.map((window) => (
              <WindowBar key={window.label} window={window} />
            ))}
          </dd>
        </>
      )}
      {hour !== undefined && strip !== undefined && (
        <>
          <dt>{detail.lastHour}</dt>
          <dd>
            <Cells cells={strip.cells} from={hour.from} stepMs={hour.stepMs} label={`${row.id}: ${detail.legend}`} />
          </dd>
        </>
      )}
      {command !== undefined && (
        <>
          <dt>{detail.shell}</dt>
          <dd>
            <Command text={command} />
          </dd>
        </>
      )}
    </dl>
  )
}

/** How many conversations go on with the account, whoever is next for a new one; asked when the row is opened. */
function useStays({ id }: AccountRow): Stays | undefined {
  const { state, request } = useApp()
  const { agentId, link } = state
  const [stays, setStays] = useState<Stays>()
  useEffect(() => {
    if (link.kind !== 'live') return
    let isStale = false
    request<{ stays: readonly Stays[] }>('sessions.list', { agentId, limit: 0 }).then(
      (told) => {
        if (!isStale) setStays(told.stays.find((one) => one.id === id))
      },
      // The rest of what is known of the account stands without it.
      () => setStays(undefined),
    )
    return () => {
      isStale = true
    }
  }, [id, agentId, link.kind])
  return stays
}
