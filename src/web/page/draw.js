// What the page draws: small pieces, and the accounts, which are the report of `models status` in the order of use.
// Everything that came from outside goes in as text, never as markup.

/** The element with this id. */
export const byId = (id) => document.getElementById(id)

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(string | Node)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** `14:32, in 12 min`: a moment ahead. */
export function clock(at, now = Date.now()) {
  const date = new Date(at)
  const today = date.toDateString() === new Date(now).toDateString()
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const day = today ? '' : `${date.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })} `
  const minutes = Math.max(0, Math.round((at - now) / 60_000))
  const left =
    minutes < 1 ? 'in less than 1 min' : minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`
  return `${day}${time}, ${left}`
}

const VERDICTS = { taken: 'taken', kept: 'in reserve', passed_over: 'passed over' }

/** The trace of an explanation: one line per account, in the order in which they are considered. */
export function drawTrace(explanation) {
  const at = new Date(explanation.at).toLocaleTimeString('en-GB')
  const lines = explanation.trace.map((line) =>
    make(
      'li',
      { class: line.verdict === 'taken' ? 'taken' : '' },
      make('span', { translate: 'no' }, line.id),
      `: ${VERDICTS[line.verdict] ?? line.verdict}, ${line.reason}`,
    ),
  )
  const head = `For the next call of ${explanation.model}, as of ${at}:`
  return make('div', {}, make('p', { class: 'quiet' }, head), make('ol', { class: 'trace' }, ...lines))
}

/** A sentence about something that went wrong, with the command that helps. */
export function drawError(error) {
  const parts = [make('p', { class: 'text needs-you' }, error.message)]
  if (error.remedy)
    parts.push(make('p', { class: 'quiet' }, 'What helps: ', make('code', { translate: 'no' }, error.remedy)))
  return make('div', {}, ...parts)
}

const KINDS = { api_key: 'API key', token: 'token', oauth: 'login' }

/** What one account is, in a shape and a sentence. */
function stateOf(profile, rest, paused) {
  if (paused !== undefined) {
    const text = paused.until ? `◐ Paused until ${clock(paused.until)}` : '◐ Paused until somebody resumes it'
    return { text, needsYou: false }
  }
  if (profile.status === 'expired') return { text: '▲ Needs you: expired, sign in again', needsYou: true }
  if (profile.status === 'missing') return { text: '▲ Needs you: key not found', needsYou: true }
  if (rest?.kind === 'disabled') {
    return { text: `▲ Needs you: ${rest.reason}. Tried again ${clock(rest.until)}`, needsYou: true }
  }
  if (rest !== undefined) return { text: `◐ Resting until ${clock(rest.until)} (${rest.reason})`, needsYou: false }
  if (profile.status === 'expiring') return { text: `● Ready, ends ${clock(profile.expiresAt)}`, needsYou: false }
  return { text: '● Ready', needsYou: false }
}

function drawRow({ id, kind, label, state, isNext, isFirst, reason }) {
  const row = make('li', { class: isNext ? 'account is-next' : 'account' })
  // One account serves the next call; of the other providers the first usable one is only named.
  if (isNext || isFirst) row.append(make('span', { class: 'mark' }, isNext ? '▶ Next' : '▷ First'))
  row.append(
    make('div', { class: 'name', translate: 'no' }, id),
    make('div', state.needsYou ? { class: 'needs-you' } : {}, state.text),
    make('div', { class: 'quiet' }, [kind, label, reason].filter((part) => part).join(' · ')),
  )
  return row
}

function rowsOf(report, provider, trace, next) {
  const stored = report.auth.oauth.profiles
    .filter((profile) => profile.provider === provider.provider)
    .map((profile) => ({
      id: profile.profileId,
      kind: KINDS[profile.type] ?? profile.type,
      label: profile.label,
      state: stateOf(
        profile,
        report.auth.unusableProfiles.find(({ profileId }) => profileId === profile.profileId),
        report.auth.pausedProfiles.find(({ profileId }) => profileId === profile.profileId),
      ),
    }))
  const shown = new Set(stored.map(({ id }) => id))
  // Credentials of the environment and the config stand in the trace only.
  const others = trace
    .filter(({ id }) => !shown.has(id))
    .map(({ id, until }) => ({
      id,
      kind: 'not stored here',
      label: '',
      state: { text: until ? `◐ Resting until ${clock(until)}` : '● Ready', needsYou: false },
    }))
  const place = ({ id }) => {
    const at = trace.findIndex((line) => line.id === id)
    return at < 0 ? trace.length : at
  }
  return [...stored, ...others]
    .sort((a, b) => place(a) - place(b))
    .map((row) => ({
      ...row,
      isNext: row.id === next,
      isFirst: provider.next?.id === row.id,
      reason: reasonOf(trace.find(({ id }) => id === row.id)),
    }))
}

/** Why it stands where it stands; that it rests or is paused is said already, with the time. */
function reasonOf(line) {
  return line === undefined || line.rule === 'cooldown' || line.rule === 'disabled' || line.rule === 'paused'
    ? ''
    : line.reason
}

/**
 * Asks for the report and draws it.
 * @param {(method: string, params?: object) => Promise<any>} request
 * @param {string | null} next the account that serves the next call
 */
export async function drawAccounts(request, next) {
  const report = await request('models.authStatus')
  const groups = []
  for (const provider of report.auth.providers) {
    const { trace } = await request('models.explain', { model: provider.provider })
    groups.push(
      make('h3', { translate: 'no' }, provider.provider),
      make('ul', {}, ...rowsOf(report, provider, trace, next).map(drawRow)),
    )
  }
  byId('accounts').replaceChildren(...groups)
  const missing = report.auth.missingProvidersInUse
  const note = byId('accounts-note')
  note.hidden = missing.length === 0 && groups.length > 0
  note.textContent =
    missing.length > 0
      ? `▲ Needs you: no credential for ${missing.join(', ')}. Add it below, or in a shell: openclaw models auth paste-api-key --provider ${missing[0]}`
      : 'No accounts yet. Add one below, or in a shell: openclaw models auth paste-api-key --provider anthropic'
}
