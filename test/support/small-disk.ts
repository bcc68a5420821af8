// A small file system of its own in memory, that a test fills up or makes read-only, if this user may have one.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { freshDir } from './machine.ts'

const mount = (dir: string, options: readonly string[]): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', dir]).status === 0

/** False for everybody but root, and in most containers: these tests skip themselves then. */
export const CAN_MOUNT =
  process.getuid?.() === 0 &&
  (() => {
    const dir = '/tmp/keyclaw-mount-trial'
    mkdirSync(dir, { recursive: true })
    const mounted = mount(dir, [])
    if (mounted) spawnSync('umount', [dir])
    rmSync(dir, { recursive: true, force: true })
    return mounted
  })()

/** @returns an empty folder on a disk of 128 kB, which goes with the test */
export function smallDisk(): string {
  const dir = freshDir()
  if (!mount(dir, ['-o', 'size=128k'])) throw new Error('no file system of its own')
  onTestFinished(() => {
    spawnSync('umount', ['-l', dir])
  })
  return dir
}

export type Spoiling = { what: string; why: string; spoil(dir: string): void; mend(dir: string): void }

/** Ways in which a whole disk takes nothing more, and how each ends. */
export const SPOILT: readonly Spoiling[] = [
  {
    what: 'that is full',
    why: 'the disk is full',
    spoil: (dir) => {
      try {
        writeFileSync(join(dir, 'filler'), Buffer.alloc(1024 * 1024))
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' })
      }
    },
    mend: (dir) => rmSync(join(dir, 'filler')),
  },
  {
    what: 'that is read-only',
    why: 'read-only',
    spoil: (dir) => execFileSync('mount', ['-o', 'remount,ro', dir]),
    mend: (dir) => execFileSync('mount', ['-o', 'remount,rw', dir]),
  },
]
