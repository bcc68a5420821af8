// The accounts of one provider, in the order in which they would be used.
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import type { AccountGroup, AccountRow } from '../../../core/accounts.ts'
import { useApp } from '../app-store.ts'
import { Menu } from '../view/menu.tsx'
import { clearOrder, moveAccount, orderedIds, testAccounts } from './actions.ts'
import { Row } from './row.tsx'

/** Of so many, only the first are drawn until somebody wants all. */
const FEW = 12

export function Group({
  group,
  rows,
  isFiltered,
}: {
  group: AccountGroup
  rows: readonly AccountRow[]
  isFiltered: boolean
}) {
  const app = useApp()
  const { words, scopes, testing } = app.state
  const [isWhole, setWhole] = useState(false)
  const [dragged, setDragged] = useState<string>()
  const [opened, setOpened] = useState<string>()
  // A row that is put elsewhere takes its focus along: a node that is moved in the document loses it.
  const held = document.activeElement
  useLayoutEffect(() => {
    const isLost = held !== document.activeElement && document.activeElement === document.body
    if (isLost && held instanceof HTMLElement && held.closest('.rows') !== null) held.focus()
  })
  const mayChange = scopes.has('accounts') && app.state.report?.owner === undefined
  const order =
    group.order !== null
      ? group.order.from === 'agent'
        ? words.group.orderAgent
        : words.group.orderConfig
      : group.byHeadroom
        ? words.group.headroom
        : words.group.turns
  const ids = orderedIds(group)
  const shown = isWhole || rows.length <= FEW + 3 ? rows : rows.slice(0, FEW)
  const id = `group-${group.provider}`
  const { reveal } = app.state
  useEffect(() => {
    if (reveal?.kind !== 'row' || !rows.some((row) => row.id === reveal.id)) return
    if (opened !== reveal.id) return setOpened(reveal.id)
    if (!shown.some((row) => row.id === reveal.id)) return setWhole(true)
    document.querySelector<HTMLElement>(`.name[data-id="${CSS.escape(reveal.id)}"]`)?.focus()
    // Behind the effect, in which nothing may be drawn anew.
    queueMicrotask(() => app.set({ reveal: undefined }))
  })
  const isTesting = group.rows.some((row) => testing.has(row.id))
  const items = [
    { text: words.group.testAll, act: () => void testAccounts(app, group.rows) },
    ...(group.order?.from === 'agent'
      ? [{ text: words.group.clearOrder, act: () => void clearOrder(app, group) }]
      : []),
  ]
  return (
    <section class="group" aria-labelledby={id}>
      <div class="group-head">
        <h3 id={id} class="group-name" translate={false}>
          {group.provider}
        </h3>
        <span class="quiet">
          {words.group.accounts(group.rows.length)}
          {group.rows.length > 1 ? ` · ${order}` : ''}
        </span>
        {mayChange && (
          <span class="group-end">
            {isTesting && <span class="quiet">{words.adding.asking}</span>}
            <Menu label={words.row.actions(group.provider)} items={items}>
              ⋯
            </Menu>
          </span>
        )}
      </div>
      <table class="rows" aria-labelledby={id}>
        <tbody>
          {shown.map((row) => (
            <Row
              key={row.id}
              row={row}
              group={group}
              place={ids.indexOf(row.id)}
              isOpen={opened === row.id}
              mayMove={mayChange && !isFiltered && ids.length > 1 && row.source === 'profile'}
              isDragged={dragged === row.id}
              toggle={() => setOpened(opened === row.id ? undefined : row.id)}
              drag={setDragged}
              dropped={() => {
                if (dragged !== undefined && ids.includes(row.id))
                  void moveAccount(app, group, dragged, ids.indexOf(row.id))
                setDragged(undefined)
              }}
            />
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <button type="button" class="quiet-button" onClick={() => setWhole(true)}>
          {words.group.show(rows.length)}
        </button>
      )}
    </section>
  )
}
