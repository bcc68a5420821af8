// The list of what happened: only the rows in sight are drawn, and nothing moves under the hand of who reads further down.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { type Entry, inSight } from './entries.ts'
import { EntryRow } from './entry-row.tsx'

const WIDE_ROW = 32
const NARROW_ROW = 52
const NARROW = '(max-width: 720px)'

type Props = { entries: readonly Entry[]; opened: string | undefined; open(entry: Entry): void }

export function Timeline({ entries, opened, open }: Props) {
  const { words, letters } = useApp().state
  const box = useRef<HTMLElement>(null)
  const [scrollTop, setScrollTop] = useState(0)
  const [isNarrow, setNarrow] = useState(matchMedia(NARROW).matches)
  /** What is shown to who has scrolled down: the list as it was. */
  const [held, setHeld] = useState<readonly Entry[]>()
  useEffect(() => {
    const media = matchMedia(NARROW)
    const hear = (): void => setNarrow(media.matches)
    media.addEventListener('change', hear)
    return () => media.removeEventListener('change', hear)
  }, [])
  const newestOf = useMemo(() => new Map(entries.map((entry) => [entry.key, entry])), [entries])
  /** The entry that has the focus, or had it until its row left the sight. */
  const focused = useRef<string>()
  /** An arrow key went on; the focus follows. */
  const walked = useRef<string>()
  useLayoutEffect(() => {
    // What is scrolled to may be drawn a drawing later.
    const { current } = walked
    const row =
      current === undefined ? null : box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(current)}"]`)
    if (row) {
      row.focus()
      walked.current = undefined
    } else if (focused.current !== undefined && document.activeElement === document.body) {
      // Its row is drawn no more: the list takes the focus, and the keys go on.
      box.current?.focus({ preventScroll: true })
    }
  })
  const shown = held ?? entries
  const newest = shown[0]?.at ?? 0
  const fresh = held === undefined ? 0 : entries.filter(({ at }) => at > newest).length
  const rowHeight = isNarrow ? NARROW_ROW : WIDE_ROW
  const height = Math.max(box.current?.clientHeight ?? 0, 640)
  const { from, to } = inSight(shown.length, { scrollTop, height, rowHeight })
  const scrolled = (): void => {
    const top = box.current?.scrollTop ?? 0
    setScrollTop(top)
    if (top < 4 && focused.current === undefined) setHeld(undefined)
    else if (held === undefined) setHeld(entries)
  }
  const toTop = (): void => {
    setHeld(undefined)
    if (box.current !== null) box.current.scrollTop = 0
  }
  const walk = (event: KeyboardEvent): void => {
    // With a key held down it is somebody else's, such as Ctrl+K.
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const isLetter = letters && (event.key === 'j' || event.key === 'k')
    const step =
      event.key === 'ArrowDown' || (isLetter && event.key === 'j') ? 1 : event.key === 'ArrowUp' || isLetter ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const from = focused.current ?? opened
    const next = shown[shown.findIndex(({ key }) => key === from) + step]
    if (next === undefined) return
    walked.current = next.key
    focused.current = next.key
    open(next)
    const top = shown.indexOf(next) * rowHeight
    const view = box.current
    if (view === null) return
    if (top < view.scrollTop) view.scrollTop = top
    else if (top + rowHeight > view.scrollTop + view.clientHeight) view.scrollTop = top + rowHeight - view.clientHeight
  }
  return (
    <div class="timeline-frame">
      {fresh > 0 && (
        <button type="button" class="fresh" onClick={toTop}>
          ▴ {words.activity.fresh(fresh)}
        </button>
      )}
      <section
        class="timeline"
        aria-label={words.activity.title}
        ref={box}
        tabIndex={-1}
        onScroll={scrolled}
        onKeyDown={walk}
        onFocusIn={(event) => {
          const key = (event.target as HTMLElement).dataset.key
          if (key !== undefined) {
            focused.current = key
            walked.current = undefined
          }
          // Nothing moves under the hand of who is in the list.
          if (held === undefined) setHeld(entries)
        }}
        onFocusOut={(event) => {
          // Without a next one, the row itself may have gone.
          if (!(event.relatedTarget instanceof Node) || box.current?.contains(event.relatedTarget) === true) return
          focused.current = undefined
          if ((box.current?.scrollTop ?? 0) < 4) setHeld(undefined)
        }}
        onPointerDown={() => {
          focused.current = undefined
          walked.current = undefined
        }}
      >
        <div style={{ height: `${shown.length * rowHeight}px`, position: 'relative' }}>
          <ul class="entries" style={{ transform: `translateY(${from * rowHeight}px)` }}>
            {shown.slice(from, to).map((entry) => (
              <EntryRow
                key={entry.key}
                entry={newestOf.get(entry.key) ?? entry}
                height={rowHeight}
                isOpen={entry.key === opened}
                open={open}
              />
            ))}
          </ul>
        </div>
      </section>
    </div>
  )
}
