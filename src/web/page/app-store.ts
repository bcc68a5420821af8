// The one state of the page, and everything that can be done with it. Components draw it and call these; nothing else talks to the gateway.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { AccountsReport } from '../../core/accounts.ts'
import type { ActivityReport } from '../../core/activity.ts'
import type { FirstAnswer } from '../../core/first-answer.ts'
import type { ChatEvent, ErrorBody, LoginFlow } from '../../core/protocol.ts'
import type { SettingsReport } from '../../core/settings.ts'
import { keepSetting, settingOf } from './kept.ts'
import { keepLanguage, type LoginTrouble, openSession } from './login.ts'
import { openSocket, Refused, type Request } from './socket.ts'
import {
  changes,
  type Probed,
  type Problem,
  type State,
  soonestEnd,
  type Toast,
  type View,
  withActivity,
  withProbed,
  withRecent,
} from './state.ts'
import { addressOf, placeIn } from './where.ts'
import type { Words } from './words/en.ts'
import { type Language, wordsOf } from './words/words.ts'

export type App = {
  /** As it is drawn. */
  state: State
  /** As it is by now, for what goes on behind a wait. */
  latest(): State
  request: Request
  set(patch: Partial<State>): void
  /** @param path what of it is shown; absent: what it shows first */
  go(view: View, path?: string): void
  speak(language: Language): void
  /** Switches single letters on or off. */
  setLetters(on: boolean): void
  chooseAgent(agentId: string): void
  connect(): void
  /** Asks for everything anew. */
  refresh(): Promise<void>
  logIn(proof: { code: string } | { token: string }): Promise<LoginTrouble | undefined>
  /** Ends the session; the form to log in follows. */
  logOut(): Promise<void>
  /** The code of the link did not do; said once a login turns out to be needed. */
  codeWasUsed(): void
  /** Tells of something that was done. */
  say(text: string, more?: Pick<Toast, 'undo'>): void
  /** Tells that something went wrong. */
  complain(error: unknown): void
  dismiss(id: number): void
  /** Hears events of conversations, and of logins. @returns stops */
  hearChat(hear: (event: ChatEvent) => void): () => void
  hearLogin(hear: (flow: LoginFlow) => void): () => void
  hearSettings(hear: (report: SettingsReport) => void): () => void
}

const TOAST_MS = 10_000
/** Events about the agent that is looked at. */
const FOLLOWED: ReadonlySet<string> = new Set(['accounts', 'accounts.failed', 'activity', 'auth.probed'])
/** At most ten paints a second, whatever comes. */
const PAINT_MS = 100

export const AppContext = createContext<App | undefined>(undefined)

/** The page's state and what can be done with it. */
export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('drawn outside of the page')
  return app
}

/** @returns what went wrong, for people */
export function problemOf(error: unknown, { problems }: Words): Problem {
  if (error instanceof Refused) {
    const { code, message, remedy } = error
    const own = problems[code]
    const text = own === undefined ? { message, lang: 'en' as const } : { message: own }
    return { ...text, ...(remedy === undefined ? {} : { remedy }) }
  }
  return { message: error instanceof Error ? error.message : String(error) }
}

export type Start = { language: Language; words: Words; first: FirstAnswer | undefined }

/** @param draw called after changes, with the app as it is then; @param start what came with the document */
export function openApp(draw: (app: App) => void, { language, words, first }: Start): App {
  const session = openSession(first)
  const skewMs = first?.report === undefined ? 0 : first.report.at - Date.now()
  let state: State = {
    link: { kind: 'connecting' },
    language,
    words,
    view: 'accounts',
    path: '',
    ...placeIn(location.hash),
    reveal: undefined,
    scopes: new Set(first?.scopes),
    agentId: first?.report?.agentId,
    agents: first?.report?.agents ?? [],
    report: first?.report,
    calls: [],
    notes: [],
    hour: first?.hour,
    skewMs,
    now: Date.now() + skewMs,
    toasts: [],
    adding: undefined,
    testing: new Set(),
    tested: new Map(),
    keysShown: false,
    paletteShown: false,
    letters: settingOf('letters') !== 'off',
    spoken: '',
  }
  let painting = 0
  let lastPaint = 0
  let toasts = 0
  let follows = 0
  let wasUsed = false
  const chatHears = new Set<(event: ChatEvent) => void>()
  const loginHears = new Set<(flow: LoginFlow) => void>()
  const settingsHears = new Set<(report: SettingsReport) => void>()

  const paint = (): void => {
    painting = 0
    lastPaint = performance.now()
    draw({ ...app, state })
  }
  const set = (patch: Partial<State>, isUrgent = true): void => {
    state = { ...state, ...patch }
    app.state = state
    if (document.hidden && !isUrgent) return
    if (isUrgent) {
      clearTimeout(painting)
      paint()
    } else if (painting === 0) {
      painting = window.setTimeout(paint, Math.max(0, PAINT_MS - (performance.now() - lastPaint)))
    }
  }

  const take = (report: AccountsReport): Partial<State> => {
    const skewMs = report.at - Date.now()
    return { report, agents: report.agents, skewMs, now: Math.max(report.at, state.now), agentId: report.agentId }
  }

  /** Asks for everything; of what was asked several times, the last is drawn. */
  const follow = async (): Promise<void> => {
    const own = ++follows
    const whose = state.agentId === undefined ? {} : { agentId: state.agentId }
    const answers = Promise.all([
      socket.request<AccountsReport>('accounts.follow', whose),
      socket.request<ActivityReport>('activity.follow', whose),
    ])
    const [report, { calls, notes, hour }] = await answers
    if (own === follows) set({ ...take(report), calls: withRecent(state.calls, calls), notes, hour })
  }
  const isOfOther = ({ agentId }: { agentId: string }): boolean =>
    state.agentId !== undefined && agentId !== state.agentId

  const socket = openSocket({
    antiForgery: session.antiForgery,
    renew: session.renew,
    ready: (scopes, gateway) => {
      set({ link: { kind: 'live', gateway }, scopes: new Set(scopes) })
      void follow().catch(complain)
    },
    lost: (waitMs) => {
      const since = state.link.kind === 'lost' ? state.link.since : Date.now()
      set({ link: { kind: 'lost', since, retryAt: Date.now() + waitMs } })
    },
    refused: (why) => {
      const { login } = state.words
      // What was open is not what one comes back to: nothing stands before the form.
      const closed = { adding: undefined, keysShown: false, paletteShown: false }
      set({ link: { kind: 'login', why: why === '' && wasUsed ? login.used : (login.ended[why] ?? why) }, ...closed })
    },
    event: (event, payload) => {
      // Of the agent before: it was on its way when another one was chosen.
      if (FOLLOWED.has(event) && isOfOther(payload as { agentId: string })) return
      if (event === 'accounts') {
        const report = payload as AccountsReport
        set({ ...take(report), spoken: changes(state, report) }, false)
      } else if (event === 'accounts.failed') complain(new Refused((payload as { error: ErrorBody }).error))
      else if (event === 'activity') set(withActivity(state, payload as ActivityReport), false)
      else if (event === 'auth.probed') set(withProbed(state, (payload as { result: Probed }).result))
      // Who hears of it draws, and who is drawn anew hears anew: of what comes after this.
      else if (event === 'chat') for (const hear of [...chatHears]) hear(payload as ChatEvent)
      else if (event === 'auth.login') for (const hear of [...loginHears]) hear(payload as LoginFlow)
      else if (event === 'settings') for (const hear of [...settingsHears]) hear(payload as SettingsReport)
      else if (event === 'shutdown') set({ link: { kind: 'closing' } })
    },
  })

  const toast = (more: Omit<Toast, 'id'>): void => {
    const id = ++toasts
    set({ toasts: [...state.toasts.slice(-2), { id, ...more }], spoken: more.text })
    window.setTimeout(() => app.dismiss(id), more.isBad ? 2 * TOAST_MS : TOAST_MS)
  }
  const complain = (error: unknown): void => {
    // The banner says that the gateway is gone.
    if (error instanceof Refused && error.code === 'lost') return
    const { message, remedy } = problemOf(error, state.words)
    toast({ text: message, isBad: true, ...(remedy === undefined ? {} : { remedy }) })
  }

  const speak = async (wanted: Language): Promise<void> => {
    const words = await wordsOf(wanted)
    document.documentElement.lang = wanted
    set({ language: wanted, words })
  }

  const app: App = {
    state,
    latest: () => state,
    request: socket.request,
    set,
    go: (view, path = '') => {
      location.hash = addressOf(view, path)
      // At once: who goes on before the browser tells of it goes on from there.
      set({ view, path })
    },
    speak: (wanted) => {
      const address = new URL(location.href)
      address.searchParams.delete('lang')
      history.replaceState(null, '', address)
      void Promise.all([speak(wanted), keepLanguage(wanted)]).catch(complain)
    },
    setLetters: (letters) => {
      keepSetting('letters', letters ? undefined : 'off')
      set({ letters })
    },
    chooseAgent: (agentId) => {
      set({ agentId, report: undefined, calls: [], notes: [], hour: undefined })
      void follow().catch(complain)
    },
    connect: socket.connect,
    refresh: () => follow().catch(complain),
    logIn: async (proof) => {
      const trouble = await session.logIn(proof)
      if (trouble === undefined) {
        set({ link: { kind: 'connecting' } })
        socket.connect()
      }
      return trouble
    },
    logOut: async () => {
      const ended = await session.logOut()
      if (ended === 'unreachable') complain(new Error(state.words.login.unreachable))
      else socket.connect()
    },
    codeWasUsed: () => {
      wasUsed = true
    },
    say: (text, more = {}) => toast({ text, isBad: false, ...more }),
    complain,
    dismiss: (id) => set({ toasts: state.toasts.filter((one) => one.id !== id) }),
    hearChat: (hear) => {
      chatHears.add(hear)
      return () => chatHears.delete(hear)
    },
    hearLogin: (hear) => {
      loginHears.add(hear)
      return () => loginHears.delete(hear)
    },
    hearSettings: (hear) => {
      settingsHears.add(hear)
      return () => settingsHears.delete(hear)
    },
  }

  const tick = (): void => {
    const now = Date.now() + state.skewMs
    const isClose = soonestEnd(state.report, now) - now < 65_000 || state.link.kind === 'lost'
    const isDue = isClose || Math.floor(now / 60_000) !== Math.floor(state.now / 60_000)
    if (isDue && !document.hidden) set({ now }, false)
  }
  window.setInterval(tick, 1000)
  // A file that misses its field would be opened by the browser in the place of the page.
  for (const kind of ['dragover', 'drop'] as const) {
    document.addEventListener(kind, (event) => {
      if (event.dataTransfer?.types.includes('Files') === true) event.preventDefault()
    })
  }
  // What is no view, such as the way past the header, leaves the view as it is.
  window.addEventListener('hashchange', () => set(placeIn(location.hash) ?? {}))
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return
    set({ now: Date.now() + state.skewMs })
    if (socket.isReady()) void follow().catch(complain)
  })
  return app
}
