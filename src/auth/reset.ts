// Starts anew: config, credentials, sessions or everything is moved to a trash folder on the same disk. Nothing is deleted.
import { basename, dirname, join, relative } from 'node:path'
import { MAIN_AGENT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { isAgentId } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { isObject } from '../store/document.ts'
import type { Layout } from '../store/layout.ts'
import { codeOf, isWithin } from '../system/files.ts'
import type { System } from '../system/system.ts'
import { heldIn, personal } from './held.ts'

export const RESET_SCOPES = ['config', 'config+creds+sessions', 'full'] as const
export type ResetScope = (typeof RESET_SCOPES)[number]

export type Move = { from: string; to: string }

const LOCK_WAIT_MS = 5000

/**
 * What a reset would move, of that which is there, and where to.
 * @param agents those of the config, when it can be read; those on the disk are found
 * @throws AuthError unsafe, when more than the state directory would go with it
 */
export async function planReset(
  system: System,
  layout: Layout,
  agents: readonly string[],
  scope: ResetScope,
): Promise<Move[]> {
  const { files } = system
  const { stateDir } = layout
  const held = scope === 'full' ? heldIn(stateDir, personal(system, layout)) : undefined
  if (held !== undefined) {
    throw new AuthError('unsafe', `${stateDir} is not moved as a whole: ${held}. Nothing was moved.`, {
      remedy: 'openclaw reset --scope config+creds+sessions',
    })
  }
  const stamp = new Date(system.now()).toISOString().replace(/[:.]/g, '-')
  const onDisk = (await files.list(join(stateDir, 'agents'))).filter(isAgentId)
  const ids = [...new Set([MAIN_AGENT, ...agents, ...onDisk])]
  const credentials = [
    layout.dotenv,
    layout.gatewayToken,
    join(stateDir, 'credentials'),
    // Who was let in to bots, and what was said to them.
    dirname(layout.pairings),
    join(stateDir, 'agent'),
    ...ids.flatMap((id) => [
      layout.profiles(id),
      layout.changes(id),
      layout.cache(id),
      ...layout.legacy(id).map(({ path }) => path),
    ]),
    ...(await keptAside(system, layout, ids)),
    ...(await spooled(system, layout, ids)),
  ]
  const parts: Readonly<Record<ResetScope, readonly string[]>> = {
    config: [layout.config],
    'config+creds+sessions': [layout.config, ...credentials, ...ids.map(layout.sessionsDir)],
    full: [stateDir, ...[layout.config, ...credentials].filter((path) => !isWithin(path, stateDir))],
  }
  const moves: Move[] = []
  for (const from of new Set(parts[scope])) {
    // It goes along with its folder.
    if (parts[scope].some((other) => other !== from && isWithin(from, other))) continue
    if ((await files.stat(from)) === undefined) continue
    // Beside where it was, what lies elsewhere stays on its own disk.
    const to =
      from !== stateDir && isWithin(from, stateDir)
        ? join(stateDir, 'trash', stamp, relative(stateDir, from))
        : join(dirname(from), `${basename(from)}.trash-${stamp}`)
    moves.push({ from, to })
  }
  return moves
}

/**
 * Moves all of it, or nothing: what was moved before a failure is moved back.
 * @returns what was moved: something may be gone by then, such as a store with two paths to it
 * @throws AuthError write_failed, lock_timeout
 */
export async function reset(system: System, moves: readonly Move[]): Promise<Move[]> {
  const done: Move[] = []
  let at = ''
  try {
    for (const move of moves) {
      at = move.from
      if ((await system.files.stat(move.from)) === undefined) continue
      await moveOne(system, move)
      done.push(move)
    }
    return done
  } catch (error) {
    for (const { from, to } of done.reverse()) await system.files.rename(to, from)
    if (error instanceof AuthError) throw error
    throw new AuthError('write_failed', `${at} could not be moved (${codeOf(error)}); all is where it was.`, {
      remedy: `ls -ld ${quoted(dirname(at))}`,
      cause: error,
    })
  }
}

/** Moves back what a reset moved, as far as nothing has taken its place. */
export async function putBack({ files }: System, moves: readonly Move[]): Promise<void> {
  for (const { from, to } of [...moves].reverse()) {
    if ((await files.stat(from)) === undefined && (await files.stat(to)) !== undefined) await files.rename(to, from)
  }
}

async function moveOne({ files, locks }: System, { from, to }: Move): Promise<void> {
  await files.makeDir(dirname(to))
  const isDirectory = (await files.stat(from))?.isDirectory === true
  // Nobody's write may end up in the trash.
  if (isDirectory) await files.rename(from, to)
  else await locks.hold(`${from}.lock`, { waitMs: LOCK_WAIT_MS }, () => files.rename(from, to))
}

/** Copies of files that hold secrets: older ones whose credentials were taken over, and those that earlier repairs left. */
async function keptAside({ files }: System, layout: Layout, ids: readonly string[]): Promise<string[]> {
  const own = ids.flatMap((id) => [layout.profiles(id), ...layout.legacy(id).map(({ path }) => path)])
  const paths = new Set([layout.config, layout.gatewayToken, ...own])
  const kept: string[] = []
  for (const path of paths) {
    const names = await files.list(dirname(path))
    kept.push(
      ...names
        .filter((name) => ['imported', 'bak'].some((why) => name.startsWith(`${basename(path)}.${why}-`)))
        .map((name) => join(dirname(path), name)),
    )
  }
  return kept
}

/** Renewed logins that wait for a store of ours: the folder of the state directory, and what lies in the places that several share. */
async function spooled({ files }: System, layout: Layout, ids: readonly string[]): Promise<string[]> {
  const stores = new Set(ids.map(layout.profiles))
  const found: string[] = []
  for (const dir of layout.spools) {
    if (isWithin(dir, layout.stateDir)) {
      found.push(dir)
      continue
    }
    for (const name of await files.list(dir).catch(() => [])) {
      // Drafts of the dead as well.
      if (!/^\.?login-.*\.json(?:\.late|\.\d+\.[0-9a-f]+\.tmp)?$/.test(name)) continue
      const path = join(dir, name)
      // What cannot be read belongs to nobody we know of.
      const text = await files.read(path).catch(() => undefined)
      if (stores.has(storeIn(text?.text ?? ''))) found.push(path)
    }
  }
  return found
}

function storeIn(text: string): string {
  try {
    const raw: unknown = JSON.parse(text)
    return isObject(raw) && typeof raw.store === 'string' ? raw.store : ''
  } catch {
    return ''
  }
}
