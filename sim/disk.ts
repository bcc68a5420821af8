// A disk: what is written is in the cache until it is synced, and a power cut loses, tears or keeps what is not. Processes see it through the
// functions of node:fs that src/system/files.ts uses, each of them one step.
import { basename, dirname } from 'node:path'
import type { Owner, Schedule } from './schedule.ts'

type Inode = {
  id: number
  isDir: boolean
  mode: number
  data: string
  synced: string | undefined
  mtimeMs: number
  dir: Dir
}
/** Names now, names that a power cut leaves for sure, and what happened since, in order: groups that happen as a whole. */
type Dir = {
  names: Map<string, Inode>
  durable: Map<string, Inode>
  since: { dir: Dir; name: string; inode: Inode | undefined }[][]
}

export type DiskFault = { code: 'ENOSPC' | 'EIO' | 'EROFS'; below: string; chance: number }

/** What a power cut may leave of a file: one text for each way it may go; undefined: no file. */
export type Remains = (string | undefined)[]

const UID = 1000
const MOST_TORN = 3

export class Disk {
  readonly #schedule: Schedule
  readonly #root: Inode
  readonly #watchers = new Set<{ owner: Owner; path: string; changed: (event: string, name: string) => void }>()
  #count = 0
  /** In force now. */
  faults: DiskFault[] = []
  /** How often a fault struck each process. */
  readonly struck = new Map<Owner, number>()
  /** Hears what each file holds from now on. */
  wrote: ((path: string, text: string) => void) | undefined

  constructor(schedule: Schedule) {
    this.#schedule = schedule
    this.#root = this.#make(true, 0o755)
  }

  #make(isDir: boolean, mode: number): Inode {
    const dir = { names: new Map(), durable: new Map(), since: [] }
    return { id: ++this.#count, isDir, mode, data: '', synced: undefined, mtimeMs: this.#schedule.now, dir }
  }

  #find(path: string): Inode | undefined {
    let at: Inode | undefined = this.#root
    for (const name of path.split('/')) if (name !== '') at = at?.isDir === true ? at.dir.names.get(name) : undefined
    return at
  }

  #dirOf(path: string): Dir {
    const parent = this.#find(dirname(path))
    if (parent?.isDir !== true) throw failure('ENOENT', path)
    return parent.dir
  }

  #set(...changes: { path: string; inode: Inode | undefined }[]): void {
    const group = changes.map(({ path, inode }) => ({ dir: this.#dirOf(path), name: basename(path), inode }))
    for (const { dir, name, inode } of group) {
      if (inode === undefined) dir.names.delete(name)
      else dir.names.set(name, inode)
    }
    for (const dir of new Set(group.map((one) => one.dir))) dir.since.push(group)
    for (const { path } of changes) {
      for (const { owner, path: watched, changed } of this.#watchers) {
        if (watched === dirname(path))
          this.#schedule.after(owner, `heard ${path}`, this.#schedule.random() * 5, () =>
            changed('rename', basename(path)),
          )
      }
    }
  }

  /** A file as it was before anybody ran. */
  seed(path: string, text: string): void {
    this.#mkdir(dirname(path))
    const inode = this.#make(false, 0o600)
    inode.data = text
    inode.synced = text
    const dir = this.#dirOf(path)
    dir.names.set(basename(path), inode)
    dir.durable.set(basename(path), inode)
  }

  #mkdir(path: string, isDurable = true): string | undefined {
    let first: string | undefined
    let at = ''
    for (const name of path.split('/').filter((part) => part !== '')) {
      at += `/${name}`
      if (this.#find(at) !== undefined) continue
      first ??= at
      const inode = this.#make(true, 0o700)
      if (isDurable) {
        this.#dirOf(at).names.set(name, inode)
        this.#dirOf(at).durable.set(name, inode)
      } else this.#set({ path: at, inode })
    }
    return first
  }

  /** What a process would read now. */
  text(path: string): string | undefined {
    const inode = this.#find(path)
    return inode?.isDir === false ? inode.data : undefined
  }

  /** Files below a folder, by path. */
  all(below: string): string[] {
    const found: string[] = []
    const walk = (path: string, inode: Inode): void => {
      if (!inode.isDir) found.push(path)
      for (const [name, child] of inode.dir.names) walk(`${path}/${name}`, child)
    }
    const top = this.#find(below)
    if (top !== undefined) walk(below, top)
    return found
  }

  /** Everything that may stand under the name after a power cut at this moment. */
  remains(path: string): Remains {
    const parent = this.#find(dirname(path))
    if (parent === undefined) return [undefined]
    const name = basename(path)
    const inodes: (Inode | undefined)[] = [parent.dir.durable.get(name)]
    if (!this.#isDurable(dirname(path))) inodes.push(undefined)
    for (const group of parent.dir.since) {
      for (const change of group) if (change.dir === parent.dir && change.name === name) inodes.push(change.inode)
    }
    return inodes.flatMap((inode) => (inode === undefined ? [undefined] : remainsOf(inode)))
  }

  /** Whether the folder, and those above it, are there after a power cut. */
  #isDurable(path: string): boolean {
    if (path === '/') return true
    const parent = this.#find(dirname(path))
    return parent?.dir.durable.has(basename(path)) === true && this.#isDurable(dirname(path))
  }

  /** The power is cut: what was not synced is kept up to some moment, torn or lost. */
  cut(): void {
    const { random } = this.#schedule
    const walk = (inode: Inode): void => {
      if (!inode.isDir) {
        const left = remainsOf(inode)
        inode.data = left[Math.floor(random() * left.length)] ?? ''
        inode.synced = inode.data
        return
      }
      const { dir } = inode
      const kept = Math.floor(random() * (dir.since.length + 1))
      for (const group of dir.since.slice(0, kept)) {
        for (const { dir: where, name, inode: what } of group) {
          if (where !== dir) continue
          if (what === undefined) dir.durable.delete(name)
          else dir.durable.set(name, what)
        }
      }
      dir.names = new Map(dir.durable)
      dir.since = []
      for (const child of dir.names.values()) walk(child)
    }
    walk(this.#root)
    this.#watchers.clear()
  }

  forget(owner: Owner): void {
    for (const watcher of this.#watchers) if (watcher.owner === owner) this.#watchers.delete(watcher)
  }

  /** @throws what is in force for the path */
  strike(owner: Owner, path: string): void {
    for (const { code, below, chance } of this.faults) {
      if (!path.startsWith(below) || this.#schedule.random() >= chance) continue
      this.struck.set(owner, (this.struck.get(owner) ?? 0) + 1)
      throw failure(code, path)
    }
  }

  /** Makes the file if it is not there, as who takes a lock does. */
  touch(owner: Owner, path: string): void {
    if (this.#find(path) !== undefined) return
    this.strike(owner, path)
    this.#set({ path, inode: this.#make(false, 0o600) })
  }

  #need(path: string): Inode {
    const inode = this.#find(path)
    if (inode === undefined) throw failure('ENOENT', path)
    return inode
  }

  /** node:fs as one process has it. */
  for(owner: Owner): { promises: unknown; watch: unknown } {
    const step = <T>(label: string, path: string, work: () => T): Promise<T> =>
      this.#schedule.park(owner, `${label} ${path}`, work)
    const handle = (path: string, inode: Inode) => ({
      // What nobody else can see is no step of its own.
      stat: async () => statsOf(inode),
      readFile: () => step('read', path, () => Buffer.from(inode.data)),
      writeFile: (text: string) =>
        step('write', path, () => {
          this.strike(owner, path)
          inode.data += text
          inode.mtimeMs = this.#schedule.now
        }),
      sync: () =>
        step('fsync', path, () => {
          this.strike(owner, path)
          if (inode.isDir) {
            inode.dir.durable = new Map(inode.dir.names)
            inode.dir.since = []
          } else inode.synced = inode.data
        }),
      close: async () => undefined,
    })
    const promises = {
      lstat: (path: string) => step('lstat', path, () => statsOf(this.#need(path))),
      open: (path: string, flags: number | string, mode = 0o600) =>
        step('open', path, () => {
          const isNew = typeof flags === 'number' && (flags & O_CREAT) !== 0
          if (!isNew) return handle(path, this.#need(path))
          this.strike(owner, path)
          if (this.#find(path) !== undefined) throw failure('EEXIST', path)
          const inode = this.#make(false, mode)
          this.#set({ path, inode })
          return handle(path, inode)
        }),
      mkdir: (path: string) =>
        step('mkdir', path, () => {
          if (this.#find(path) !== undefined) return undefined
          this.strike(owner, path)
          return this.#mkdir(path, false)
        }),
      readdir: (path: string) => step('readdir', path, () => [...this.#need(path).dir.names.keys()]),
      rm: (path: string) =>
        step('rm', path, () => {
          if (this.#find(path) === undefined) return
          this.strike(owner, path)
          this.#set({ path, inode: undefined })
        }),
      rename: (from: string, to: string) =>
        step('rename', to, () => {
          this.strike(owner, to)
          const inode = this.#need(from)
          this.#set({ path: to, inode }, { path: from, inode: undefined })
          this.wrote?.(to, inode.data)
        }),
      chmod: (path: string, mode: number) =>
        step('chmod', path, () => {
          this.#need(path).mode = mode
        }),
    }
    const watch = (path: string, _options: unknown, changed: (event: string, name: string) => void) => {
      if (this.#find(path) === undefined) throw failure('ENOENT', path)
      const watcher = { owner, path, changed }
      this.#watchers.add(watcher)
      return { on: () => undefined, close: () => this.#watchers.delete(watcher) }
    }
    return { promises, watch }
  }
}

const O_CREAT = 0o100

function remainsOf({ data, synced }: Inode): string[] {
  if (synced === data) return [data]
  // Nothing of it, or a part; the whole.
  const torn = Array.from({ length: MOST_TORN }, (_, at) =>
    data.slice(0, Math.floor((data.length * (at + 1)) / (MOST_TORN + 1))),
  )
  return [synced ?? '', ...torn, data]
}

function statsOf(inode: Inode) {
  return {
    size: Buffer.byteLength(inode.data),
    mode: inode.mode,
    uid: UID,
    ino: inode.id,
    mtimeMs: inode.mtimeMs,
    isFile: () => !inode.isDir,
    isDirectory: () => inode.isDir,
    isSymbolicLink: () => false,
  }
}

/** Without a stack: a file that is not there is no event, and finding out where it was asked for takes longer than all the rest. */
function failure(code: string, path: string): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const error = Object.assign(new Error(`${code}: ${path}`), { code })
  Error.stackTraceLimit = stackTraceLimit
  return error
}
