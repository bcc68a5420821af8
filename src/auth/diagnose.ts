// What is wrong with an installation, of every agent of it: files, config, credentials, orders. Looks, asks nobody, touches nothing.
import { dirname } from 'node:path'
import { MAIN_AGENT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { formatRemaining } from '../core/expiry.ts'
import type { Finding } from '../core/finding.ts'
import { replacing } from '../core/needs.ts'
import { type Candidate, expiryOfCandidate } from '../core/order.ts'
import { explain } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import { statusReport } from '../core/status.ts'
import { missingText, namesVariable } from '../core/substitute.ts'
import { createLayout, type Layout } from '../store/layout.ts'
import type { WholeBook } from '../store/legacy-files.ts'
import type { System } from '../system/system.ts'
import { type Auth, createAuth, type View } from './auth.ts'
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
  findings.push(...(await aboutFiles(system, layout, agents)))
  if (auth !== undefined) {
    for (const agentId of agents) findings.push(...(await aboutAgent(auth, agentId)))
    findings.push(...(await aboutConfig(auth, agents)), ...auth.plugins.findings)
  }
  return { layout, auth, findings }
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

/** Of releases before there were agents. */
const SINGLE_AGENT = 'agent'
/** What is looked at by itself, and what an import has left. */
const KNOWN_OLD = /^auth(?:-profiles)?\.json(?:$|\.)/
const PRIVATE_DIR = 0o700
const PRIVATE_FILE = 0o600
/** For group and others. */
const OPEN_BITS = 0o077

async function aboutFiles(system: System, layout: Layout, agents: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const { stateDir } = layout
  const root = await system.files.stat(stateDir)
  if (root === undefined) {
    return [
      {
        code: 'no_state',
        severity: 'note',
        file: stateDir,
        message: 'There is no state directory yet; it is made with the first credential.',
      },
    ]
  }
  const single = `${stateDir}/${SINGLE_AGENT}`
  const left = agents.some((id) => layout.agentDir(id) === single)
    ? []
    : (await system.files.list(single)).filter((name) => !KNOWN_OLD.test(name))
  if (left.length > 0) {
    findings.push({
      code: 'old_files',
      severity: 'note',
      file: single,
      message: `${single} belongs to an older layout; what it holds beside credentials is not used: ${printable(left.join(', '), 200)}.`,
    })
  }
  const dirs = [stateDir, ...agents.flatMap((id) => [layout.agentDir(id), layout.sessionsDir(id)])]
  const secrets = [layout.config, layout.dotenv, layout.gatewayToken]
  const kept = agents.flatMap((id) => [layout.profiles(id), layout.changes(id), layout.cache(id), layout.sessions(id)])
  for (const path of [...dirs, ...secrets, ...kept]) {
    const stat = path === stateDir ? root : await system.files.stat(path)
    if (stat === undefined || system.platform === 'win32') continue
    const isOthers = system.uid > 0 && stat.uid !== system.uid
    if (isOthers) {
      findings.push({
        code: 'wrong_owner',
        severity: 'error',
        file: path,
        message: `${path} belongs to another user (uid ${stat.uid}); it cannot be kept private, and perhaps not written.`,
        remedy: `sudo chown -R "$(id -un)" '${stateDir}'`,
      })
    }
    if (stat.isLink) {
      // Where it leads is somebody's decision; only our own writes refuse to follow.
      if (kept.includes(path)) findings.push(linked(path))
      continue
    }
    if ((stat.mode & OPEN_BITS) === 0) continue
    const to = stat.isDirectory ? PRIVATE_DIR : PRIVATE_FILE
    findings.push({
      code: 'open_mode',
      severity: 'warning',
      file: path,
      message: `${path} is open to other users of this machine (mode ${stat.mode.toString(8)}); it should be ${to.toString(8)}.`,
      remedy: isOthers ? `sudo chmod ${to.toString(8)} '${path}'` : `chmod ${to.toString(8)} '${path}'`,
      ...(isOthers ? {} : { repair: { kind: 'mode' as const, path, from: stat.mode, to } }),
    })
  }
  return findings
}

function linked(path: string): Finding {
  return {
    code: 'linked',
    severity: 'error',
    file: path,
    message: `${path} is a symbolic link; credentials are never written through one.`,
    remedy: `ls -l '${path}'`,
  }
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
  const findings = aboutProviders(view, now)
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
      remedy: isDone ? `ls -ld '${dirname(path)}'` : 'openclaw doctor --fix',
      repair: { kind: 'legacy', agentId, path },
    }
  })
  return [...unread, ...waiting]
}

/** Providers that a configured model needs and nothing can serve just now: what a call would meet, in the same words. */
function aboutProviders(view: View, now: number): Finding[] {
  const facts = view.facts()
  const { auth, resolvedDefault } = statusReport(facts, now, { named: true })
  const meant = resolvedDefault.slice(0, resolvedDefault.indexOf('/'))
  return [...new Set([meant, ...auth.missingProvidersInUse])].flatMap((provider) => {
    const lack = lackOf(view, provider, now)
    if (lack === undefined) return []
    return [found(lack, 'error', { agent: view.agentId, file: view.store.profiles.where() })]
  })
}

function aboutProfile(view: View, candidate: Candidate, now: number): Finding[] {
  if (candidate.source.kind !== 'profile') return []
  const { id, provider, kind } = candidate
  const flag = agentFlag(view, view.agentId)
  const again = replacing({ profileId: id, provider, type: kind }, flag)
  const base = { agent: view.agentId, profile: id, file: candidate.source.file }
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
async function aboutConfig(auth: Auth, agents: readonly string[]): Promise<Finding[]> {
  const { home } = auth
  const ids = new Set<string>()
  for (const agentId of agents) {
    try {
      const book = await home.agent(agentId).book()
      for (const { id } of [...book.profiles, ...book.foreign]) ids.add(id)
    } catch (error) {
      // What cannot be read may hold any of them, and was reported above.
      if (error instanceof AuthError) return []
      throw error
    }
  }
  const base = { severity: 'warning' as const, file: home.configStore.where() }
  const findings: Finding[] = home.config().missing.map((missing) => ({
    ...base,
    code: 'missing_variable',
    message: `${missingText(missing)} (${base.file}).`,
    remedy: 'openclaw models where --help',
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
