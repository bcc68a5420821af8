// One account: its name, what it is in and why, what it has left, and what can be done. Enter, or a click on its state, opens the rest.
import type { AccountGroup, AccountRow } from '../../../core/accounts.ts'
import { type App, useApp } from '../app-store.ts'
import { ageText, cutText, dateText, momentText, shortName, tookText } from '../format.ts'
import { Menu } from '../view/menu.tsx'
import { StateMark } from '../view/state-mark.tsx'
import { WindowBar } from '../view/window-bar.tsx'
import { clearRest, moveAccount, pinAccount, testAccounts } from './actions.ts'
import { Detail } from './detail.tsx'
import { remedyOf } from './remedy.ts'
import { itemsOf } from './row-menu.ts'

type Props = {
  row: AccountRow
  group: AccountGroup
  /** In the order; -1 where it has none. */
  place: number
  isOpen: boolean
  mayMove: boolean
  isDragged: boolean
  toggle(): void
  drag(id: string | undefined): void
  dropped(): void
}

const LONGEST_NAME = 34

export function Row(props: Props) {
  const app = useApp()
  const { row, group, place, isOpen, mayMove, isDragged, toggle, drag, dropped } = props
  const { words, scopes, testing } = app.state
  const name = shortName(row.id)
  const mayChange = scopes.has('accounts') && app.state.report?.owner === undefined
  const remedy = mayChange ? remedyOf(app, row, group) : undefined
  const mark = row.isNext ? words.mark.next : row.isFirst ? words.mark.first : ''
  return (
    <>
      <tr
        class={`row${row.isNext ? ' is-next' : ''}${isDragged ? ' dragged' : ''}${row.state.kind === 'off' ? ' is-off' : ''}`}
        onKeyDown={(event) => keys(event, app, props)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          dropped()
        }}
      >
        <td class="c-place">
          {mayMove && (
            <span
              class="handle"
              draggable
              aria-hidden="true"
              title={words.row.drag(row.id)}
              onDragStart={() => drag(row.id)}
              onDragEnd={() => drag(undefined)}
            >
              ⠿
            </span>
          )}
          {mark !== '' ? (
            <span class={row.isNext ? 'mark next' : 'mark'}>
              <span aria-hidden="true">{row.isNext ? '▶' : '▷'}</span> {mark}
            </span>
          ) : (
            <span class="place">{place >= 0 ? place + 1 : ''}</span>
          )}
        </td>
        <th scope="row" class="c-name">
          <button
            type="button"
            class="name"
            data-id={row.id}
            aria-expanded={isOpen}
            title={name.length > LONGEST_NAME ? name : undefined}
            onClick={toggle}
          >
            <span translate={false}>{cutText(name, LONGEST_NAME)}</span>
          </button>
          <div class="second">{kindText(app, row)}</div>
        </th>
        <td class="c-state">
          <button type="button" class="state-button" tabIndex={-1} onClick={toggle}>
            <StateMark state={row.state} />
          </button>
          <div class="second">
            {testing.has(row.id) ? words.did.testing(name) : <Tested id={row.id}>{secondLine(app, row)}</Tested>}
          </div>
        </td>
        <td class="c-usage">
          {remedy === undefined ? (
            <Usage row={row} />
          ) : (
            <div class="remedy">
              {row.windows.length > 0 && <Usage row={row} />}
              <button type="button" class="small-button" onClick={remedy.act}>
                {remedy.text}
              </button>
            </div>
          )}
        </td>
        <td class="c-actions">
          {mayChange && (
            <Menu label={words.row.actions(row.id)} items={itemsOf(app, row, group, place)}>
              ⋯
            </Menu>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr class={row.isNext ? 'opened is-next' : 'opened'}>
          <td colSpan={5}>
            <Detail row={row} />
          </td>
        </tr>
      )}
    </>
  )
}

/** How the test came out, for some seconds; else what stands there. */
function Tested({ id, children }: { id: string; children: string }) {
  const { words, tested } = useApp().state
  const result = tested.get(id)
  if (result === undefined) return <>{children}</>
  if (result.status === 'ok')
    return <span class="ready">✓ {words.did.works(shortName(id), tookText(result.latencyMs ?? 0, words))}</span>
  return <span class="needs-you">✕ {words.did.fails(shortName(id), result.error ?? result.status)}</span>
}

function keys(event: KeyboardEvent, app: App, { row, group, place, mayMove }: Props): void {
  if (!(event.target instanceof HTMLElement) || event.target.closest('.menu-list') !== null) return
  const { letters, scopes } = app.state
  const isDown = event.key === 'ArrowDown' || (letters && event.key === 'j')
  const isUp = event.key === 'ArrowUp' || (letters && event.key === 'k')
  const step = isDown ? 1 : isUp ? -1 : 0
  if (event.altKey && step !== 0 && mayMove) {
    event.preventDefault()
    void moveAccount(app, group, row.id, place + step)
  } else if (step !== 0 && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault()
    const all = [...document.querySelectorAll<HTMLElement>('.row .name')]
    const own = (event.currentTarget as HTMLElement).querySelector<HTMLElement>('.name')
    const at = own === null ? -1 : all.indexOf(own)
    all[at + step]?.focus()
  } else if (event.ctrlKey || event.metaKey || event.altKey || !letters || !scopes.has('accounts')) return
  else if (event.key === 'p' && row.source === 'profile') void pinAccount(app, row, 'main')
  else if (event.key === 't') void testAccounts(app, [row])
  else if (event.key === 'r') void clearRest(app, row)
}

/** What kind of account it is, and until when. */
function kindText({ state: { words, language, now } }: App, row: AccountRow): string {
  const { expiresAt, kind, renewable, source } = row
  const parts = [words.kinds[kind]]
  if (renewable === true) parts.push(words.row.renews)
  else if (expiresAt !== undefined) {
    const when = dateText(expiresAt, now, language)
    parts.push(expiresAt > now ? words.row.until(when) : words.row.expired(when))
  }
  if (source !== 'profile') parts.push(words.sources[source])
  return parts.join(' · ')
}

/** Why it is in its state, or when it served last. */
function secondLine({ state: { words, language, now } }: App, row: AccountRow): string {
  const { state, lastUsedAt, lastFailureAt, resting } = row
  const when = (at: number): string => momentText(at, now, language)
  if (state.kind === 'needs_you' && state.since !== undefined) {
    const again = state.until === undefined ? [] : [words.state.triesAgain(when(state.until))]
    return [words.row.refusedAt(when(state.since)), ...again].join(' · ')
  }
  if (state.kind === 'resting') {
    const why = words.why[state.why] ?? state.why
    const model = 'model' in state && state.model !== undefined ? ` (${state.model})` : ''
    return words.row.refused(when(state.since ?? now), why) + model
  }
  if (state.kind === 'off' && state.of !== undefined) return words.row.of(state.of)
  const [part] = resting
  if (part !== undefined) return words.row.model(part.model, when(part.until), words.why[part.why] ?? part.why)
  // Back from a rest, and not asked since.
  if (lastFailureAt !== undefined && lastFailureAt > (lastUsedAt ?? 0)) return words.row.refusedAt(when(lastFailureAt))
  return lastUsedAt === undefined ? words.row.neverUsed : words.row.served(when(lastUsedAt))
}

function Usage({ row }: { row: AccountRow }) {
  const { words, now } = useApp().state
  const windows = row.windows.filter(({ isOver }) => isOver !== true)
  if (windows.length === 0)
    return <span class="quiet">{row.billing === 'metered' ? words.row.perCall : words.row.flat}</span>
  const age = row.saidAt === undefined ? 0 : now - row.saidAt
  return (
    <div class="limits" title={age > 300_000 ? words.row.said(ageText(age, words)) : undefined}>
      {windows.slice(0, 2).map((window) => (
        <WindowBar key={window.label} window={window} />
      ))}
    </div>
  )
}
