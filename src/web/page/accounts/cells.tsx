// What one account did, a cell per span of time, on the same axis as the charts.
import type { ActivityCell } from '../../../core/activity.ts'
import { useApp } from '../app-store.ts'
import { hourText } from '../format.ts'

type Props = { cells: readonly ActivityCell[]; from: number; stepMs: number; label: string }

const CELL = 10
const HEIGHT = 14

export function Cells({ cells, from, stepMs, label }: Props) {
  const { language, words } = useApp().state
  const texts: Readonly<Record<ActivityCell, string>> = {
    idle: '–',
    served: words.activity.served,
    refused: words.activity.failed,
  }
  return (
    <svg
      class="cells"
      viewBox={`0 0 ${cells.length * CELL} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {cells.map((cell, at) => (
        <rect
          key={at}
          class={`cell ${cell}`}
          x={at * CELL + 0.5}
          width={CELL - 1}
          y={cell === 'idle' ? 6 : 0}
          height={cell === 'idle' ? 2 : HEIGHT}
        >
          <title>
            {hourText(from + at * stepMs, language)} {texts[cell]}
          </title>
        </rect>
      ))}
    </svg>
  )
}
