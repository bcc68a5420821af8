// Adding an account: a pasted key or token, or a login at the vendor. What is pasted leaves its field with the submit and is not kept here;
// the steps of a login are those of the gateway, which says how each one ends.
import { byId, clock, drawError, make } from './draw.js'

/**
 * @param {{ request: (method: string, params?: object) => Promise<any>, changed: () => void }} gateway
 */
export function openAdding({ request, changed }) {
  const dialog = byId('adding')
  /** As `auth.providers` gives them. */
  let providers = []
  /** The login that is waited for: a LoginFlow of the gateway. */
  let login

  const provider = () => providers.find(({ id }) => id === byId('adding-provider').value)
  const method = () => provider()?.methods.find(({ id }) => id === byId('adding-method').value)

  const trouble = (error) => {
    byId('adding-said').textContent = ''
    byId('adding-trouble').replaceChildren(...(error === undefined ? [] : [drawError(error)]))
  }
  const say = (text) => {
    byId('adding-trouble').replaceChildren()
    byId('adding-said').textContent = text
  }
  /** The text of a field, which forgets it. */
  const taken = (id) => {
    const text = byId(id).value
    byId(id).value = ''
    return text
  }
  const busy = (yes) => {
    for (const id of ['adding-go', 'adding-take']) byId(id).disabled = yes
  }

  const options = (list) => list.map(({ id, label }) => make('option', { value: id }, label))

  const drawMethod = () => {
    const way = method()
    const isSecret = way?.kind === 'secret'
    byId('adding-what').hidden = !isSecret
    byId('adding-secret').required = isSecret
    byId('adding-secret').value = ''
    byId('adding-secret-label').textContent = way?.label ?? ''
    const hint = way?.id === 'api-key' ? provider()?.keyHint : undefined
    byId('adding-hint').textContent = `It is not shown again.${hint === undefined ? '' : ` It begins like ${hint}`}`
    byId('adding-go').textContent = isSecret ? 'Add' : 'Log in'
  }
  const drawProvider = () => {
    const { methods = [] } = provider() ?? {}
    byId('adding-how').hidden = methods.length < 2
    byId('adding-method').replaceChildren(...options(methods))
    drawMethod()
  }

  const showForm = () => {
    login = undefined
    byId('adding-wait').hidden = true
    byId('adding-form').hidden = false
    busy(false)
  }

  const showWaiting = (flow) => {
    login = flow
    const isDevice = flow.kind === 'device'
    byId('adding-form').hidden = true
    byId('adding-wait').hidden = false
    busy(false)
    byId('adding-step').textContent = isDevice
      ? `Open this address on any device, and type the code. It is good until ${clock(flow.endsAt)}.`
      : `Log in at ${flow.label} in a window of its own, then come back here.`
    byId('adding-code').hidden = !isDevice
    byId('adding-code').textContent = flow.userCode ?? ''
    // No address of another kind is made a link, whoever gave it.
    const href = /^https?:/.test(flow.url) ? { href: flow.url } : {}
    const link = make('a', { ...href, target: '_blank', rel: 'noopener noreferrer' })
    link.textContent = isDevice ? flow.url : `Open ${flow.label}`
    byId('adding-open').replaceChildren(link)
    byId('adding-also').textContent = isDevice
      ? 'Type it only there, and only because you began this login yourself: whoever sends somebody else such a code wants that account.'
      : `${
          flow.port === undefined
            ? 'The ports to which the browser would come back are taken.'
            : `The browser comes back to port ${flow.port} of the machine of the gateway by itself.`
        } If it ends at an address that cannot be shown, paste that whole address here.`
    byId('adding-paste').hidden = isDevice
    byId('adding-take').hidden = isDevice
    link.focus()
    say(flow.note ?? 'Waiting.')
  }

  const finish = (added) => {
    showForm()
    dialog.close()
    const whose = [added.email, added.plan].filter((part) => part !== undefined).join(', ')
    byId('added').textContent = [
      `${added.replaced ? 'Renewed' : 'Added'}: ${added.profileId}${whose === '' ? '' : ` (${whose})`}.`,
      ...added.notes,
    ].join(' ')
    changed()
  }

  /** How a login of ours goes on, or ended. */
  const hear = (flow) => {
    if (flow.id !== login?.id) return
    if (flow.state === 'waiting') return say(flow.note ?? '')
    if (flow.state === 'done') return finish(flow.added)
    showForm()
    if (flow.state === 'failed') trouble(flow.error)
    else say('Cancelled. Nothing was changed.')
    byId('adding-go').focus()
  }

  /** Runs it, with the buttons held; what goes wrong is told in the dialog. */
  const attempt = async (work) => {
    busy(true)
    try {
      await work()
    } catch (error) {
      trouble(error)
    } finally {
      busy(false)
    }
  }

  const submit = async () => {
    const [vendor, way] = [provider(), method()]
    const name = byId('adding-name').value.trim()
    const wish = {
      provider: vendor.id,
      method: way.id,
      ...(name === '' ? {} : { profileId: `${vendor.id}:${name}` }),
    }
    say(way.kind === 'secret' ? 'Saving.' : 'Asking the vendor.')
    if (way.kind === 'secret') {
      const { added } = await request('auth.paste', { ...wish, secret: taken('adding-secret') })
      finish(added)
      return
    }
    const begun = (await request('auth.login.start', wish)).login
    if (dialog.open) showWaiting(begun)
    else await request('auth.login.cancel', { id: begun.id })
  }

  byId('adding-provider').addEventListener('change', drawProvider)
  byId('adding-method').addEventListener('change', drawMethod)
  byId('adding-form').addEventListener('submit', (event) => {
    event.preventDefault()
    void attempt(submit)
  })
  byId('adding-wait').addEventListener('submit', (event) => {
    event.preventDefault()
    const text = taken('adding-back')
    void attempt(async () => {
      await request('auth.login.paste', { id: login.id, text })
      if (login !== undefined) say('Checking.')
    })
  })
  byId('adding-cancel').addEventListener('click', () => {
    void attempt(async () => hear((await request('auth.login.cancel', { id: login.id })).login))
  })
  byId('adding-close').addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => {
    for (const id of ['adding-secret', 'adding-back', 'adding-name']) byId(id).value = ''
    trouble()
    if (login === undefined) return
    // Whoever goes away waits for nothing; a login that is ended already needs no end.
    request('auth.login.cancel', { id: login.id }).catch(() => undefined)
    showForm()
  })

  return {
    open: async () => {
      providers = (await request('auth.providers')).providers
      // A login of one's own comes first: where there is one, most people have it.
      const isPaste = ({ methods }) => methods.every(({ kind }) => kind === 'secret')
      providers.sort((a, b) => isPaste(a) - isPaste(b) || a.label.localeCompare(b.label))
      byId('adding-provider').replaceChildren(...options(providers))
      drawProvider()
      showForm()
      trouble()
      byId('added').textContent = ''
      const { logins } = await request('auth.login.status')
      dialog.showModal()
      const waiting = logins.find(({ state }) => state === 'waiting')
      // Begun before this page was loaded anew.
      if (waiting !== undefined) showWaiting(waiting)
    },
    hear,
    /** After a new connection: what has become of the login meanwhile. */
    again: async () => {
      if (login === undefined) return
      const { id } = login
      const { logins } = await request('auth.login.status')
      const now = logins.find((one) => one.id === id)
      hear(now ?? { id, state: 'failed', error: { message: 'The gateway was started anew; the login has ended.' } })
    },
  }
}
