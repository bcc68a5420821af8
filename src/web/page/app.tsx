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
import { takeCode, takeFirst } from './login.ts'
import { Page } from './view/page.tsx'
import { en } from './words/en.ts'
import { languageIn, wordsOf } from './words/words.ts'

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
  const first = takeFirst()
  const wanted = languageIn(document.documentElement.lang)
  // Texts that do not come must not cost the page.
  const words = await wordsOf(wanted).catch(() => undefined)
  const app = openApp(draw, { first, language: words === undefined ? 'en' : wanted, words: words ?? en })
  root?.replaceChildren()
  draw(app)
  if (code === '') {
    app.connect()
    return
  }
  const trouble = await app.logIn({ code })
  // A code that was used already does no harm: the cookie it made may still be there.
  if (trouble === 'used') app.codeWasUsed()
  if (trouble !== undefined) app.connect()
}

void begin()
