// Builds the product under simulation from its sources, with one planted bug if asked, and runs it where every ambient clock, timer, random source
// and network throws: what goes around System is a bug that shows at once.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'
import type { Plugin } from 'esbuild'
import type { Files } from '../src/system/files.ts'
import type { Bug } from './bugs.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const requireReal = createRequire(import.meta.url)
const { build } = requireReal('esbuild') as typeof import('esbuild')

/** The credential plane, as one process has it in memory. Nothing in it outlives a process but caches keyed by what belongs to one. */
export type Product = typeof import('./product.ts') & {
  /** The real files.ts on a disk of ours. */
  filesOn(
    disk: { promises: unknown; watch: unknown },
    options: { pid: number; randomBytes: (count: number) => Uint8Array },
  ): Files
}

/** Names that the simulated code finds in place of the ambient ones. */
const AMBIENT: Readonly<Record<string, unknown>> = {
  Date: guardedDate(),
  Math: new Proxy(Math, {
    get: (math, name) => (name === 'random' ? forbidden('Math.random') : Reflect.get(math, name)),
  }),
  performance: forbiddenAll('performance'),
  process: forbiddenAll('process'),
  crypto: forbiddenAll('crypto'),
  ...Object.fromEntries(
    ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'fetch', 'WebSocket'].map((name) => [
      name,
      forbidden(name),
    ]),
  ),
}

/** Modules of node that decide nothing; of node:crypto only what gives the same for the same. */
const PURE = new Set(['node:path', 'node:buffer', 'node:util', 'node:url'])

function forbidden(name: string): () => never {
  return () => {
    throw new Error(`${name} was used in a simulation; it comes in with System`)
  }
}

function forbiddenAll(name: string): object {
  const isAsked = (key: string | symbol): boolean =>
    typeof key === 'string' && key !== 'default' && key !== '__esModule'
  return new Proxy({}, { get: (_, key) => (isAsked(key) ? forbidden(`${name}.${String(key)}`)() : undefined) })
}

function guardedDate(): DateConstructor {
  return new Proxy(Date, {
    get: (date, name) => (name === 'now' ? forbidden('Date.now') : Reflect.get(date, name)),
    apply: forbidden('Date()'),
    construct: (date, args) => (args.length === 0 ? forbidden('new Date()')() : Reflect.construct(date, args)),
  })
}

function requireIn(own: Readonly<Record<string, unknown>>): (name: string) => unknown {
  return (name) => {
    const found = name.startsWith('node:') ? name : `node:${name}`
    if (found in own) return own[found]
    if (PURE.has(found)) return requireReal(found)
    if (found === 'node:crypto') {
      const { createHash, createHmac, hash, timingSafeEqual } = requireReal(found) as typeof import('node:crypto')
      return { createHash, createHmac, hash, timingSafeEqual }
    }
    // Its numbers are no way to a disk.
    if (found === 'node:fs') return { constants: (requireReal(found) as typeof import('node:fs')).constants }
    return forbiddenAll(found)
  }
}

/** @throws when an expression that the bug replaces is not there exactly once: the bug is to be planted anew */
function planting({ id, file, edits }: Bug, planted: () => void): Plugin {
  return {
    name: 'planted-bug',
    setup: (setup) => {
      const path = join(ROOT, 'src', file)
      // Only the one file comes by here: asking for each takes longer than the build.
      setup.onLoad({ filter: new RegExp(`/src/${file.replaceAll('.', '\\.')}$`) }, async (args) => {
        if (args.path !== path) return undefined
        let contents = await readFile(path, 'utf8')
        for (const [from, to] of edits) {
          const count = contents.split(from).length - 1
          if (count !== 1) throw new Error(`bug "${id}": "${from}" stands ${count} times in src/${file}, not once`)
          contents = contents.replace(from, () => to)
        }
        planted()
        return { contents, loader: 'ts' }
      })
    },
  }
}

type Run = (own: Readonly<Record<string, unknown>>) => Record<string, unknown>

async function compile(entry: string, plugins: Plugin[]): Promise<Run> {
  const built = await build({
    entryPoints: [join(ROOT, entry)],
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
    plugins,
  })
  const code = built.outputFiles[0]?.text ?? ''
  const names = Object.keys(AMBIENT)
  const body = compileFunction(code, ['module', 'exports', 'require', ...names], { filename: `simulated ${entry}` })
  return (own) => {
    const module = { exports: {} as Record<string, unknown> }
    body(module, module.exports, requireIn(own), ...names.map((name) => AMBIENT[name]))
    return module.exports
  }
}

const FILES = 'system/files.ts'

/** What no bug is planted in, by its entry: built once. */
const sound = new Map<string, Promise<Run>>()

function soundOf(entry: string): Promise<Run> {
  const known = sound.get(entry) ?? compile(entry, [])
  sound.set(entry, known)
  return known
}

/**
 * Builds the product.
 * @param bug planted in its source as it is loaded; no file is touched
 */
export async function load(bug?: Bug): Promise<Product> {
  let isPlanted = bug === undefined
  const built = (entry: string, isMeant: boolean): Promise<Run> =>
    bug === undefined || !isMeant ? soundOf(entry) : compile(entry, [planting(bug, () => (isPlanted = true))])
  const [product, files] = await Promise.all([
    built('sim/product.ts', bug?.file !== FILES),
    built(`src/${FILES}`, bug?.file === FILES),
  ])
  if (!isPlanted) throw new Error(`bug "${bug?.id}": src/${bug?.file} is no part of what is simulated`)
  const { constants } = requireReal('node:fs') as typeof import('node:fs')
  return {
    ...(product({}) as typeof import('./product.ts')),
    filesOn: (disk, options) => {
      const module = files({ 'node:fs/promises': disk.promises, 'node:fs': { constants, watch: disk.watch } })
      return (module as typeof import('../src/system/files.ts')).createFiles(options)
    },
  }
}
