// Does what a finding offers: one small change, behind a copy of the file it changes, so that it can be undone.
import type { Repair } from '../core/finding.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { isObject } from '../store/document.ts'
import type { Auth } from './auth.ts'
import { importLegacy } from './import-legacy.ts'

export type Repaired = {
  repair: Repair
  /** Copies of what was there before, as private as the original should be. */
  backups: string[]
  /** The command that takes it back. */
  undo: string
}

/** What only a face can do; the backup before it and the way back are made here as for all others. */
export type FaceRepairs = { service(): Promise<void>; gatewayToken(): Promise<void> }

/**
 * @returns how to take it back
 * @throws AuthError write_failed, lock_timeout; what was there stays
 */
export async function repair(auth: Auth, wanted: Repair, face: FaceRepairs): Promise<Repaired> {
  const { home } = auth
  const { files } = home.system
  if (wanted.kind === 'mode') {
    await files.setMode(wanted.path, wanted.to)
    return { repair: wanted, backups: [], undo: `chmod ${wanted.from.toString(8)} '${wanted.path}'` }
  }
  const paths = touchedBy(auth, wanted)
  const stamp = new Date(home.system.now()).toISOString().replace(/[:.]/g, '-')
  const backups: string[] = []
  const undo: string[] = []
  for (const path of paths) {
    const before = await files.read(path)
    if (before === undefined) continue
    const copy = `${path}.bak-${stamp}`
    await files.writeDurable(copy, before.text)
    backups.push(copy)
    undo.push(`cp '${copy}' '${path}'`)
  }
  if (wanted.kind === 'legacy') {
    const done = await importLegacy(auth, wanted.agentId, { path: wanted.path })
    const kept = done.flatMap(({ kept: copy }) => copy ?? [])
    // The store that it made goes first: with both there, the next write would do it again, and end where we are.
    if (backups.length === 0 && done.length > 0) undo.push(`mv '${paths[0]}' '${paths[0]}.undone'`)
    return {
      repair: wanted,
      backups: [...backups, ...kept],
      undo: [...undo, ...kept.map((copy) => `cp '${copy}' '${wanted.path}'`)].join(' && '),
    }
  }
  if (wanted.kind === 'service') undo.push(wanted.command)
  await change(auth, wanted, face)
  return { repair: wanted, backups, undo: undo.join(' && ') }
}

function touchedBy({ home }: Auth, wanted: Exclude<Repair, { kind: 'mode' }>): string[] {
  switch (wanted.kind) {
    case 'order':
      return [home.layout.profiles(wanted.agentId)]
    case 'legacy':
      // The older file itself is kept by the import.
      return [home.layout.profiles(wanted.agentId)]
    case 'config_order':
    case 'config_profile':
      return [home.layout.config]
    case 'service':
      return [wanted.file]
    case 'gateway_token':
      return [wanted.path]
  }
}

/** The file may have changed since it was looked at: only what is still wrong is taken out. */
async function change(
  { home }: Auth,
  wanted: Exclude<Repair, { kind: 'mode' | 'legacy' }>,
  face: FaceRepairs,
): Promise<void> {
  switch (wanted.kind) {
    case 'service':
      return face.service()
    case 'gateway_token':
      return face.gatewayToken()
    case 'order': {
      const { profiles } = home.agent(wanted.agentId)
      await profiles.setOrder(wanted.provider, (book) => {
        const back = new Set([...book.profiles, ...book.foreign].map(({ id }) => id))
        const left = (book.order.get(wanted.provider) ?? []).filter((id) => back.has(id) || !wanted.gone.includes(id))
        return left.length === 0 ? undefined : left
      })
      return
    }
    case 'config_profile':
    case 'config_order':
      await home.configStore.change((draft) => {
        const section = isObject(draft.auth) ? draft.auth : {}
        if (wanted.kind === 'config_profile') {
          if (isObject(section.profiles)) delete section.profiles[wanted.id]
          return
        }
        const orders = isObject(section.order) ? section.order : {}
        for (const [name, ids] of Object.entries(orders)) {
          if (normaliseProvider(name) !== wanted.provider || !Array.isArray(ids)) continue
          const left = ids.filter((id) => !wanted.gone.includes(String(id).trim()))
          if (left.length === 0) delete orders[name]
          else orders[name] = left
        }
      })
      await home.reload()
  }
}
