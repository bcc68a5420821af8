// A login under way: the address to open, or the code to type, and the field for where the browser ended.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LoginFlow } from '../../../core/protocol.ts'
import { useApp } from '../app-store.ts'
import { hourText, lengthText } from '../format.ts'
import { CodePicture } from './code-picture.tsx'

type Props = {
  flow: Extract<LoginFlow, { state: 'waiting' }>
  isBusy: boolean
  take(address: string): void
  cancel(): void
}

/** Counts down what is of use for some minutes, by seconds; drawn anew by itself alone. @returns ms epoch, by this machine's clock */
function useClock(): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

export function Waiting({ flow, isBusy, take, cancel }: Props) {
  const { words, language, skewMs } = useApp().state
  const { adding } = words
  const now = useClock() + skewMs
  const field = useRef<HTMLInputElement>(null)
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => link.current?.focus(), [flow.id])
  const isDevice = flow.kind === 'device'
  // No address of another kind is made a link, whoever gave it.
  const href = /^https?:/.test(flow.url) ? flow.url : undefined
  const submit = (event: Event): void => {
    event.preventDefault()
    const text = field.current?.value ?? ''
    if (field.current !== null) field.current.value = ''
    if (text.trim() !== '') take(text)
  }
  return (
    <form id="adding-wait" class="fields" onSubmit={submit}>
      <p>
        {isDevice
          ? adding.deviceStep(
              `${hourText(flow.endsAt, language)} (${lengthText(Math.max(0, flow.endsAt - now), words)})`,
            )
          : adding.browserStep(flow.label)}
      </p>
      {isDevice && (
        <div class="device">
          {href !== undefined && <CodePicture text={href} label={adding.picture(href)} />}
          <output class="code" id="adding-code" aria-label={adding.code} translate={false}>
            {flow.userCode}
          </output>
        </div>
      )}
      <a
        ref={link}
        class="open-vendor"
        {...(href === undefined ? {} : { href })}
        target="_blank"
        rel="noopener noreferrer"
      >
        {isDevice ? flow.url : adding.openVendor(flow.label)}
      </a>
      <p class="quiet">
        {isDevice
          ? adding.deviceCare
          : `${flow.port === undefined ? adding.noPort : adding.comesBack(flow.port)} ${adding.pasteAddress}`}
      </p>
      {!isDevice && (
        <>
          <label for="adding-back">{adding.address}</label>
          <input ref={field} id="adding-back" type="password" autocomplete="off" spellcheck={false} />
        </>
      )}
      <p class="quiet" role="status">
        {flow.note ?? adding.waiting}
      </p>
      <div class="buttons">
        {!isDevice && (
          <button type="submit" disabled={isBusy}>
            {adding.useAddress}
          </button>
        )}
        <button type="button" onClick={cancel}>
          {adding.cancelLogin}
        </button>
      </div>
    </form>
  )
}
