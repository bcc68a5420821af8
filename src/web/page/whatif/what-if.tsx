// What would follow if accounts broke: the gateway is asked as `models explain --if` asks it, and its answer is drawn. Nothing is changed.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Explanation } from '../../../core/explanation.ts'
import { problemOf, useApp } from '../app-store.ts'
import { type Problem, rowsOf } from '../state.ts'
import { Command } from '../view/command.tsx'
import { Trouble } from '../view/trouble.tsx'
import { Following } from './following.tsx'
import { Moments } from './moments.tsx'
import { Standing } from './standing.tsx'
import { SupposeForm } from './suppose-form.tsx'
import { commandOf, pathOf, readPath, type Supposition, wishTexts } from './wishes.ts'

const MINUTE_MS = 60_000
/** Under traffic a report comes each second, and each answer costs the gateway as much as a call. */
const PAUSE_MS = 5000

export function WhatIf() {
  const { state, request, go } = useApp()
  const { words, report, agentId, path, now, link } = state
  const [told, setTold] = useState<Explanation>()
  const [problem, setProblem] = useState<Problem>()
  const rows = rowsOf(report)
  const first = report?.next ?? report?.insteadBy?.next ?? rows[0]?.id
  const supposed = readPath(path)
  const show = (next: Supposition): void => go('whatif', pathOf(next))
  const isAsked = supposed.wishes.length > 0
  const news = useSlow(report)

  useEffect(() => {
    if (isAsked || first === undefined) return
    // The first question of all: what if whoever is next is limited. Behind the effect, in which nothing may be drawn anew.
    queueMicrotask(() => show({ model: supposed.model, wishes: [{ id: first, what: '429' }] }))
  }, [isAsked, first === undefined])
  useEffect(() => {
    if (!isAsked || link.kind !== 'live') return
    let isStale = false
    const wish = {
      agentId,
      if: wishTexts(supposed.wishes),
      ...(supposed.model === '' ? {} : { model: supposed.model }),
    }
    request<Explanation>('models.explain', wish).then(
      (answer) => {
        if (isStale) return
        setTold(answer)
        setProblem(undefined)
      },
      (error) => {
        if (isStale) return
        setTold(undefined)
        setProblem(problemOf(error, words))
      },
    )
    return () => {
      isStale = true
    }
    // As of this minute: what is supposed happens now.
  }, [path, agentId, news, link.kind, Math.floor(now / MINUTE_MS)])

  const agent = report === undefined || report.defaultAgent === report.agentId ? '' : report.agentId
  return (
    <div class="whatif">
      <h2>{words.views.whatif}</h2>
      <p class="quiet" id="whatif-about">
        {words.whatif.about}
      </p>
      {first === undefined ? (
        <p class="nothing">{words.whatif.nothing}</p>
      ) : (
        <>
          <SupposeForm supposed={supposed} show={show} reset={() => go('whatif')} />
          <Trouble problem={problem} />
          {told !== undefined && (
            <>
              <Standing told={told} />
              <Following told={told} />
              <Moments told={told} />
            </>
          )}
          {isAsked && (
            <p class="whatif-shell">
              <span class="quiet">{words.detail.shell}</span> <Command text={commandOf(supposed, agent)} />
            </p>
          )}
        </>
      )}
    </div>
  )
}

/** What is told often, told again after a pause, and never while nobody looks. */
function useSlow<T>(value: T): T {
  const [slow, setSlow] = useState(value)
  const latest = useRef(value)
  latest.current = value
  const isBehind = value !== slow
  useEffect(() => {
    if (!isBehind) return
    const timer = setInterval(() => {
      if (!document.hidden) setSlow(latest.current)
    }, PAUSE_MS)
    return () => clearInterval(timer)
  }, [isBehind])
  return slow
}
