// Logins at vendors that were begun through the gateway: the engine of the command line with a page as its desk. One at a time for each
// provider; each has an id of its own, and what is pasted must show the state of that very login (V12). Nothing is stored before the end.
import type { Auth } from '../auth/auth.ts'
import { checkWishedId, keepLogin } from '../auth/keep-login.ts'
import { type LoginDesk, login, methodNamed } from '../auth/login.ts'
import { ownStore } from '../auth/own-store.ts'
import { providerNamed } from '../auth/provider-named.ts'
import { AuthError } from '../core/errors.ts'
import type { Added, ErrorBody, LoginFlow } from '../core/protocol.ts'
import { isOnline, loginMethods, type OnlineMethod, type Provider } from '../providers/provider.ts'
import { addedOf, waiting } from './login-frames.ts'

export type LoginWish = {
  agentId: string
  provider: string
  /** Which way in; absent: the first one that needs the vendor. */
  method?: string
  /** The id that the person wants. */
  profileId?: string
}

export type Logins = {
  /**
   * Begins one.
   * @returns once the person can go on: with the address, or the code
   * @throws AuthError usage, unknown_provider, busy, upstream, unsafe; nothing was changed
   */
  start(wish: LoginWish): Promise<LoginFlow>
  /** Those under way and the last that ended, oldest first. */
  all(): LoginFlow[]
  /** Takes the address at which the browser ended. @throws AuthError usage, saying why it is not taken; the login goes on */
  paste(id: string, text: string): void
  /** @returns how it ended: what was being stored already is kept @throws AuthError usage */
  cancel(id: string): Promise<LoginFlow>
  /** Cancels all, and waits for what is being stored. */
  end(): Promise<void>
}

type Flow = {
  id: string
  provider: string
  /** Undefined until the person can go on. */
  view: LoginFlow | undefined
  leave: AbortController
  /** Set while a pasted address is awaited. @returns why it is not taken */
  offer: ((text: string) => string | undefined) | undefined
  /** Never rejects. */
  ended: Promise<void>
}

const MOST_ENDED = 16

/** @param tell hears of every login that goes on or has ended */
export function createLogins(auth: Auth, tell: (view: LoginFlow) => void): Logins {
  const { system } = auth.home
  const running = new Map<string, Flow>()
  let ended: LoginFlow[] = []
  let isEnding = false

  const begin = (wish: LoginWish, provider: Provider, method: OnlineMethod): Promise<LoginFlow> =>
    new Promise((resolve, reject) => {
      const base = {
        id: system.uuid(),
        provider: provider.id,
        label: provider.label,
        agentId: wish.agentId,
        method: method.id,
        startedAt: system.now(),
      }
      const leave = new AbortController()
      const flow: Flow = { ...base, view: undefined, leave, offer: undefined, ended: Promise.resolve() }
      const show = (view: LoginFlow): void => {
        const isNew = flow.view === undefined
        flow.view = view
        if (isNew) resolve(view)
        else tell(view)
      }
      const close = (view: LoginFlow): void => {
        running.delete(provider.id)
        ended = [...ended, view].slice(-MOST_ENDED)
        show(view)
      }
      const desk: LoginDesk = {
        tell: (news) => show(waiting(base, flow.view, news, system.now())),
        paste: (complain, signal) => pasted(flow, complain, signal),
        needsState: true,
        signal: leave.signal,
      }
      running.set(provider.id, flow)
      flow.ended = throughout(auth, wish, provider, method, desk).then(
        (added) => close({ ...base, state: 'done', added }),
        (error: unknown) => {
          if (flow.view !== undefined) {
            close(
              leave.signal.aborted
                ? { ...base, state: 'cancelled' }
                : { ...base, state: 'failed', error: bodyOf(auth, error) },
            )
            return
          }
          // Nobody has seen anything of it yet: whoever began it is told, and it leaves nothing behind.
          running.delete(provider.id)
          reject(error)
        },
      )
    })

  const find = (id: string): Flow | undefined => [...running.values()].find((flow) => flow.id === id)

  return {
    start: async (wish) => {
      const { provider, method } = await chosen(auth, wish)
      if (isEnding) throw new AuthError('busy', 'The gateway is stopping; nothing was changed.', { remedy: START })
      const other = running.get(provider.id)
      if (other !== undefined) throw busy(provider, other)
      return begin(wish, provider, method)
    },
    all: () => [...ended, ...[...running.values()].flatMap(({ view }) => (view === undefined ? [] : [view]))],
    paste: (id, text) => {
      const flow = find(id)
      if (flow === undefined) throw unknown()
      if (flow.offer === undefined) {
        throw new AuthError('usage', 'This login awaits no address just now; nothing was done with what was pasted.', {
          remedy: SHOW,
        })
      }
      const complaint = flow.offer(text)
      if (complaint !== undefined) throw new AuthError('usage', complaint, { remedy: SHOW })
    },
    cancel: async (id) => {
      const flow = find(id)
      if (flow !== undefined) {
        flow.leave.abort()
        await flow.ended
      }
      const view = ended.find((one) => one.id === id)
      if (view === undefined) throw unknown()
      return view
    },
    end: async () => {
      isEnding = true
      for (const { leave } of running.values()) leave.abort()
      await Promise.all([...running.values()].map((flow) => flow.ended))
    },
  }
}

const START = 'openclaw gateway start'
const SHOW = 'openclaw gateway call auth.login.status'

function unknown(): AuthError {
  return new AuthError('usage', 'There is no such login; it may have ended, or the gateway was started anew.', {
    remedy: SHOW,
  })
}

function busy(provider: Provider, { id }: Flow): AuthError {
  return new AuthError(
    'busy',
    `A login at ${provider.label} is under way already. It ends by itself, or is cancelled; nothing was changed.`,
    { remedy: `openclaw gateway call auth.login.cancel --params '{"id":"${id}"}'` },
  )
}

/** What is wished, looked at before anybody goes through a login whose outcome could not be kept. */
async function chosen(auth: Auth, wish: LoginWish): Promise<{ provider: Provider; method: OnlineMethod }> {
  const provider = await providerNamed(auth, wish.provider)
  const method = wish.method === undefined ? loginMethods(provider).find(isOnline) : methodNamed(provider, wish.method)
  if (method === undefined || !isOnline(method)) {
    throw new AuthError('usage', `${provider.label} takes what is pasted: a key or a token. Nothing was changed.`, {
      remedy: `openclaw models auth paste-api-key --provider ${provider.id}`,
    })
  }
  const store = ownStore(
    auth.home,
    wish.agentId,
    (flag) => `openclaw models auth login --provider ${provider.id}${flag}`,
  )
  const book = await store.profiles.read()
  if (wish.profileId !== undefined) checkWishedId(book, provider, wish.profileId)
  return { provider, method }
}

async function throughout(
  auth: Auth,
  { agentId, profileId }: LoginWish,
  provider: Provider,
  method: OnlineMethod,
  desk: LoginDesk,
): Promise<Added> {
  const credential = await login(auth, provider, method, desk)
  // From here on it is stored, whoever leaves: a login that the vendor has granted is not thrown away half-way.
  desk.signal.throwIfAborted()
  const kept = await keepLogin(auth, {
    agentId,
    provider,
    credential,
    ...(profileId === undefined ? {} : { profileId }),
  })
  return addedOf(agentId, kept)
}

/** Waits for `auth.login.paste`; what is not taken is said there, and waited again. */
function pasted(
  flow: Flow,
  complain: (text: string) => string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (text: string | undefined): void => {
      flow.offer = undefined
      resolve(text)
    }
    flow.offer = (text) => {
      const complaint = complain(text)
      if (complaint === undefined) settle(text)
      return complaint
    }
    if (signal.aborted) settle(undefined)
    else signal.addEventListener('abort', () => settle(undefined), { once: true })
  })
}

function bodyOf(auth: Auth, error: unknown): ErrorBody {
  if (error instanceof AuthError) return error.toJSON()
  auth.home.system.log.error('a login failed inside the gateway', {
    why: error instanceof Error ? error.message : 'unknown',
  })
  return { code: 'internal', message: 'The gateway failed inside; its log says more. Nothing was changed.' }
}
