// The landing view: who serves the next call, and every account in the order of its use.
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { rowsOf } from '../state.ts'
import { Empty } from './empty.tsx'
import { Group } from './group.tsx'
import { Strip } from './strip.tsx'

/** Above so many accounts they can be filtered. */
const MANY = 20

export function Accounts() {
  const { state, set } = useApp()
  const { report, words } = state
  const [filter, setFilter] = useState('')
  useEffect(() => {
    if (state.reveal?.kind === 'row') setFilter('')
  }, [state.reveal])
  if (report === undefined) return null
  const rows = rowsOf(report)
  if (rows.length === 0) return <Empty missing={report.missing} />
  const wanted = filter.trim().toLowerCase()
  const groups = report.groups
    .map((group) => ({
      group,
      rows: group.rows.filter(({ id, label }) => `${id} ${label}`.toLowerCase().includes(wanted)),
    }))
    .filter((one) => one.rows.length > 0)
  return (
    <>
      <h2 class="unseen">{words.views.accounts}</h2>
      <Strip report={report} />
      {state.link.kind === 'live' && !state.scopes.has('accounts') && <p class="notice">{words.group.notHere}</p>}
      {report.owner !== undefined && <p class="notice">{words.group.inherited(report.owner)}</p>}
      {report.missing.map((provider) => (
        <p key={provider} class="notice needs-you">
          <span>
            <span aria-hidden="true">▲</span> {words.group.missing(provider)}
          </span>
          {state.scopes.has('accounts') && (
            <button type="button" onClick={() => set({ adding: {} })}>
              {words.add}
            </button>
          )}
        </p>
      ))}
      {rows.length > MANY && (
        <input
          class="filter"
          type="search"
          aria-label={words.group.filter}
          placeholder={words.group.filter}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      {groups.length === 0 && <p class="quiet">{words.group.none}</p>}
      {groups.map(({ group, rows: shown }) => (
        <Group key={group.provider} group={group} rows={shown} isFiltered={wanted !== ''} />
      ))}
    </>
  )
}
