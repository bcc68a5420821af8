// One thing that was said, and below an answer: which account and model gave it, what it took, and why this one.
import { useState } from 'preact/hooks'
import type { ActivityCall } from '../../../core/activity.ts'
import type { KeptTraceLine, PastCall } from '../../../core/ledger.ts'
import { useApp } from '../app-store.ts'
import { countText, hourText, moneyText, percentText, tookText } from '../format.ts'
import { Trouble } from '../view/trouble.tsx'
import { callOf, type Line } from './log.ts'
import { Said } from './said.tsx'
import { Shown } from './shown.tsx'

export function Message({ line, sessionKey }: { line: Line; sessionKey: string }) {
  const { words, language, calls } = useApp().state
  const { chat } = words
  const { role, text, at, isRunning, asides, served, command, end, error } = line
  const call = callOf(line, calls, sessionKey)
  const who = role === 'user' ? chat.you : command === undefined ? chat.answer : chat.program
  return (
    <article class={`message ${role}${command === undefined ? '' : ' reply'}${error === undefined ? '' : ' failed'}`}>
      <div class="message-head quiet">
        <span>{who}</span> <time dateTime={new Date(at).toISOString()}>{hourText(at, language)}</time>
      </div>
      {line.isSummary === true && <p class="quiet">{chat.summary}</p>}
      {asides?.map((aside) => (
        <p key={aside} class="aside text plain quiet">
          {aside}
        </p>
      ))}
      {role !== 'user' && command === undefined ? (
        <Said text={text} />
      ) : (
        (text !== '' || line.shown === undefined) && <p class="text plain">{text}</p>
      )}
      {line.shown !== undefined && <Shown shown={line.shown} />}
      {isRunning === true && <span class="caret" aria-hidden="true" />}
      {served?.notice?.split('\n').map((notice) => (
        <p key={notice} role="status">
          {notice}
        </p>
      ))}
      {(served !== undefined || call !== undefined) && <Footer line={line} call={call} />}
      {end !== undefined && <p class="quiet">{end === 'aborted' ? chat.stopped : chat.lost}</p>}
      {error !== undefined && <Trouble problem={error} />}
    </article>
  )
}

function Footer({ line: { served }, call }: { line: Line; call: ActivityCall | undefined }) {
  const { state, request, complain } = useApp()
  const { words, language, agentId } = state
  const [trace, setTrace] = useState<readonly KeptTraceLine[]>()
  const usage = served?.usage ?? call?.tokens
  const prompt = usage === undefined ? 0 : usage.input + usage.cacheRead + usage.cacheWrite
  const attempts = served?.attempts ?? call?.attempts.length ?? 1
  const instead = served?.insteadOf
  const parts = [
    ...(instead === undefined ? [] : [words.chat.instead(instead)]),
    ...(call?.cost === undefined ? [] : [moneyText(call.cost, language)]),
    ...(usage === undefined
      ? []
      : [
          `${words.activity.in(countText(prompt, language))}${usage.cacheRead > 0 ? ` (${words.strip.cached(percentText((usage.cacheRead / prompt) * 100, language))})` : ''}, ${words.activity.out(countText(usage.output, language))}`,
        ]),
    ...(call === undefined ? [] : [tookText(call.ms, words)]),
    ...(attempts > 1 ? [words.chat.attempts(attempts - 1)] : []),
  ]
  const toggle = (): void => {
    if (trace !== undefined || call === undefined) {
      setTrace(undefined)
      return
    }
    request<PastCall>('activity.call', { agentId, call: call.call }).then(
      (past) => setTrace(past.lines.at(-1)?.trace ?? []),
      complain,
    )
  }
  return (
    <footer class="served">
      <strong translate={false}>{served?.servedBy ?? call?.attempts.at(-1)?.profile ?? ''}</strong>
      <span translate={false}>{served?.model ?? call?.attempts.at(-1)?.model ?? ''}</span>
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
      {call !== undefined && (
        <button type="button" class="quiet-button" aria-expanded={trace !== undefined} onClick={toggle}>
          {words.chat.why}
        </button>
      )}
      {trace !== undefined && (
        <ol class="trace">
          {trace.map(({ id, verdict, rule, reason }, at) => (
            <li key={at} class={verdict}>
              <span translate={false}>{id}</span>{' '}
              <span class="quiet">
                {words.verdict[verdict]} · <code>{rule}</code> <span lang="en">{reason}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </footer>
  )
}
