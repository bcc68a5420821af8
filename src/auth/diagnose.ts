// What is wrong with an installation, of every agent of it: files, config, credentials, orders. Looks, asks nobody, touches nothing.
import { dirname } from 'node:path'
import { MAIN_AGENT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { formatRemaining } from '../core/expiry.ts'
import type { Finding } from '../core/finding.ts'
import { replacing, resuming } from '../core/needs.ts'
import { type Candidate, expiryOfCandidate } from '../core/order.ts'
import { isPaused } from '../core/pause.ts'
import { explain, type Rule } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import { isServed } from '../core/provider-report.ts'
import { quoted } from '../core/quoted.ts'
import { type AgentFacts, statusReport } from '../core/status.ts'
import { missingText, namesVariable } from '../core/substitute.ts'
import { createLayout, type Layout } from '../store/layout.ts'
import type { WholeBook } from '../store/legacy-files.ts'
import type { System } from '../system/system.ts'
import { type Auth, createAuth, type View } from './auth.ts'
import { aboutFiles } from './diagnose-files.ts'
import { aboutReserve } from './diagnose-reserve.ts'
import { aboutSpend } from './diagnose-spend.ts'
import { agentFlag } from './own-store.ts'
import { lackOf } from './refuse.ts'

export type Diagnosis = {
  layout: Layout
  /** Absent when the config or the .env cannot be read: then only the files were looked at. */
  auth: Auth | undefined
  findings: Finding[]
}

/**
 * @param options.profile of `--profile`
 * @param options.tell hears what a repair does on the way
 * @throws AuthError usage, for a bad profile name
 */
export async function diagnose(
  system: System,
  options: { profile?: string; tell?: (line: string) => void } = {},
): Promise<Diagnosis> {
  const { env, homeDir, workingDir } = system
  const { tell: _, ...which } = options
  const place = { env, homeDir, workingDir, ...which }
  let auth: Auth | undefined
  const findings: Finding[] = []
  try {
    auth = await createAuth(system, options)
  } catch (error) {
    if (!(error instanceof AuthError) || !/_config$|^unreadable_store$/.test(error.code)) throw error
    // Opening reads two files: the config, and the .env that its variables may be in.
    const { config, dotenv } = createLayout(place, () => undefined)
    findings.push(found(error, 'error', { file: error.code === 'unreadable_store' ? dotenv : config }))
  }
  const layout = auth?.home.layout ?? createLayout(place, () => undefined)
  const agents = auth === undefined ? [MAIN_AGENT] : await agentsOf(auth)
  // Nothing here waits for anything else here: a person waits for the slowest alone.
  const [ofFiles, ofAgents] = await Promise.all([
    aboutFiles(system, layout, agents),
    auth === undefined ? [] : aboutAgents(auth, agents),
  ])
  findings.push(...ofFiles, ...ofAgents, ...(auth?.plugins.findings ?? []))
  return { layout, auth, findings }
}

async function aboutAgents(auth: Auth, agents: readonly string[]): Promise<Finding[]> {
  const [books, ofEach] = await Promise.all([
    Promise.all(agents.map((agentId) => bookOf(auth, agentId))),
    Promise.all(agents.map((agentId) => aboutAgent(auth, agentId))),
  ])
  return [...ofEach.flat(), ...aboutConfig(auth, books), ...aboutReserve(auth.home), ...aboutModelLists(auth)]
}

/** A memory of what providers said: without it the catalogue counts, and everything goes on. */
function aboutModelLists({ home: { modelLists } }: Auth): Finding[] {
  const trouble = modelLists.trouble()
  return trouble === undefined ? [] : [found(trouble, 'warning', { file: modelLists.where() })]
}

/** @returns undefined when it cannot be read; `aboutAgent` says why */
async function bookOf({ home }: Auth, agentId: string): Promise<WholeBook | undefined> {
  try {
    return await home.agent(agentId).book()
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}

/** Those that are configured, and main where it is meant or keeps something. */
async function agentsOf({ home }: Auth): Promise<string[]> {
  const listed = home.config().agents.map(({ id }) => id)
  const hasMain = (await home.system.files.stat(home.layout.profiles(MAIN_AGENT))) !== undefined
  return [...new Set([...(hasMain ? [MAIN_AGENT] : []), home.pickAgent(undefined), ...listed])]
}

function found(error: AuthError, severity: Finding['severity'], more: Partial<Finding>): Finding {
  const { code, message, remedy } = error
  return { code, severity, message, ...(remedy === undefined ? {} : { remedy }), ...more }
}

async function aboutAgent(auth: Auth, agentId: string): Promise<Finding[]> {
  let view: View
  try {
    view = await auth.view(agentId)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return [found(error, 'error', { agent: agentId })]
  }
  const base = { agent: agentId, file: view.store.profiles.where() }
  const now = auth.home.system.now()
  const findings = [...aboutProviders(view, now), ...aboutSpend(view, now)]
  // What it borrows is looked at where it is kept.
  if (view.store.owner !== agentId) return findings
  const book = await view.store.book()
  findings.push(...aboutOlderFiles(view, book))
  for (const { candidates } of view.facts().providers.values()) {
    for (const candidate of candidates) findings.push(...aboutProfile(view, candidate, now))
  }
  const ids = new Set([...book.profiles, ...book.foreign].map(({ id }) => id))
  for (const [provider, order] of book.order) {
    const gone = order.filter((id) => !ids.has(id))
    if (gone.length === 0) continue
    findings.push({
      ...base,
      code: 'dead_order',
      severity: 'warning',
      message: `The order of ${provider} (agent ${agentId}) names what does not exist: ${printable(gone.join(', '), 200)}.`,
      remedy: 'openclaw doctor --fix',
      repair: { kind: 'order', agentId, provider, gone },
    })
  }
  return findings
}

/** Credentials that wait to be taken over, files that stayed after it, and those that nobody can read. */
function aboutOlderFiles({ agentId, store }: View, { older, troubles }: WholeBook): Finding[] {
  const unread = troubles.map(({ path, error }) =>
    found(error, 'error', { code: 'unreadable_legacy', agent: agentId, file: path }),
  )
  const waiting = older.map(({ file: { path, form }, taken }): Finding => {
    const where = form === 'flat' ? 'brought into the present form' : `moved to ${store.profiles.where()}`
    const ids = printable([...new Set(taken.map(({ id }) => id))].join(', '), 200)
    const isDone = taken.every(({ verdict }) => verdict === 'done')
    return {
      code: 'legacy_file',
      severity: 'warning',
      agent: agentId,
      file: path,
      message: isDone
        ? `${path} was imported (${ids}, agent ${agentId}), but could not be put aside; it still holds these credentials.`
        : `${path} holds credentials of an older layout (${ids}, agent ${agentId}); they are used, and are ${where} with the next change.`,
      remedy: isDone ? `ls -ld ${quoted(dirname(path))}` : 'openclaw doctor --fix',
      repair: { kind: 'legacy', agentId, path },
    }
  })
  return [...unread, ...waiting]
}

/** Providers that a configured model needs and nothing can serve just now: what a call would meet, in the same words. */
function aboutProviders(view: View, now: number): Finding[] {
  const facts = view.facts()
  const { auth, resolvedDefault } = statusReport(facts, now, { named: true })
  const cut = resolvedDefault.indexOf('/')
  const meant = resolvedDefault.slice(0, cut)
  return [...new Set([meant, ...auth.missingProvidersInUse])].flatMap((provider) => {
    const query = { now, ...(provider === meant ? { model: resolvedDefault.slice(cut + 1) } : {}) }
    const lack = lackOf(view, provider, now, query.model)
    if (lack === undefined || isSetAside(facts, provider, now)) return []
    // A model without a price is told of by itself.
    const rules = explain({ provider, candidates: [], ...facts.providers.get(provider) }, query).map(({ rule }) => rule)
    if (rules.includes('no_price')) return []
    // What a person limited does as it was told.
    return [
      found(lack, rules.includes('cap_reached') ? 'warning' : 'error', {
        agent: view.agentId,
        file: view.store.profiles.where(),
      }),
    ]
  })
}

/** What is amiss is that somebody paused it, and that is told of each profile. */
function isSetAside({ providers }: AgentFacts, provider: string, now: number): boolean {
  const known = providers.get(provider)
  return (
    isServed(known, now) &&
    explain({ provider, candidates: [], ...known }, { now }).every(({ rule }) => SET_ASIDE.has(rule))
  )
}

const SET_ASIDE: ReadonlySet<Rule> = new Set<Rule>(['paused', 'same_as', 'not_in_order'])

function aboutProfile(view: View, candidate: Candidate, now: number): Finding[] {
  if (candidate.source.kind !== 'profile') return []
  const { id, provider, kind } = candidate
  const flag = agentFlag(view, view.agentId)
  const again = replacing({ profileId: id, provider, type: kind }, flag)
  const base = { agent: view.agentId, profile: id, file: candidate.source.file }
  if (isPaused(candidate.paused, now)) {
    const reason = explain({ provider, candidates: [candidate] }, { now })[0]?.reason ?? ''
    const message = `${id} (agent ${view.agentId}) is passed over: ${reason}.`
    return [{ ...base, code: 'paused', severity: 'note', message, remedy: resuming(id, flag) }]
  }
  const ends = candidate.expiresAt
  const expiry = expiryOfCandidate(candidate, now)
  const text = ends === undefined ? '' : formatRemaining(Math.abs(ends - now))
  if (expiry === 'expired') {
    const message = `${id} (agent ${view.agentId}) expired ${text} ago and cannot renew itself.`
    return [{ ...base, code: expiry, severity: 'error', message, remedy: again }]
  }
  const findings: Finding[] = []
  if (expiry === 'expiring') {
    const message = `${id} (agent ${view.agentId}) expires in ${text}.`
    findings.push({ ...base, code: expiry, severity: 'warning', message, remedy: again })
  }
  const line = explain({ provider, candidates: [candidate] }, { now })[0]
  if (line?.verdict !== 'passed_over' && line?.rule !== 'probe') return findings
  const resting = line.rule === 'cooldown' || line.rule === 'disabled' || line.rule === 'probe'
  const isDisabled = (candidate.health.disabledUntil ?? 0) > now
  const advice = isDisabled ? ' Top the account up, or let another one serve.' : ''
  findings.push({
    ...base,
    code: !resting ? line.rule : isDisabled ? 'disabled' : 'cooldown',
    severity: resting && !isDisabled ? 'note' : 'warning',
    message: `${id} (agent ${view.agentId}) is passed over: ${line.reason}.${advice}`,
    remedy: resting ? `openclaw models explain${flag}` : again,
  })
  return findings
}

/** What the config says of profiles that no agent has. */
function aboutConfig({ home }: Auth, books: readonly (WholeBook | undefined)[]): Finding[] {
  const ids = new Set<string>()
  for (const book of books) {
    // What cannot be read may hold any of them.
    if (book === undefined) return []
    for (const { id } of [...book.profiles, ...book.foreign]) ids.add(id)
  }
  const base = { severity: 'warning' as const, file: home.configStore.where() }
  const findings: Finding[] = home.config().missing.map((missing) => ({
    ...base,
    code: 'missing_variable',
    message: `${missingText(missing)} (${base.file}).`,
    remedy: `\${EDITOR:-vi} ${quoted(home.layout.dotenv)}`,
  }))
  for (const [id, { provider }] of home.config().authProfiles) {
    if (ids.has(id)) continue
    findings.push({
      ...base,
      code: 'dead_profile',
      profile: id,
      message: `The config describes the profile ${printable(id)} (${printable(provider)}), which no agent has.`,
      remedy: 'openclaw models auth list',
      repair: { kind: 'config_profile', id },
    })
  }
  for (const [provider, order] of home.config().authOrder) {
    // A variable that is not set here may well be where the gateway runs; it was told above.
    const gone = order.filter((id) => !ids.has(id) && !namesVariable(id))
    if (gone.length === 0) continue
    findings.push({
      ...base,
      code: 'dead_order',
      message: `auth.order.${printable(provider)} in the config names what no agent has: ${printable(gone.join(', '), 200)}.`,
      remedy: 'openclaw models auth list',
      repair: { kind: 'config_order', provider, gone },
    })
  }
  return findings
}
