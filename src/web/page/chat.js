// The conversation: sessions, what was said, the answer as it arrives, which account gave it, and why.
import { byId, drawError, drawTrace, make } from './draw.js'

/**
 * @param {{ request: (method: string, params?: object) => Promise<any>, changed: () => void }} gateway
 */
export function openChat({ request, changed }) {
  let current = 'main'
  /** @type {{ runId?: string, element: HTMLElement, text: HTMLElement } | undefined} */
  let running

  const nameOf = (key) => key.replace(/^agent:[^:]+:/, '')
  const isCurrent = (key) => key === current || nameOf(key) === nameOf(current)

  const addMessage = (role, content) => {
    const text = make('p', { class: 'text' })
    text.textContent = content
    const who = make('div', { class: 'quiet' }, role === 'user' ? 'You' : 'Answer')
    const element = make('article', { class: `message ${role}` }, who, text)
    const log = byId('log')
    // Whoever reads further up is left where they are.
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60
    log.append(element)
    if (atEnd) log.scrollTop = log.scrollHeight
    return { element, text }
  }

  const busy = (yes) => {
    byId('send').disabled = yes
    byId('stop').hidden = !yes
  }

  const drawWhy = (button, box, sessionKey) => async () => {
    const isOpen = button.getAttribute('aria-expanded') === 'true'
    button.setAttribute('aria-expanded', String(!isOpen))
    box.hidden = isOpen
    if (isOpen) return
    try {
      box.replaceChildren(drawTrace(await request('models.explain', { sessionKey })))
    } catch (error) {
      box.replaceChildren(drawError(error))
    }
  }

  const finish = (event) => {
    const { element, text } = running
    running = undefined
    busy(false)
    if (event.state === 'final' || event.message !== undefined) {
      text.textContent = event.message.content.map((part) => part.text).join('')
    }
    if (event.command !== undefined) {
      element.classList.add('reply')
      element.querySelector('.quiet').textContent = 'openclaw'
      // The old conversation has ended; what was said in it is no part of the new one.
      if (event.command.name === 'new' && event.command.ok) byId('log').replaceChildren(element)
      byId('said').textContent = event.command.ok ? 'The command was carried out.' : 'The command was not carried out.'
    } else if (event.state === 'final') {
      const tokens = event.usage.input + event.usage.cacheRead + event.usage.cacheWrite
      const passed = event.attempts > 1 ? ` · ${event.attempts - 1} stepped over` : ''
      const cached = event.usage.cacheRead > 0 ? ` (${event.usage.cacheRead} from the cache)` : ''
      const instead = event.insteadOf === undefined ? '' : ` instead of ${event.insteadOf}`
      const button = make('button', { type: 'button', class: 'plain', 'aria-expanded': 'false' }, 'why')
      const box = make('div')
      box.hidden = true
      button.addEventListener('click', drawWhy(button, box, event.sessionKey))
      const served = `${event.servedBy} · ${event.model}${instead} · ${tokens} in${cached}, ${event.usage.output} out${passed} `
      if (event.notice !== undefined) element.append(make('p', { role: 'status' }, event.notice))
      element.append(make('p', { class: 'quiet' }, make('span', { translate: 'no' }, served), button), box)
      byId('said').textContent = `Answer complete, given by ${event.servedBy}.`
    } else if (event.state === 'aborted') {
      element.append(make('p', { class: 'quiet' }, 'Stopped.'))
      byId('said').textContent = 'The answer was stopped.'
    } else {
      element.classList.add('failed')
      element.append(drawError(event.error))
      byId('said').textContent = 'No answer came.'
    }
    changed()
    void listSessions()
  }

  const listSessions = async () => {
    const { sessions } = await request('sessions.list')
    const keys = sessions.map(({ key }) => key)
    if (!keys.some(isCurrent)) keys.unshift(current)
    byId('sessions').replaceChildren(
      ...keys.map((key) => {
        const button = make('button', { type: 'button', 'aria-current': String(isCurrent(key)) }, nameOf(key))
        button.addEventListener('click', () => void choose(key))
        return make('li', {}, button)
      }),
    )
  }

  const choose = async (key) => {
    current = key
    running = undefined
    busy(false)
    byId('chat-title').textContent = `Chat: ${nameOf(key)}`
    byId('log').replaceChildren()
    byId('why-next').setAttribute('aria-expanded', 'false')
    byId('why-next-trace').hidden = true
    await listSessions()
    await readHistory(key)
    changed()
  }

  const readHistory = async (key) => {
    const { messages } = await request('chat.history', { sessionKey: key })
    // A question asked meanwhile stands in the log and not yet in the transcript.
    if (key !== current || running !== undefined) return
    byId('log').replaceChildren()
    for (const { role, content, isSummary } of messages) {
      const { element } = addMessage(role, content.map((part) => part.text).join(''))
      if (isSummary === true) element.querySelector('.quiet').textContent = 'Summary, sent in the place of all above'
    }
    byId('log').scrollTop = byId('log').scrollHeight
  }

  const send = async () => {
    const field = byId('message')
    const message = field.value
    if (message.trim() === '' || running !== undefined) return
    const question = addMessage('user', message)
    const started = addMessage('assistant', '')
    running = started
    busy(true)
    byId('said').textContent = ''
    try {
      const { runId } = await request('chat.send', { sessionKey: current, message, idempotencyKey: randomKey() })
      started.runId = runId
      field.value = ''
    } catch (error) {
      // What was typed stays in the field, to be sent again.
      if (running !== started) return
      question.element.remove()
      finish({ state: 'error', error })
    }
  }

  byId('composer').addEventListener('submit', (submit) => {
    submit.preventDefault()
    void send()
  })
  byId('message').addEventListener('keydown', (key) => {
    if (key.key !== 'Enter' || key.shiftKey || key.isComposing) return
    key.preventDefault()
    void send()
  })
  byId('stop').addEventListener('click', () => {
    if (running?.runId === undefined) return
    request('chat.abort', { sessionKey: current, runId: running.runId }).catch((error) => {
      byId('said').textContent = error.message
    })
  })
  byId('new-session').addEventListener('click', () => {
    void choose(`page-${randomKey().slice(0, 6)}`)
    byId('message').focus()
  })
  const why = byId('why-next')
  why.addEventListener('click', () => void drawWhy(why, byId('why-next-trace'), current)())

  return {
    sessionKey: () => current,
    /** Draws the current session anew, after a connection. */
    open: () => choose(current),
    /** The connection is gone; whether the answer still comes is found out from the transcript. */
    lost: () => {
      if (running === undefined) return
      running.element.append(make('p', { class: 'quiet' }, 'The connection was lost in the midst of this answer.'))
      running = undefined
      busy(false)
    },
    /** @param {any} event a ChatEvent */
    hear: (event) => {
      // Somebody else's turn in this conversation: it can be read once it is over.
      if (running === undefined && event.state === 'final' && isCurrent(event.sessionKey)) {
        readHistory(current).catch((error) => {
          byId('said').textContent = error.message
        })
      }
      if (running?.runId !== event.runId) return
      if (event.state === 'command') {
        running.text.before(make('p', { class: 'text quiet' }, event.text))
        return
      }
      if (event.state !== 'delta') return finish(event)
      const log = byId('log')
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60
      running.text.append(event.text)
      if (atEnd) log.scrollTop = log.scrollHeight
    },
  }
}

/** Twelve random hexadecimal digits; randomUUID is missing where the page comes over plain http from another machine. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
