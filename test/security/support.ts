// What the security tests share: pictures of a folder before and after, a server that nobody may reach, and strace where there is one.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'

export type Picture = Record<string, { mode: string; what: string }>

/**
 * Everything below a folder: mode and hash of contents by relative path.
 * @param read turns contents into what is compared; absent: their hash
 */
export async function pictureOf(folder: string, read?: (path: string, text: string) => string): Promise<Picture> {
  const picture: Picture = {}
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const { mode } = await lstat(path)
    let what = 'folder'
    if (entry.isSymbolicLink()) what = `link to ${await readlink(path)}`
    else if (entry.isFile()) {
      const bytes = await readFile(path)
      what = read?.(relative(folder, path), bytes.toString('utf8')) ?? createHash('sha256').update(bytes).digest('hex')
    } else if (!entry.isDirectory()) what = 'other'
    picture[relative(folder, path)] = { mode: (mode & 0o7777).toString(8), what }
  }
  return picture
}

export type Trap = { url: string; port: number; reached(): number; close(): Promise<void> }

/** A server that counts who comes, and says nothing. */
export async function setTrap(): Promise<Trap> {
  let reached = 0
  const server = createServer((socket) => {
    reached++
    socket.on('error', () => undefined)
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    reached: () => reached,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Whether system calls can be watched on this machine. */
export const HAS_STRACE = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

const CALLS = 'open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat'

/** The line that runs a program under strace, as our own child: signals reach the program. */
export function underStrace(log: string): string[] {
  return ['strace', '-D', '-f', '-qq', '-s', '4096', '-e', `trace=${CALLS}`, '-o', log]
}

/** The line that runs a program under a umask. */
export function underUmask(umask: string): string[] {
  return ['sh', '-c', `umask ${umask}; exec "$0" "$@"`]
}

export type Touch = { call: string; paths: string[]; writes: boolean; ok: boolean }

/** What a log of strace says was opened, made, moved or removed. */
export async function touchesIn(log: string): Promise<Touch[]> {
  const text = await readFile(log, 'utf8')
  return text.split('\n').flatMap((line) => {
    const [, call, rest] = /^\d+\s+(\w+)\((.*)$/.exec(line) ?? []
    if (call === undefined || rest === undefined) return []
    const paths = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '')
    const opens = call === 'open' || call === 'openat'
    const writes = !opens || /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND/.test(rest)
    return [{ call, paths, writes, ok: !/ = -1 /.test(rest) }]
  })
}

/** Characters that move a terminal's cursor or reorder what a person reads; line ends aside. */
export function strangeCharacters(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0
    if (code === 10) return false
    const isControl = code < 32 || (code >= 127 && code < 160)
    return isControl || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
  })
}
