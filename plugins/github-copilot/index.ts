// GitHub Copilot as a plugin: a login at GitHub with a code, whose token is exchanged for the short-lived one that Copilot takes. None of this
// is documented by GitHub, and we say our own name with it, so GitHub may refuse; that is why it is off unless somebody enables it.
import type { DeviceLogin, LoginRoom, OAuth, Outcome, Plugin, PluginHost } from '../../src/providers/plugin-host.ts'

/** The public client that GitHub registered for Copilot in editors. */
const CLIENT_ID = 'Iv1.b507a08c87ecfe98'
const SCOPE = 'read:user'
/** Names one server that plays github.com and api.github.com: https, or http on loopback. For tests. */
const ISSUER_VARIABLE = 'OPENCLAW_LOGIN_ISSUER_GITHUB_COPILOT'
/** Where the models of personal plans are; `models.providers.github-copilot.baseUrl` names the host of another plan. */
const BASE_URL = 'https://api.individual.githubcopilot.com'
const MOST_SECONDS = 1e11
const DEFAULT_LIFE_MS = 20 * 60_000

export default function plugin(host: PluginHost): Plugin {
  const { Secret, AuthError, oauth, ownHeaders, printable } = host

  const server = (room: LoginRoom, usual: string) => {
    const { url, reach } = oauth.issuerFrom(room.env, ISSUER_VARIABLE, usual)
    return (path: string) => ({ url: url + path, reach, headers: ownHeaders })
  }
  const github = (room: LoginRoom) => server(room, 'https://github.com')
  const api = (room: LoginRoom) => server(room, 'https://api.github.com')

  async function open(room: LoginRoom): Promise<DeviceLogin> {
    const { machine, signal } = room
    const fields = { client_id: CLIENT_ID, scope: SCOPE }
    const code = oauth.readDevice(
      await oauth.requestDevice(machine, github(room)('/login/device/code'), fields, { signal }),
    )
    signal.throwIfAborted()
    if (code === undefined) {
      throw new AuthError('upstream', 'GitHub gave no code. Nothing was changed.', {
        remedy: 'openclaw models auth login --provider github-copilot',
      })
    }
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: CLIENT_ID,
      device_code: code.deviceCode.reveal(),
    }
    const tokenAt = github(room)('/login/oauth/access_token')
    return {
      userCode: code.userCode,
      url: code.verificationUrl,
      lifeMs: code.lifeMs,
      wait: async () => {
        const askOnce = async () =>
          oauth.judgeDevice(await oauth.requestTokens(machine, tokenAt, grant, { signal }), machine.now())
        const waited = await oauth.pollDevice(machine, code, askOnce, signal)
        if (waited.kind === 'ended') return waited
        const refresh = waited.value.access
        const outcome = await exchange(room, refresh)
        if (outcome.kind !== 'granted' || outcome.credential.kind !== 'oauth') return outcome
        return { kind: 'granted', credential: { ...outcome.credential, ...(await accountOf(room, refresh)), refresh } }
      },
    }
  }

  /** The GitHub token stays good; what comes for it lives for half an hour. */
  async function exchange(room: LoginRoom, github: InstanceType<typeof Secret>): Promise<Outcome> {
    const { machine, signal } = room
    const at = api(room)('/copilot_internal/v2/token')
    const reply = await oauth.get(machine, at, ['authorization', `token ${github.reveal()}`], { signal })
    if (reply.kind === 'failed') return { kind: 'failed', spent: 'no', detail: `GitHub: ${reply.failure.kind}` }
    const { status } = reply
    const value = oauth.parseObject(reply.body)
    if (status === 401) return { kind: 'ended', code: 'unauthorized', detail: 'GitHub refuses the login (HTTP 401)' }
    if (status === 403 || status === 404) {
      const detail = `GitHub gives no Copilot token to this account or this program (HTTP ${status})`
      return { kind: 'failed', spent: 'no', detail }
    }
    const token = value?.token
    if (status !== 200 || typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token)) {
      return { kind: 'failed', spent: 'no', detail: `GitHub gave no Copilot token (HTTP ${status})` }
    }
    const credential: OAuth = {
      kind: 'oauth',
      access: new Secret(token),
      expiresAt: endOf(value?.expires_at, machine.now()),
      clientId: CLIENT_ID,
    }
    return { kind: 'granted', credential }
  }

  /** Whose it is, so that two accounts live side by side; without an answer the login is good all the same. */
  async function accountOf(room: LoginRoom, github: InstanceType<typeof Secret>) {
    const bearer = ['authorization', `token ${github.reveal()}`]
    const reply = await oauth.get(room.machine, api(room)('/user'), bearer, { signal: room.signal })
    const value = reply.kind === 'answered' && reply.status === 200 ? oauth.parseObject(reply.body) : undefined
    if (typeof value?.login !== 'string' || typeof value.id !== 'number') return {}
    return { accountId: printable(value.login, 60), userId: String(value.id) }
  }

  return {
    providers: [
      {
        ...host.compatibleProvider({ id: 'github-copilot', label: 'GitHub Copilot', baseUrl: BASE_URL, env: [] }),
        login: [{ id: 'device-code', label: 'GitHub login with a code', kind: 'device', open }],
        renew: (room, login) =>
          login.refresh === undefined
            ? Promise.resolve({ kind: 'ended', code: 'unauthorized', detail: 'it holds no GitHub token' })
            : exchange(room, login.refresh),
      },
    ],
  }
}

/** Seconds or milliseconds, told apart by their size. */
function endOf(value: unknown, now: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return now + DEFAULT_LIFE_MS
  return value < MOST_SECONDS ? value * 1000 : value
}
