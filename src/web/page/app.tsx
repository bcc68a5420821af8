// The page begins here: the code of a link becomes the cookie, the socket is opened, and whatever is known is drawn.
import './style/tokens.css'
import './style/base.css'
import './style/accounts.css'
import './style/adding.css'
import './style/activity.css'
import './style/chat.css'
import './style/whatif.css'
import './style/docs.css'
import './style/palette.css'
import './style/settings.css'
import { render } from 'preact'
import { type App, AppContext, openApp } from './app-store.ts'
import { logIn, takeCode } from './login.ts'
import { Page } from './view/page.tsx'

const root = document.getElementById('page')

function draw(app: App): void {
  if (root === null) return
  render(
    <AppContext.Provider value={app}>
      <Page />
    </AppContext.Provider>,
    root,
  )
}

async function begin(): Promise<void> {
  const code = takeCode()
  const app = openApp(draw)
  draw(app)
  const trouble = code === '' ? undefined : await logIn({ code })
  // A code that was used already does no harm: the cookie it made may still be there.
  if (trouble === 'used') app.codeWasUsed()
  app.connect()
}

root?.replaceChildren()
void begin()
