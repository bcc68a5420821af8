// What is kept, and taking something out of it: `models auth list` and `models auth logout`.
import type { Command } from 'commander'
import { logout } from '../../auth/logout.ts'
import { agentFlag, ownStore } from '../../auth/own-store.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { type Rest, unusable } from '../../core/health.ts'
import { normaliseProvider } from '../../core/model-ref.ts'
import { replacing, resuming } from '../../core/needs.ts'
import { type Candidate, defectOf, formatUntil } from '../../core/order.ts'
import { restText } from '../../core/pick-reason.ts'
import { restingModels } from '../../core/status.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, expiryText, type Invocation, ownerFlag } from '../invocation.ts'
import { columns } from '../terminal.ts'

type Flags = CommonFlags & { provider?: string; yes?: boolean; forget?: boolean }

type Kept = {
  id: string
  provider: string
  type: string
  label: string
  status: string
  expiresAt?: number
  renewable?: true
  lastUsedAt?: number
  /** Set aside; `until` is absent where it waits for somebody to resume it. */
  paused?: { until?: number; remainingMs?: number }
  unusable?: Rest & { remainingMs: number }
  /** Models that rest while the profile serves others. */
  restingModels?: readonly (Rest & { remainingMs: number })[]
  remedy?: string
}

/** `list` and `logout`. */
export function defineKeeping(parent: Command, invocation: () => Invocation): void {
  parent
    .command('list')
    .description('the stored profiles of an agent, without their secrets')
    .option('--provider <id>', 'only this provider')
    .option('--json', 'the profiles as JSON')
    .addHelpText('after', examples([['openclaw models auth list --provider anthropic', 'kind, state, and what helps']]))
    .action((_flags: unknown, self: Command) => list(invocation(), self.optsWithGlobals<Flags>()))
  parent
    .command('logout')
    .description('remove a profile here; a login is taken back at its vendor, a key or token stays valid there')
    .argument('<profileId>', 'as `models auth list` shows it')
    .option('--forget', 'keep nothing of it for undo, and drop what is kept of it already')
    .option('--yes', 'do not ask')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth logout anthropic:work --yes', 'in a script'],
        ['openclaw models auth logout anthropic:work --forget', 'gone from the disk at once'],
      ]),
    )
    .action((id: string, _flags: unknown, self: Command) => remove(invocation(), id, self.optsWithGlobals<Flags>()))
}

async function list(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, view } = await invocation.view(flags, { asksShell: false })
  const now = system.now()
  const wanted = flags.provider === undefined ? undefined : normaliseProvider(flags.provider)
  const profiles = [...view.facts().providers.values()]
    .flatMap(({ candidates }) => candidates)
    .filter(({ source, provider }) => source.kind === 'profile' && (wanted === undefined || provider === wanted))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((candidate) => keptOf(candidate, now, ownerFlag(auth, view.agentId)))
  const where = view.store.profiles.where()
  const owner = view.store.owner === view.agentId ? undefined : view.store.owner
  if (flags.json === true) {
    const whose = owner === undefined ? {} : { owner }
    return terminal.json({
      agentId: view.agentId,
      agentDir: view.store.agentDir,
      authStorePath: where,
      ...whose,
      profiles,
    })
  }
  const lines = [`Agent: ${view.agentId}`, `Auth file: ${where}`]
  if (owner !== undefined) lines.push(`Credentials of: ${owner}`)
  if (profiles.length === 0) lines.push('Profiles: (none)')
  const rows = columns(profiles.map((kept) => [`- ${kept.id}`, kept.type, kept.label, stateOf(kept, now)]))
  rows.forEach((row, at) => {
    const kept = profiles[at]
    lines.push(row)
    if (kept?.remedy !== undefined) lines.push(terminal.paint('dim', `    run: ${kept.remedy}`))
  })
  terminal.out(lines.join('\n'))
}

/** What another secret, or another login, mends. */
const REPLACED: ReadonlySet<string> = new Set(['expired', 'login_ended', 'blank', 'unsendable'])

function keptOf(candidate: Candidate, now: number, flag: string): Kept {
  const rest = unusable(candidate.health, now)
  const models = restingModels([candidate], now).map(({ profileId: _, provider: __, ...model }) => model)
  const defect = defectOf(candidate, now)
  const remedy =
    defect !== undefined && REPLACED.has(defect.rule)
      ? replacing({ profileId: candidate.id, provider: candidate.provider, type: candidate.kind }, flag)
      : defect?.rule === 'paused'
        ? resuming(candidate.id, flag)
        : rest !== undefined || defect !== undefined
          ? `openclaw models explain ${candidate.provider}${flag}`
          : undefined
  const ends =
    defect?.rule === 'paused' && defect.until !== undefined
      ? { until: defect.until, remainingMs: defect.until - now }
      : {}
  return {
    id: candidate.id,
    provider: candidate.provider,
    type: candidate.kind,
    label: candidate.label,
    status: defect?.rule ?? candidate.expiry,
    ...(candidate.expiresAt === undefined ? {} : { expiresAt: candidate.expiresAt }),
    ...(candidate.renewable === true ? { renewable: true } : {}),
    ...(candidate.health.lastUsedAt === undefined ? {} : { lastUsedAt: candidate.health.lastUsedAt }),
    ...(defect?.rule === 'paused' ? { paused: ends } : {}),
    ...(rest === undefined ? {} : { unusable: { ...rest, remainingMs: rest.until - now } }),
    ...(models.length === 0 ? {} : { restingModels: models }),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

function stateOf(kept: Kept, now: number): string {
  const ends = kept.expiresAt === undefined ? '' : `, ${expiryText(kept.expiresAt - now)}`
  const back = kept.paused?.until === undefined ? '' : `, back ${formatUntil(kept.paused.until, now)}`
  const stands =
    kept.status === 'expired' && kept.expiresAt !== undefined ? ends.slice(2) : `${kept.status}${back}${ends}`
  const state = kept.renewable === true ? `${stands}, renews itself` : stands
  const rests = [...(kept.unusable === undefined ? [] : [kept.unusable]), ...(kept.restingModels ?? [])]
  return [state, ...rests.map((rest) => restText(rest, now))].join(', ')
}

async function remove(invocation: Invocation, profileId: string, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const { profiles, book: read } = ownStore(
    auth.home,
    agentId,
    (flag) => `openclaw models auth logout ${profileId}${flag}`,
  )
  const forgets = flags.forget === true
  const again = (flag: string): string => `openclaw models auth logout ${profileId}${agentFlag(auth, agentId)}${flag}`
  const book = await read()
  const isKept = [...book.profiles, ...book.foreign].some(({ id }) => id === profileId)
  if ((isKept || forgets) && flags.yes !== true) {
    if (!terminal.isInteractive()) {
      throw new AuthError(
        'usage',
        `Removing ${profileId} needs --yes where nobody can be asked; nothing was changed.`,
        { remedy: again(`${forgets ? ' --forget' : ''} --yes`) },
      )
    }
    const question = forgets ? ', for good' : ''
    if (!(await terminal.confirm(`Remove ${profileId} from ${profiles.where()}${question}?`))) {
      throw new AuthError('interrupted', 'Nothing was changed.')
    }
  }
  const done = await logout(auth, { agentId, profileId, revokes: true, forgets })
  const { provider, where, isRevoked, undoUntil } = done
  if (isRevoked) terminal.note(`It was taken back at ${provider}, too.`)
  else if (provider !== undefined) {
    terminal.note(`It is still valid at ${provider}: revoke it there if it must stop working.`)
  }
  if (undoUntil !== undefined) {
    const undo = `openclaw models auth undo${agentFlag(auth, agentId)}`
    const left = formatRemaining(undoUntil - system.now())
    terminal.note(
      `It is kept for ${left}, so that \`${undo}\` can bring it back. To drop it now: ${again(' --forget')}`,
    )
  }
  if (flags.json === true) {
    return terminal.json({
      ok: true,
      agentId,
      profileId,
      provider: provider ?? null,
      authStorePath: where,
      revoked: isRevoked,
      undoUntil: undoUntil ?? null,
    })
  }
  if (provider === undefined) terminal.out(`Dropped what was kept of ${profileId} for undo`)
  else terminal.out(`Removed ${profileId} (${provider}) from ${where}`)
}
