// The frame of every view: where one is, how the connection is, and what was said.
import { useEffect } from 'preact/hooks'
import { Accounts } from '../accounts/accounts.tsx'
import { useApp } from '../app-store.ts'
import { rowsOf } from '../state.ts'
import { Blind } from './blind.tsx'
import { Header } from './header.tsx'
import { Keys, useKeys } from './keys.tsx'
import { late } from './late.tsx'
import { LoginForm } from './login-form.tsx'
import { Toasts } from './toasts.tsx'

const Activity = late(async () => (await import('../activity/activity.tsx')).Activity)
const Chat = late(async () => (await import('../chat/chat.tsx')).Chat)
const WhatIf = late(async () => (await import('../whatif/what-if.tsx')).WhatIf)
const Docs = late(async () => (await import('../docs/docs.tsx')).Docs)
const Palette = late(async () => (await import('../palette/palette.tsx')).Palette)
const Settings = late(async () => (await import('../settings/settings.tsx')).Settings)
const AddAccount = late(async () => (await import('../adding/add-account.tsx')).AddAccount)

export function Page() {
  const { state } = useApp()
  const { link, words, view, report, adding, keysShown, paletteShown, spoken } = state
  useKeys()
  useEffect(() => {
    document.title = `${words.views[view]} · keyclaw`
  }, [words, view])
  const isLogin = link.kind === 'login'
  // The way to the first account stands in the page itself.
  const isFirstRun = view === 'accounts' && rowsOf(report).length === 0
  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Header />
      {(link.kind === 'lost' || link.kind === 'closing') && <Blind link={link} />}
      <main id="main" tabIndex={-1} class={link.kind === 'lost' || link.kind === 'closing' ? 'blind' : undefined}>
        {isLogin ? <LoginForm why={link.why} /> : null}
        {!isLogin && view === 'accounts' && <Accounts />}
        {!isLogin && report !== undefined && view === 'activity' && <Activity />}
        {!isLogin && report !== undefined && view === 'chat' && <Chat />}
        {!isLogin && report !== undefined && view === 'whatif' && <WhatIf />}
        {!isLogin && view === 'docs' && <Docs />}
        {!isLogin && report !== undefined && view === 'settings' && <Settings />}
      </main>
      {adding !== undefined && !isFirstRun && !isLogin && <AddAccount />}
      {keysShown && !isLogin && <Keys />}
      {paletteShown && !isLogin && <Palette />}
      <Toasts />
      <output class="unseen" aria-live="polite">
        {spoken}
      </output>
    </>
  )
}
