// What doctor sees of the files alone: who owns them, who may read them, and which nobody uses any more.

import type { Finding } from '../core/finding.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { unlinking } from '../store/files-backend.ts'
import type { Layout } from '../store/layout.ts'
import type { System } from '../system/system.ts'

/** Of releases before there were agents. */
const SINGLE_AGENT = 'agent'
/** What is looked at by itself, and what an import has left. */
const KNOWN_OLD = /^auth(?:-profiles)?\.json(?:$|\.)/
const PRIVATE_DIR = 0o700
const PRIVATE_FILE = 0o600
/** For group and others. */
const OPEN_BITS = 0o077

/**
 * What is wrong with the files below the state directory, whatever is in them: owners, modes, links, and what an older layout left behind.
 * @param agents whose files are looked at
 */
export async function aboutFiles(system: System, layout: Layout, agents: readonly string[]): Promise<Finding[]> {
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
    : (await namesIn(system, single)).filter((name) => !KNOWN_OLD.test(name))
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
  const paths = [...dirs, ...secrets, ...kept]
  const stats = await Promise.all(paths.map((path) => (path === stateDir ? root : statIn(system, path))))
  for (const [index, path] of paths.entries()) {
    const stat = stats[index]
    if (stat === undefined || system.platform === 'win32') continue
    const isOthers = system.uid > 0 && stat.uid !== system.uid
    if (isOthers) {
      findings.push({
        code: 'wrong_owner',
        severity: 'error',
        file: path,
        message: `${path} belongs to another user (uid ${stat.uid}); it cannot be kept private, and perhaps not written.`,
        remedy: `sudo chown -R "$(id -un)" ${quoted(stateDir)}`,
      })
    }
    if (stat.isLink) {
      // Where it leads is somebody's decision; only our own writes refuse to follow.
      if (kept.includes(path)) findings.push(linked(path))
      if (path === layout.config) findings.push(linkedConfig(path))
      continue
    }
    const to = stat.isDirectory ? PRIVATE_DIR : PRIVATE_FILE
    if (!isOthers && system.uid > 0 && (stat.mode & to) !== to) {
      findings.push({
        code: 'shut_mode',
        severity: 'error',
        file: path,
        message: `${path} cannot be ${stat.isDirectory ? 'used' : 'read and written'} by its own owner (mode ${stat.mode.toString(8)}); it should be ${to.toString(8)}.`,
        remedy: `chmod ${to.toString(8)} ${quoted(path)}`,
        repair: { kind: 'mode', path, from: stat.mode, to },
      })
      continue
    }
    if ((stat.mode & OPEN_BITS) === 0) continue
    // A shell that appends to it makes it readable by all, in a directory that nobody else gets into.
    const isBehindDoor = path === layout.dotenv && (root.mode & OPEN_BITS) === 0 && !root.isLink
    findings.push({
      code: 'open_mode',
      severity: isBehindDoor ? 'note' : 'warning',
      file: path,
      message: `${path} is open to other users of this machine (mode ${stat.mode.toString(8)})${isBehindDoor ? ', and only its directory keeps them out' : ''}; it should be ${to.toString(8)}.`,
      remedy: isOthers ? `sudo chmod ${to.toString(8)} ${quoted(path)}` : `chmod ${to.toString(8)} ${quoted(path)}`,
      ...(isOthers ? {} : { repair: { kind: 'mode' as const, path, from: stat.mode, to } }),
    })
  }
  return findings
}

/** What is in the way of looking is told of the directory itself. */
async function namesIn({ files }: System, path: string): Promise<string[]> {
  try {
    return await files.list(path)
  } catch {
    return []
  }
}

async function statIn({ files }: System, path: string): Promise<Awaited<ReturnType<System['files']['stat']>>> {
  try {
    return await files.stat(path)
  } catch {
    return undefined
  }
}

function linkedConfig(path: string): Finding {
  return {
    code: 'linked',
    severity: 'note',
    file: path,
    message: `${path} is a symbolic link; it is read, and no command changes it.`,
    remedy: unlinking(path),
  }
}

function linked(path: string): Finding {
  return {
    code: 'linked',
    severity: 'error',
    file: path,
    message: `${path} is a symbolic link; credentials are never written through one.`,
    remedy: unlinking(path),
  }
}
