// The kernel's lock on a file, as far as a native binary for it loads here: the kernel frees it when its holder dies, however that was.
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { createRequire } from 'node:module'
import { codeOf, lstatOf } from './files.ts'

export type Native = { tryLock(fd: number): boolean; unlock(fd: number): void }

/** What the binary itself offers: offset and length of the locked part (0: all of it), and whether nobody else may hold one. */
type Binding = {
  tryLock(fd: number, offset: number, length: number, isExclusive: boolean): void
  unlock(fd: number, offset: number, length: number): void
}

const BINARY = 'fs-native-extensions.node'
const requireHere = createRequire(import.meta.url) as (path: string) => Binding

/**
 * The binary of this platform, straight from its place in the package: the package itself looks for it through five others, which
 * takes ten times as long and is left for the platforms where it lies elsewhere.
 */
export async function importNative(): Promise<Native | undefined> {
  try {
    return nativeOf(requireHere(`fs-native-extensions/prebuilds/${process.platform}-${process.arch}/${BINARY}`))
  } catch {
    // Elsewhere, or nowhere.
  }
  try {
    const module = (await import('fs-native-extensions')) as { default: Native }
    return module.default
  } catch {
    // An optional dependency: platforms without a prebuilt binary use the sidecar alone.
    return undefined
  }
}

function nativeOf(binding: Binding): Native {
  return {
    tryLock: (fd) => {
      try {
        binding.tryLock(fd, 0, 0, true)
        return true
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return false
        throw error
      }
    },
    unlock: (fd) => binding.unlock(fd, 0, 0),
  }
}

/** @returns undefined while somebody else has it */
export async function takeKernel(path: string, lock: Native): Promise<fs.FileHandle | undefined> {
  const handle = await fs.open(path, constants.O_CREAT | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0), 0o600)
  let granted = false
  try {
    if (!lock.tryLock(handle.fd)) return undefined
    // Somebody may have removed the file by hand: a lock on a nameless inode excludes nobody.
    const [held, named] = await Promise.all([handle.stat(), lstatOf(path)])
    granted = held.ino === named?.ino && held.dev === named.dev
    return granted ? handle : undefined
  } finally {
    if (!granted) await handle.close()
  }
}

/** Lets go of it. */
export async function giveBack(handle: fs.FileHandle | undefined, lock: Native | undefined): Promise<void> {
  if (handle === undefined || lock === undefined) return
  lock.unlock(handle.fd)
  await handle.close()
}
