// The page: log in, connect to the gateway it came from, draw its accounts and talk. It keeps no secret and computes no state.
import { openChat } from './chat.js'
import { byId, drawAccounts, drawError } from './draw.js'
import { openSocket } from './socket.js'

const REFRESH_MS = 15_000

let lostAt
let ticker
/** Why the code of the link did not do, told once a login turns out to be needed. */
let codeTrouble = ''

const showLink = (text, isLost) => {
  byId('link').textContent = text
  byId('link').classList.toggle('lost', isLost)
  for (const id of ['accounts', 'next']) byId(id).classList.toggle('blind', isLost)
}

const showLogin = (why) => {
  byId('main').hidden = true
  byId('login').hidden = false
  byId('login-why').textContent = why === '' ? codeTrouble : why
  showLink('Not logged in', false)
  byId('token').focus()
}

const socket = openSocket({
  ready: () => {
    clearInterval(ticker)
    lostAt = undefined
    byId('login').hidden = true
    byId('main').hidden = false
    showLink('● live', false)
    void attempt(chat.open)
    void attempt(async () => adding?.again())
  },
  lost: (waitMs) => {
    lostAt ??= new Date()
    chat.lost()
    const since = lostAt.toLocaleTimeString('en-GB')
    const until = Date.now() + waitMs
    const tell = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000))
      showLink(`▲ Not connected since ${since}. Trying again${seconds > 0 ? ` in ${seconds} s` : ''}…`, true)
    }
    clearInterval(ticker)
    ticker = setInterval(tell, 1000)
    tell()
  },
  refused: (why) => {
    clearInterval(ticker)
    chat.lost()
    showLogin(why)
  },
  event: (event, payload) => {
    if (event === 'chat') chat.hear(payload)
    if (event === 'auth.login') {
      adding?.hear(payload)
      // Added by another page, or in another tab.
      if (payload.state === 'done') void attempt(refresh)
    }
    if (event === 'shutdown') showLink('▲ The gateway is shutting down.', true)
  },
})

/** The dialog in which an account is added; its script comes when it is first wanted. */
let adding
async function addAccount() {
  try {
    const { openAdding } = await import('./add.js')
    adding ??= openAdding({ request: socket.request, changed: () => void attempt(refresh) })
    await adding.open()
  } catch (error) {
    // Such as from another machine, where accounts are not added.
    byId('added').replaceChildren(drawError(error))
  }
}

const chat = openChat({ request: socket.request, changed: () => void attempt(refresh) })

/** Draws who serves the next call, and the accounts. */
async function refresh() {
  if (!socket.isReady() || document.hidden) return
  const explanation = await socket.request('models.explain', { sessionKey: chat.sessionKey() })
  byId('next').hidden = false
  byId('next-id').textContent = explanation.next ?? 'nobody'
  byId('next-model').textContent = `(${explanation.model})`
  await drawAccounts(socket.request, explanation.next)
}

/** Runs it; what goes wrong is told where the connection is told. */
async function attempt(work) {
  try {
    await work()
  } catch (error) {
    if (error.code !== 'lost') showLink(`▲ ${error.message}`, true)
  }
}

byId('login').addEventListener('submit', async (submit) => {
  submit.preventDefault()
  const field = byId('token')
  const token = field.value.trim()
  field.value = ''
  const why = await logIn({ token })
  if (why === '') socket.connect()
  else showLogin(why)
})
byId('add').addEventListener('click', () => void addAccount())
document.addEventListener('visibilitychange', () => void attempt(refresh))
setInterval(() => void attempt(refresh), REFRESH_MS)

/** The code behind `#`; it leaves the address bar and the history at once. */
function takeCode() {
  const code = location.hash.slice(1).replace(/^(?:code|login)=/, '')
  if (location.hash !== '') history.replaceState(null, '', location.pathname)
  return code
}

/**
 * Exchanges a code or a token for the cookie.
 * @param {{ code: string } | { token: string }} proof
 * @returns {Promise<string>} why not, or nothing when it worked
 */
async function logIn(proof) {
  let answer
  try {
    answer = await fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(proof),
      redirect: 'error',
      cache: 'no-store',
      credentials: 'same-origin',
    })
  } catch {
    return 'The gateway does not answer. Is it running?'
  }
  if (answer.ok) return ''
  if (answer.status === 429) {
    return `Too many wrong tries. The gateway listens again in ${answer.headers.get('retry-after') ?? 'some'} s.`
  }
  return 'code' in proof
    ? 'The link has been used or is too old. Log in with the token.'
    : 'This is not the token of this gateway.'
}

const code = takeCode()
if (code !== '') codeTrouble = await logIn({ code })
// A code that was used already does no harm: the cookie it made may still be there.
socket.connect()
