// One limit of an account: how much of it is used, with a mark where its time stands.
import type { WindowReport } from '../../../core/usage-report.ts'
import { useApp } from '../app-store.ts'
import { passedOf, percentText, resetText } from '../format.ts'

const WIDTH = 100
const HEIGHT = 8

export function WindowBar({ window: limit }: { window: WindowReport }) {
  const { words, language, now } = useApp().state
  const { label, usedPercent, resetAt } = limit
  const percent = percentText(usedPercent, language)
  const when = resetAt === undefined ? '' : resetText(resetAt, now, language)
  const passed = passedOf(label, resetAt, now)
  const isFull = usedPercent >= 100
  return (
    <div class="limit">
      <span class="limit-name" translate={false}>
        {label}
      </span>
      <svg
        class={isFull ? 'meter full' : 'meter'}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.usage.label(label, percent, when)}
      >
        <rect class="meter-ground" width={WIDTH} height={HEIGHT} />
        <rect class="meter-fill" width={(usedPercent / 100) * WIDTH} height={HEIGHT} />
        {passed !== undefined && <rect class="meter-tick" x={passed * WIDTH - 0.5} width={1} height={HEIGHT} />}
      </svg>
      <span class="limit-text">
        {words.usage.used(percent)}
        {when !== '' && <span class="quiet"> · {when}</span>}
      </span>
    </div>
  )
}
