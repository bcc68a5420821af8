#!/usr/bin/env node
// Builds the command: src/main.ts and all it needs become dist/openclaw.js, with what is loaded late in dist/chunks.
// Flags: --force builds although nothing changed; --twice builds into two fresh folders and compares every byte.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const SHEBANG = '#!/usr/bin/env node\n'
// Bundled CommonJS packages (undici, commander) call require() for node's own modules; an ES module has none, so each file gets one.
// Not createRequire: loading node:module costs every start some milliseconds. What is no module of node's has to throw, as ws asks for
// bufferutil and goes without when that fails.
const BANNER =
  "const require=(id)=>process.getBuiltinModule(id)??(()=>{throw Object.assign(new Error('there is no '+id),{code:'MODULE_NOT_FOUND'})})();"
/** A gateway started from the build before this one may still load its chunks, so they outlive it by this long, ms. */
const STALE_CHUNK_MS = 3_600_000
const INPUT_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts/build.mjs']

/** What a package would load at every start and never uses: commander's other programs, undici's HTTP/2 (we speak 1.1 to vendors). */
const ABSENT = [
  { from: /[\\/]node_modules[\\/]commander[\\/]/, id: 'node:child_process', contents: 'module.exports = {}' },
  { from: /[\\/]node_modules[\\/]undici[\\/]/, id: 'node:http2', contents: 'module.exports = { constants: {} }' },
]

/** Leaves out what is never used, and takes node:crypto without its facade: an import of it builds all of Web Crypto, a require does not. */
const LIGHT_BUILTINS = {
  name: 'light-builtins',
  setup(build) {
    for (const { from, id, contents } of ABSENT) {
      build.onResolve({ filter: new RegExp(`^${id}$`) }, ({ path: found, importer }) =>
        from.test(importer) ? { path: found, namespace: 'absent' } : undefined,
      )
      build.onLoad({ filter: new RegExp(`^${id}$`), namespace: 'absent' }, () => ({ contents }))
    }
    build.onResolve({ filter: /^node:crypto$/ }, ({ path: found, kind }) =>
      kind === 'import-statement' ? { path: found, namespace: 'required' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path: found }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(found)})`,
    }))
  },
}

/**
 * Bundles in memory.
 * @param {string} root the project's folder
 * @returns {Promise<Map<string, Uint8Array>>} contents by path below the output folder, with `/`, in sorted order
 */
export async function bundle(root) {
  const { build } = await import('esbuild')
  const { version } = JSON.parse(await fs.readFile(path.join(root, 'package.json'), 'utf8'))
  const outdir = path.join(root, 'dist')
  const result = await build({
    absWorkingDir: root,
    entryPoints: { openclaw: 'src/main.ts' },
    outdir,
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['node:*', 'fs-native-extensions'],
    banner: { js: BANNER },
    define: { __VERSION__: JSON.stringify(version) },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'external',
    plugins: [LIGHT_BUILTINS],
    sourcemap: false,
    logLevel: 'silent',
  })
  const files = new Map()
  for (const output of result.outputFiles) {
    const name = path.relative(outdir, output.path).split(path.sep).join('/')
    files.set(name, name === 'openclaw.js' ? withShebang(output.text) : output.contents)
  }
  for (const [name, contents] of await pageFiles(root)) files.set(`web/${name}`, contents)
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function withShebang(text) {
  const body = text.startsWith('#!') ? text.slice(text.indexOf('\n') + 1) : text
  return Buffer.from(SHEBANG + body)
}

async function pageFiles(root) {
  const folder = path.join(root, 'src/web/page')
  const files = []
  for (const name of await filesBelow(folder)) files.push([name, await fs.readFile(path.join(folder, name))])
  return files
}

/** Paths of all files below a folder, relative, with `/`, sorted; none when the folder does not exist. */
async function filesBelow(folder) {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort()
}

/** One hash over everything a build depends on. */
async function inputsHash(root) {
  const hash = createHash('sha256')
  const names = [...INPUT_FILES, ...(await filesBelow(path.join(root, 'src'))).map((name) => `src/${name}`)]
  for (const name of names) {
    const contents = await fs.readFile(path.join(root, name)).catch(() => Buffer.alloc(0))
    hash.update(`${name}\0${contents.length}\0`).update(contents)
  }
  return hash.digest('hex')
}

/**
 * Writes a build so that a reader sees the old command or the new one: chunks first, the entry renamed into place last.
 * @param {Map<string, Uint8Array>} files @param {string} folder @param {{ keepStaleMs: number }} options
 */
async function writeBuild(files, folder, { keepStaleMs }) {
  const names = [...files.keys()].filter((name) => name !== 'openclaw.js')
  for (const name of [...names, 'openclaw.js']) {
    const target = path.join(folder, name)
    await fs.mkdir(path.dirname(target), { recursive: true })
    const fresh = `${target}.${process.pid}.new`
    await fs.writeFile(fresh, files.get(name), { mode: name === 'openclaw.js' ? 0o755 : 0o644 })
    await fs.rename(fresh, target)
  }
  for (const name of await filesBelow(folder)) {
    if (files.has(name) || name === '.inputs') continue
    const target = path.join(folder, name)
    const stat = await fs.stat(target).catch(() => undefined)
    if (stat !== undefined && Date.now() - stat.mtimeMs >= keepStaleMs) await fs.rm(target, { force: true })
  }
}

/**
 * Builds into dist unless what is there already came from the same inputs.
 * @param {string} root @param {{ force?: boolean }} options
 * @returns {Promise<string>} what was done, in one line
 */
export async function buildInto(root, { force = false } = {}) {
  const startedAt = performance.now()
  const folder = path.join(root, 'dist')
  const marker = path.join(folder, '.inputs')
  const inputs = await inputsHash(root)
  const built = await fs.readFile(marker, 'utf8').catch(() => '')
  const entry = await fs.stat(path.join(folder, 'openclaw.js')).catch(() => undefined)
  if (!force && built === inputs && entry !== undefined) return 'build: nothing changed'
  const files = await bundle(root)
  await writeBuild(files, folder, { keepStaleMs: force ? 0 : STALE_CHUNK_MS })
  await fs.writeFile(marker, inputs)
  const ms = Math.round(performance.now() - startedAt)
  return `build: dist/openclaw.js ${kilobytes(files.get('openclaw.js').length)}, all ${kilobytes(total(files))}, ${ms} ms`
}

/**
 * Builds twice, in two fresh folders, and compares the bytes on disk.
 * @param {string} root
 * @returns {Promise<string[]>} paths that differ; empty when the builds are identical
 */
export async function buildTwice(root) {
  const folders = []
  try {
    for (let run = 0; run < 2; run++) {
      const folder = await fs.mkdtemp(path.join(tmpdir(), 'keyclaw-build-'))
      folders.push(folder)
      await writeBuild(await bundle(root), folder, { keepStaleMs: 0 })
    }
    return await differences(folders[0], folders[1])
  } finally {
    for (const folder of folders) await fs.rm(folder, { recursive: true, force: true })
  }
}

/**
 * Compares two folders byte by byte.
 * @param {string} left @param {string} right
 * @returns {Promise<string[]>} relative paths that are missing on one side or differ
 */
export async function differences(left, right) {
  const names = new Set([...(await filesBelow(left)), ...(await filesBelow(right))])
  const different = []
  for (const name of [...names].sort()) {
    const [a, b] = await Promise.all(
      [left, right].map((folder) => fs.readFile(path.join(folder, name)).catch(() => undefined)),
    )
    if (a === undefined || b === undefined || !a.equals(b)) different.push(name)
  }
  return different
}

const total = (files) => [...files.values()].reduce((sum, contents) => sum + contents.length, 0)
const kilobytes = (bytes) => `${Math.round(bytes / 1024)} kB`

async function main() {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
  const flags = new Set(process.argv.slice(2))
  if (flags.has('--twice')) {
    const different = await buildTwice(root)
    process.stderr.write(
      different.length === 0 ? 'build: two builds, identical bytes\n' : `build: differs: ${different.join(', ')}\n`,
    )
    process.exitCode = different.length === 0 ? 0 : 1
    return
  }
  process.stderr.write(`${await buildInto(root, { force: flags.has('--force') })}\n`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    const details = (error.errors ?? []).map(
      ({ location, text }) => `  ${location?.file ?? '?'}:${location?.line ?? 0}: ${text}`,
    )
    process.stderr.write(`${[`build failed: ${error.message.split('\n')[0]}`, ...details].join('\n')}\n`)
    process.exitCode = 1
  })
}
