// gateway.json: the gateways that run on this state directory, each noted by itself while it lives. No secret. Read without opening the
// home, so that a config that cannot be read hides no gateway.
import { codeOf } from '../system/files.ts'
import type { System } from '../system/system.ts'
import { isObject } from './document.ts'
import type { Layout } from './layout.ts'

export type GatewayNote = {
  pid: number
  host: string
  /** Tells two lives of one pid apart; empty where the platform does not say. */
  life: string
  url: string
  /** ms epoch */
  startedAt: number
}

const LOCK_WAIT_MS = 5000
/** Of other machines nobody here can say whether they live; no more than so many are kept. */
const MOST_NOTES = 8

/** The gateways of this state directory that live on this machine, the newest first. Writes nothing; never throws. */
export async function livingGateways(system: System, layout: Layout): Promise<GatewayNote[]> {
  const living: GatewayNote[] = []
  for (const note of await readNotes(system, layout)) {
    if (note.host === system.host && (await isAlive(system, note))) living.push(note)
  }
  return living.sort((a, b) => b.startedAt - a.startedAt)
}

/**
 * Notes that this process serves at the address; who has died since is forgotten.
 * @returns takes the note away; the file goes with the last one
 * @throws AuthError lock_timeout, and what the disk says
 */
export async function leaveNote(system: System, layout: Layout, url: string): Promise<() => Promise<void>> {
  const { pid, host } = system
  const life = (await system.lifeOf(pid)) ?? ''
  const { files, locks } = system
  const path = layout.gatewayNotes
  const mine: GatewayNote = { pid, host, life, url, startedAt: system.now() }
  const change = async (edit: (others: GatewayNote[]) => GatewayNote[]): Promise<void> => {
    await locks.hold(`${path}.lock`, { waitMs: LOCK_WAIT_MS }, async () => {
      const others: GatewayNote[] = []
      for (const note of await readNotes(system, layout)) {
        if (note.host !== host || (note.pid !== pid && (await isAlive(system, note)))) others.push(note)
      }
      const gateways = edit(others).slice(-MOST_NOTES)
      if (gateways.length === 0) await files.remove(path)
      else await files.writeDurable(path, `${JSON.stringify({ version: 1, gateways }, null, 2)}\n`)
    })
  }
  await files.makeDir(layout.stateDir)
  await change((others) => [...others, mine])
  return async () => {
    // Whoever moved the state directory away under us need not find a new one.
    if ((await files.stat(path)) !== undefined) await change((others) => others)
  }
}

async function isAlive(system: System, note: GatewayNote): Promise<boolean> {
  const life = await system.lifeOf(note.pid)
  return life !== undefined && life === note.life
}

async function readNotes(system: System, layout: Layout): Promise<GatewayNote[]> {
  let value: unknown
  try {
    value = JSON.parse((await system.files.read(layout.gatewayNotes))?.text ?? 'null')
  } catch (error) {
    system.log.debug('the notes of running gateways cannot be read', { why: codeOf(error) || 'no JSON' })
  }
  const entries = isObject(value) && Array.isArray(value.gateways) ? value.gateways : []
  return entries.flatMap((entry) => {
    if (!isObject(entry)) return []
    const { pid, host, life, url, startedAt } = entry
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || typeof host !== 'string') return []
    if (typeof url !== 'string' || !URL.canParse(url)) return []
    return [
      {
        pid,
        host,
        url,
        life: typeof life === 'string' ? life : '',
        startedAt: typeof startedAt === 'number' ? startedAt : 0,
      },
    ]
  })
}
