// Stacked bars, one per span of time, drawn by hand; the same as a table for who does not see them.
import { useId, useState } from 'preact/hooks'
import type { ActivityChart, ActivitySums } from '../../../core/activity.ts'
import { useApp } from '../app-store.ts'
import { countText, hourText } from '../format.ts'
import { SCROLLS } from '../view/scrolls.ts'

type Props = {
  title: string
  chart: ActivityChart
  parts: readonly Part[]
  /** A value as it is read; absent: a count. */
  textOf?: (value: number, language: string) => string
}
type Part = { name: string; tone: 'output' | 'input' | 'cached' | 'failed'; of(sums: ActivitySums): number }

const BAR = 10
const GAP = 2
const HEIGHT = 48

export function Bars({ title, chart, parts, textOf: valueText = countText }: Props) {
  const { words, language } = useApp().state
  const [isTable, setTable] = useState(false)
  const id = useId()
  const most = Math.max(...chart.bars.map((sums) => parts.reduce((sum, part) => sum + part.of(sums), 0))) || 1
  const timeOf = (at: number): string => hourText(chart.from + at * chart.stepMs, language)
  const textOf = (sums: ActivitySums): string =>
    parts.map((part) => `${valueText(part.of(sums), language)} ${part.name}`).join(', ')
  return (
    <figure class="bars">
      <figcaption>
        <span class="bars-title">{title}</span>
        <span class="legend">
          {/* One tone alone is what the title says. */}
          {(parts.length === 1 ? [] : parts).map(({ name, tone }) => (
            <span key={name}>
              <svg class="key" viewBox="0 0 10 10" aria-hidden="true">
                <rect class={`tone ${tone}`} width="10" height="10" />
              </svg>
              {name}
            </span>
          ))}
        </span>
        <span class="quiet">≤ {valueText(most, language)}</span>
        <button
          type="button"
          class="quiet-button"
          aria-expanded={isTable}
          aria-controls={id}
          onClick={() => setTable(!isTable)}
        >
          {isTable ? words.activity.chart : words.activity.table}
        </button>
      </figcaption>
      {isTable ? (
        <section class="bars-table" id={id} {...SCROLLS} aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.activity.time}</th>
                {parts.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {chart.bars.flatMap((sums, at) =>
                parts.every((part) => part.of(sums) === 0)
                  ? []
                  : [
                      <tr key={at}>
                        <th scope="row">{timeOf(at)}</th>
                        {parts.map((part) => (
                          <td key={part.name}>{valueText(part.of(sums), language)}</td>
                        ))}
                      </tr>,
                    ],
              )}
            </tbody>
          </table>
        </section>
      ) : (
        <svg
          id={id}
          class="bars-plot"
          viewBox={`0 0 ${chart.bars.length * BAR} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${textOf(chart.total)}`}
        >
          <line class="axis" x1="0" x2={chart.bars.length * BAR} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
          {chart.bars.map((sums, at) => {
            let top = HEIGHT
            return (
              <g key={at}>
                <title>{`${timeOf(at)} · ${textOf(sums)}`}</title>
                <rect class="bar-ground" x={at * BAR} width={BAR} height={HEIGHT} />
                {parts.map((part) => {
                  const height = (part.of(sums) / most) * (HEIGHT - 2)
                  top -= height
                  return height > 0 ? (
                    <rect
                      key={part.name}
                      class={`tone ${part.tone}`}
                      x={at * BAR + GAP / 2}
                      y={top}
                      width={BAR - GAP}
                      height={Math.max(height - 0.75, 0.75)}
                    />
                  ) : null
                })}
              </g>
            )
          })}
        </svg>
      )}
      <div class="axis-text quiet" aria-hidden="true">
        <span>{timeOf(0)}</span>
        <span>{timeOf(Math.floor(chart.bars.length / 2))}</span>
        <span>{timeOf(chart.bars.length)}</span>
      </div>
    </figure>
  )
}
