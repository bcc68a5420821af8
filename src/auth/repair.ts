// Does what a finding offers: one small change, and the command that takes just this change back, so that whatever came since stays.
import { formatPath } from '../core/config-path.ts'
import { AuthError } from '../core/errors.ts'
import type { Repair } from '../core/finding.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { quoted } from '../core/quoted.ts'
import { isObject } from '../store/document.ts'
import type { ProfileBook } from '../store/profiles.ts'
import { codeOf } from '../system/files.ts'
import type { Auth } from './auth.ts'
import { importLegacy } from './import-legacy.ts'

export type Repaired = {
  repair: Repair
  /** Copies of what was there before, as private as the original should be. */
  backups: string[]
  /** The command that takes it back; empty where nothing was lost that could be taken back. */
  undo: string
}

/** What only a face can do; the way back is made here as for all others. */
export type FaceRepairs = { service(): Promise<void>; gatewayToken(): Promise<void> }

/**
 * @returns how to take it back
 * @throws AuthError write_failed, lock_timeout; what was there stays
 */
export async function repair(auth: Auth, wanted: Repair, face: FaceRepairs): Promise<Repaired> {
  const done = (undo: readonly string[], backups: string[] = []): Repaired => ({
    repair: wanted,
    backups,
    undo: undo.join(' && '),
  })
  switch (wanted.kind) {
    case 'mode':
      await setMode(auth, wanted)
      return done([`chmod ${wanted.from.toString(8)} ${quoted(wanted.path)}`])
    case 'legacy': {
      // Taken back later, an older login would come back in the place of what it was renewed to; the older file itself is kept.
      const taken = await importLegacy(auth, wanted.agentId, { path: wanted.path })
      return done(
        [],
        taken.flatMap(({ kept }) => kept ?? []),
      )
    }
    case 'order':
      return done(await takeOutOfOrder(auth, wanted))
    case 'config_order':
    case 'config_profile':
      return done(await takeOutOfConfig(auth, wanted))
    case 'service': {
      const copy = await copied(auth, wanted.file)
      await face.service()
      return copy === undefined
        ? done([wanted.command])
        : done([`cp ${quoted(copy)} ${quoted(wanted.file)}`, wanted.command], [copy])
    }
    case 'gateway_token':
      // The old one was no secret: nobody wants it back.
      await face.gatewayToken()
      return done([])
  }
}

async function setMode({ home }: Auth, { path, to }: Extract<Repair, { kind: 'mode' }>): Promise<void> {
  try {
    await home.system.files.setMode(path, to)
  } catch (error) {
    throw new AuthError('write_failed', `The mode of ${path} could not be changed (${codeOf(error)}).`, {
      remedy: `ls -ld ${quoted(path)}`,
      cause: error,
    })
  }
}

/** The definition of a service, which holds no secret. */
async function copied({ home }: Auth, path: string): Promise<string | undefined> {
  const { files, now } = home.system
  const before = await files.read(path)
  if (before === undefined) return undefined
  const copy = `${path}.bak-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`
  await files.writeDurable(copy, before.text)
  return copy
}

/** The file may have changed since it was looked at: only what is still wrong is taken out. */
async function takeOutOfOrder({ home }: Auth, wanted: Extract<Repair, { kind: 'order' }>): Promise<string[]> {
  const { agentId, provider, gone } = wanted
  let before: readonly string[] = []
  const { profiles, changes } = home.agent(agentId)
  const decide = (book: ProfileBook): readonly string[] | undefined => {
    before = book.order.get(provider) ?? []
    const back = new Set([...book.profiles, ...book.foreign].map(({ id }) => id))
    const left = before.filter((id) => back.has(id) || !gone.includes(id))
    return left.length === 0 ? undefined : left
  }
  await profiles.setOrder(provider, decide, changes.begin('doctor').store)
  if (before.length === 0) return []
  const ids = before.map(quoted).join(' ')
  return [`openclaw models auth order set --agent ${agentId} --provider ${quoted(provider)} --allow-missing ${ids}`]
}

async function takeOutOfConfig(
  { home }: Auth,
  wanted: Extract<Repair, { kind: 'config_order' | 'config_profile' }>,
): Promise<string[]> {
  const undo: string[] = []
  const took = (path: string[], value: unknown): void => {
    undo.push(`openclaw config set ${quoted(formatPath(path))} ${quoted(JSON.stringify(value))}`)
  }
  await home.configStore.change((draft) => {
    const section = isObject(draft.auth) ? draft.auth : {}
    if (wanted.kind === 'config_profile') {
      const profiles = isObject(section.profiles) ? section.profiles : {}
      if (!Object.hasOwn(profiles, wanted.id)) return
      took(['auth', 'profiles', wanted.id], profiles[wanted.id])
      delete profiles[wanted.id]
      return
    }
    const orders = isObject(section.order) ? section.order : {}
    for (const [name, ids] of Object.entries(orders)) {
      if (normaliseProvider(name) !== wanted.provider || !Array.isArray(ids)) continue
      const left = ids.filter((id) => !wanted.gone.includes(String(id).trim()))
      if (left.length === ids.length) continue
      took(['auth', 'order', name], ids)
      if (left.length === 0) delete orders[name]
      else orders[name] = left
    }
  })
  await home.reload()
  return undo
}
