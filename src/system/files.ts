// The disk. Secrets are written durably and atomically: exclusive temp file 0600, fsync, rename, fsync of the directory (D14).
import { isUtf8 } from 'node:buffer'
import { constants, type Stats, watch } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'

export type FileStat = {
  size: number
  mode: number
  uid: number
  isLink: boolean
  isDirectory: boolean
  version: string
  /** When it was made, ms epoch; absent where the file system does not say. */
  madeAt?: number
  /** When it was last written, ms epoch. */
  writtenAt?: number
}

export type Watch = { close(): void }

export type Files = {
  /**
   * The whole file as UTF-8; `isExact` is false when some bytes were not UTF-8, so that the text does not stand for the file.
   * @returns undefined when there is none @throws on anything else, files over `maxBytes` included
   */
  read(path: string, maxBytes?: number): Promise<{ text: string; version: string; isExact: boolean } | undefined>
  /** The same as bytes, for what is no text. */
  readBytes(path: string, maxBytes: number): Promise<Buffer | undefined>
  /** @returns undefined when there is nothing at the path; never follows a link */
  stat(path: string): Promise<FileStat | undefined>
  /**
   * Replaces the file as a whole; whoever returns from it finds the new text after a power cut. Only one writer at a time: hold the lock.
   * @param isMine asked just before the file takes its place: whether the lock is still held @throws ELOST when not; nothing was changed
   */
  writeDurable(path: string, text: string | Uint8Array, isMine?: () => Promise<boolean>): Promise<void>
  /**
   * Adds lines to the end, each ended by a newline; a last line that a kill cut off is ended first. Creates 0600. Not synced: for transcripts.
   * @throws what the disk throws; `writtenOf` tells how far it came
   */
  append(path: string, lines: string): Promise<void>
  /** The last `maxBytes` of a file at most; the first line may be cut off. @returns undefined when there is none */
  readEnd(path: string, maxBytes: number): Promise<string | undefined>
  /**
   * The text from a place on, or the last `maxBytes` of it when that is longer.
   * @returns undefined when there is no file; `linesEnd` is the place behind the last whole line, in bytes from the start of the file
   */
  readFrom(path: string, offset: number, maxBytes: number): Promise<{ text: string; linesEnd: number } | undefined>
  /** Creates the directory and missing parents, each 0700. */
  makeDir(path: string): Promise<void>
  /** Sets the permission bits. */
  setMode(path: string, mode: number): Promise<void>
  list(path: string): Promise<string[]>
  remove(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /**
   * Puts a whole draft that a dead writer left behind where it belongs, in the same folder: it may still be on no disk, and may be the only
   * copy, so it is synced as it lies before it is renamed, and is never away meanwhile. @throws when there is none, or it is a link
   */
  adopt(draft: string, path: string): Promise<void>
  /** Calls on any change of a name inside the directory. A hint, nothing more: events get lost and doubled. */
  watchDir(path: string, changed: (name: string | undefined) => void): Watch
}

export const MAX_FILE_BYTES = 16 * 1024 * 1024
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, O_APPEND } = constants

/** The code of a system error, such as ENOENT; empty for anything else. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

/** How much of the lines an `append` that failed has written, bytes. */
export function writtenOf(error: unknown): number {
  return error instanceof Error && 'written' in error && typeof error.written === 'number' ? error.written : 0
}

/** Whether the path is the folder, or lies somewhere below it; both absolute. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** The real disk. */
export function createFiles(options: { pid: number; randomBytes: (count: number) => Uint8Array }): Files {
  const stat = async (path: string): Promise<FileStat | undefined> => {
    const stats = await lstatOf(path)
    return stats === undefined ? undefined : toStat(stats)
  }

  /** Reads from a regular file. Nothing else is waited for: a pipe that somebody mounted in its place may never have a writer. */
  const from = async <T>(
    path: string,
    work: (handle: fs.FileHandle, stats: Stats) => Promise<T>,
  ): Promise<T | undefined> => {
    let handle: fs.FileHandle
    try {
      handle = await fs.open(path, O_RDONLY | (O_NONBLOCK ?? 0))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ENOTFILE' })
      return await work(handle, stats)
    } finally {
      await handle.close()
    }
  }

  const whole = async (handle: fs.FileHandle, { size }: Stats, maxBytes: number): Promise<Buffer> => {
    if (size > maxBytes) throw Object.assign(new Error(`larger than ${maxBytes} bytes`), { code: 'EFBIG' })
    return handle.readFile()
  }
  const read: Files['read'] = (path, maxBytes = MAX_FILE_BYTES) =>
    from(path, async (handle, stats) => {
      const bytes = await whole(handle, stats, maxBytes)
      return { text: bytes.toString('utf8'), version: versionOf(stats), isExact: isUtf8(bytes) }
    })

  /** Folders that this process has seen to, so that they are there after a power cut. */
  const sure = new Set<string>()
  const makeDir = async (path: string): Promise<void> => {
    const first = await fs.mkdir(path, { recursive: true, mode: 0o700 })
    // Each folder is an entry of the one above it. One that was there may be on no disk: whoever made it may have died, or been refused.
    for (let dir = path; dir !== dirname(dir); dir = dirname(dir)) {
      const isNew = first !== undefined && dir.length >= first.length
      if (!isNew && sure.has(dir)) return
      try {
        await syncDir(dirname(dir))
      } catch (error) {
        // Above what is ours, or behind a mount point, others see to it: a file system that is read-only up there keeps nobody from writing here.
        if (!isNew && (codeOf(error) === 'EACCES' || (await isMountPoint(dir)))) return
        throw error
      }
      sure.add(dir)
    }
  }

  const writeDurable: Files['writeDurable'] = async (path, text, isMine) => {
    const before = await stat(path)
    if (before?.isLink === true) throw Object.assign(new Error('is a symbolic link'), { code: 'ELOOP' })
    const dir = dirname(path)
    const prefix = `.${basename(path)}.`
    // Whoever holds the lock is the only writer, so a temp file of this name was left by one that died.
    for (const name of await fs.readdir(dir)) {
      if (name.startsWith(prefix) && name.endsWith('.tmp')) await remove(join(dir, name))
    }
    const random = Buffer.from(options.randomBytes(6)).toString('hex')
    const temp = join(dir, `${prefix}${options.pid}.${random}.tmp`)
    try {
      const handle = await fs.open(temp, O_CREAT | O_EXCL | O_WRONLY | (O_NOFOLLOW ?? 0), 0o600)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      if (isMine !== undefined && !(await isMine()))
        throw Object.assign(new Error('the lock was lost'), { code: 'ELOST' })
      await fs.rename(temp, path)
    } catch (error) {
      await remove(temp)
      throw error
    }
    try {
      await syncDir(dir)
    } catch {
      // The rename took place, the sync is unknown: settled by reading again, and by one more try.
      const now = await from(path, (handle) => handle.readFile())
      if (now?.equals(Buffer.from(text)) !== true)
        throw Object.assign(new Error('the file changed under our hands'), { code: 'EIO' })
      await syncDir(dir)
    }
  }

  const adopt: Files['adopt'] = async (draft, path) => {
    const handle = await fs.open(draft, O_RDWR | (O_NOFOLLOW ?? 0))
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.rename(draft, path)
    await syncDir(dirname(path))
  }

  const remove = async (path: string): Promise<void> => {
    await fs.rm(path, { force: true })
  }

  const readFrom: Files['readFrom'] = (path, offset, maxBytes) =>
    from(path, async (handle, { size }) => {
      const length = Math.max(0, Math.min(size - offset, maxBytes))
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
      // In bytes: a letter that is cut in two is no longer as long as it was.
      const lines = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1
      return { text: buffer.toString('utf8', 0, bytesRead), linesEnd: size - length + lines }
    })

  return {
    read,
    readBytes: (path, maxBytes) => from(path, (handle, stats) => whole(handle, stats, maxBytes)),
    stat,
    writeDurable,
    adopt,
    makeDir,
    remove,
    append: async (path, lines) => {
      const handle = await fs.open(path, O_CREAT | O_RDWR | O_APPEND | (O_NOFOLLOW ?? 0), 0o600)
      try {
        const { size } = await handle.stat()
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
        const last = buffer.toString('latin1', 0, bytesRead)
        // Glued to half a line, the first of the new ones would be lost with it.
        const start = last === '' || last === '\n' ? '' : '\n'
        const bytes = Buffer.from(start + lines)
        let at = 0
        try {
          while (at < bytes.length) at += (await handle.write(bytes, at)).bytesWritten
        } catch (error) {
          throw Object.assign(error as Error, { written: Math.max(0, at - start.length) })
        }
      } finally {
        await handle.close()
      }
    },
    readEnd: async (path, maxBytes) => (await readFrom(path, 0, maxBytes))?.text,
    readFrom,
    list: async (path) => {
      try {
        return await fs.readdir(path)
      } catch (error) {
        if (isAbsent(error)) return []
        throw error
      }
    },
    setMode: (path, mode) => fs.chmod(path, mode),
    rename: (from, to) => fs.rename(from, to),
    watchDir: (path, changed) => {
      const watcher = watch(path, { persistent: false }, (_event, name) => changed(name ?? undefined))
      watcher.on('error', () => watcher.close())
      return { close: () => watcher.close() }
    },
  }
}

/** Whether the folder and the one above it lie on different file systems. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, above] = await Promise.all([lstatOf(path), lstatOf(dirname(path))])
  return own?.dev !== above?.dev
}

/** What stands at the path itself, a link included. @returns undefined when nothing does */
export async function lstatOf(path: string): Promise<Stats | undefined> {
  try {
    return await fs.lstat(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function syncDir(path: string): Promise<void> {
  const handle = await fs.open(path, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Windows cannot sync a directory, and some file systems refuse it.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error
  } finally {
    await handle.close()
  }
}

function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
}

function versionOf(stats: Stats): string {
  return `${stats.ino}-${stats.size}-${stats.mtimeMs}`
}

function toStat(stats: Stats): FileStat {
  return {
    size: stats.size,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    isLink: stats.isSymbolicLink(),
    isDirectory: stats.isDirectory(),
    version: versionOf(stats),
    writtenAt: stats.mtimeMs,
    ...(stats.birthtimeMs > 0 ? { madeAt: stats.birthtimeMs } : {}),
  }
}
