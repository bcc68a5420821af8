// Documents as files below the state directory: a key is the path itself, one lock file beside each.
import { basename, dirname, join, sep } from 'node:path'
import { AuthError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import { codeOf, type Watch } from '../system/files.ts'
import type { Held } from '../system/lock.ts'
import { SILENT_MS } from '../system/sidecar.ts'
import type { System } from '../system/system.ts'
import type { Backend, Stored } from './backend.ts'

const LOCK_WAIT_MS = 20_000
/** So often a change begins anew that stood still for so long that others took its lock over. */
const MOST_TIMES_LOST = 3
/** Watches lose events on some file systems; a stat costs 2 µs, so we look for ourselves, too. */
const LOOK_EVERY_MS = 1000
const SECOND_LOOK_MS = 250

/**
 * @param system the machine
 * @param stateDir kept out of repositories from the first write on
 * @returns a backend whose keys are absolute paths
 */
export function createFilesBackend(system: System, stateDir: string): Backend {
  const { files, locks } = system
  let ignored: Promise<void> | undefined
  const get = async (path: string): Promise<Stored | undefined> => {
    try {
      const file = await files.read(path)
      // Written back, the text would not be the bytes that were read.
      if (file?.isExact === false) throw Object.assign(new Error('not UTF-8'), { code: 'EILSEQ' })
      return file
    } catch (error) {
      throw unreadable(path, error)
    }
  }
  return {
    get,
    locate: (path) => path,
    change: async (path, edit) => {
      try {
        await files.makeDir(dirname(path))
      } catch (error) {
        throw unwritable(path, error)
      }
      if (path.startsWith(stateDir + sep)) {
        ignored ??= ignoreInRepositories(system, stateDir)
        await ignored
      }
      let isHeld = false
      const work = async ({ isMine }: Held): Promise<'done' | 'lost'> => {
        isHeld = true
        const before = await get(path)
        const text = await edit(before)
        if (text === undefined) return 'done'
        try {
          await files.writeDurable(path, text, isMine)
        } catch (error) {
          if (codeOf(error) === 'ELOST') return 'lost'
          throw unwritable(path, error)
        }
        return 'done'
      }
      try {
        for (let left = MOST_TIMES_LOST; left > 0; left--) {
          if ((await locks.hold(`${path}.lock`, { waitMs: LOCK_WAIT_MS }, work)) === 'done') return
        }
      } catch (error) {
        // A full or read-only disk shows at the lock file first.
        throw isHeld ? error : unwritable(path, error)
      }
      throw unwritable(path, Object.assign(new Error('held up each time'), { code: 'ELOST' }))
    },
    alone: async (name, wait, work) => {
      try {
        await files.makeDir(dirname(name))
      } catch (error) {
        throw unwritable(name, error)
      }
      let isHeld = false
      try {
        return await locks.hold(`${name}.lock`, wait, async () => {
          isHeld = true
          const takenAt = system.monotonic()
          const isKernel = (await locks.mechanism()) === 'kernel'
          const leftMs = (): number =>
            isKernel ? Number.POSITIVE_INFINITY : SILENT_MS - (system.monotonic() - takenAt)
          return work({ leaseMs: isKernel ? undefined : SILENT_MS, leftMs })
        })
      } catch (error) {
        throw isHeld ? error : unwritable(name, error)
      }
    },
    notice: (paths, changed) => watchPaths(system, paths, changed),
  }
}

/** A home directory, or a project, may be somebody's repository: `git add -A` must not take the keys along (V43). */
export async function ignoreInRepositories({ files, log }: System, stateDir: string): Promise<void> {
  const path = join(stateDir, '.gitignore')
  try {
    // Whoever made a repository of this very directory knows what lies in it.
    for (const there of [path, join(stateDir, '.git')]) if ((await files.stat(there)) !== undefined) return
    await files.writeDurable(path, '# Secrets lie here.\n*\n')
  } catch (error) {
    log.debug('the state directory has no .gitignore', { path, code: codeOf(error) })
  }
}

function watchPaths(system: System, paths: readonly string[], changed: (path: string) => void): { close(): void } {
  const versions = new Map<string, string>()
  let closed = false
  const watches: Watch[] = []
  const names = new Set(paths.map((path) => basename(path)))
  let looking = Promise.resolve()
  let isDue = false
  let looks = 0
  const look = (): Promise<void> => {
    // One that has not begun will see this change, too.
    if (isDue) return looking
    isDue = true
    looking = looking.then(async () => {
      isDue = false
      for (const path of paths) {
        if (closed) return
        const version = await versionAt(system, path)
        const before = versions.get(path)
        versions.set(path, version)
        // What is there counts as changed once: the caller's read was before the first look, and this may be newer.
        if (looks > 0 && (before !== version || (looks === 1 && version !== ''))) changed(path)
      }
      looks++
    })
    return looking
  }
  void look()
  for (const dir of new Set(paths.map((path) => dirname(path)))) {
    try {
      // Most of what happens beside our documents is their own locks and drafts.
      watches.push(system.files.watchDir(dir, (name) => void ((name === undefined || names.has(name)) && look())))
    } catch (error) {
      // Not there yet, or no watches left: looking each second finds changes all the same.
      system.log.debug('directory is not watched', { dir, code: codeOf(error) })
    }
  }
  // Told later than seen: who starts to watch has just read, and has better things to do than to read again.
  let timer = system.timer(SECOND_LOOK_MS, again)
  function again(): void {
    void look()
    timer = system.timer(LOOK_EVERY_MS, again)
  }
  return {
    close: () => {
      closed = true
      timer.cancel()
      for (const watch of watches) watch.close()
    },
  }
}

/** A file that cannot be looked at has a version of its own, so that its coming back is a change. */
async function versionAt(system: System, path: string): Promise<string> {
  try {
    return (await system.files.stat(path))?.version ?? ''
  } catch (error) {
    return `unknown ${codeOf(error)}`
  }
}

function unreadable(path: string, error: unknown): AuthError {
  if (error instanceof AuthError) return error
  const why: Record<string, string> = {
    EACCES: 'this user may not read it',
    EISDIR: 'it is a directory',
    ENOTFILE: 'it is not a regular file',
    ELOOP: 'its symbolic links lead in a circle',
    EFBIG: 'it is larger than 16 MiB',
    EILSEQ: 'it holds bytes that are not UTF-8',
  }
  const code = codeOf(error)
  const isStrange = code === 'EILSEQ'
  return new AuthError(
    'unreadable_store',
    `Cannot read ${path}: ${why[code] ?? code}. It was left as it is${isStrange ? '; save it as UTF-8' : ''}.`,
    {
      remedy: isStrange ? `\${EDITOR:-vi} ${quoted(path)}` : `ls -ld ${quoted(path)}`,
      cause: error,
    },
  )
}

/** The command that puts a file of its own in the place of a link. */
export function unlinking(path: string): string {
  const plain = quoted(`${path}.plain`)
  return `cp ${quoted(path)} ${plain} && chmod 600 ${plain} && mv ${plain} ${quoted(path)}`
}

function unwritable(path: string, error: unknown): AuthError {
  if (error instanceof AuthError) return error
  const why: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'the file system is read-only',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    ELOOP: 'it is a symbolic link, and secrets are written to plain files only',
    EMFILE: 'too many files are open',
    EIO: 'the disk reported an error',
    ELOST: 'this process was held up for so long, each time, that others went on without it',
    // How the reference locks; one that was killed leaves it behind.
    EISDIR: `the directory ${path}.lock says that another program writes there`,
  }
  const remedies: Record<string, string> = {
    EISDIR: `rmdir ${quoted(`${path}.lock`)}`,
    ELOOP: unlinking(path),
    // It looks whose the directory is, and who may write there.
    EACCES: 'openclaw doctor',
    EPERM: 'openclaw doctor',
  }
  const code = codeOf(error)
  return new AuthError('write_failed', `Cannot write ${path}: ${why[code] ?? code}. Nothing was changed.`, {
    remedy: remedies[code] ?? `df -h ${quoted(dirname(path))}; ls -ld ${quoted(dirname(path))}`,
    cause: error,
  })
}
