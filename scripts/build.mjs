#!/usr/bin/env node
// Builds the command: src/main.ts and all it needs become one program in dist, which dist/openclaw.js (src/boot.ts) runs.
// Flags: --force builds although nothing changed; --twice builds into two fresh folders and compares every byte.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { configDocuments } from './check-config.mjs'
import { declarationsOf } from './declarations.mjs'
import { docsFiles } from './docs/pages.mjs'
import { pageFiles, weightsText } from './page.mjs'

const SHEBANG = '#!/usr/bin/env node\n'
/** A command that is starting, or a gateway started before, may still read the program of the build before this one, ms. */
const STALE_PROGRAM_MS = 3_600_000
const INPUT_FILES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts/build.mjs',
  'scripts/check-config.mjs',
  'scripts/declarations.mjs',
  'scripts/page.mjs',
  'scripts/warm.cjs',
]

/** Folders whose every file goes into a build. */
const INPUT_FOLDERS = ['src', 'docs', 'scripts/docs', 'plugins']

/** What a package would load at every start and never uses: commander's other programs. */
const ABSENT = [
  { from: /[\\/]node_modules[\\/]commander[\\/]/, id: 'node:child_process', contents: 'module.exports = {}' },
]

const WITHOUT_ABSENT = {
  name: 'without-absent',
  setup(build) {
    for (const { from, id, contents } of ABSENT) {
      build.onResolve({ filter: new RegExp(`^${id}$`) }, ({ path: found, importer }) =>
        from.test(importer) ? { path: found, namespace: 'absent' } : undefined,
      )
      build.onLoad({ filter: new RegExp(`^${id}$`), namespace: 'absent' }, () => ({ contents }))
    }
  },
}

/** Code of others is an ES module, which the one program itself has no way to load: a file beside it has. */
const LOADER = 'module.exports = (url) => import(url)\n'

const WITH_LOADER = {
  name: 'with-loader',
  setup(build) {
    build.onLoad({ filter: /[\\/]system[\\/]import-module\.ts$/ }, () => ({
      contents: "export const importModule = (url) => require('./import.js')(url)",
    }))
    build.onResolve({ filter: /^\.\/import\.js$/ }, () => ({ path: './import.js', external: true }))
  },
}

/** Loaded only where a messenger is configured, so it lies beside the program: nobody else reads it. */
const WITH_GRAMMY_BESIDE = {
  name: 'with-grammy-beside',
  setup(build) {
    build.onResolve({ filter: /^grammy\/web$/ }, () => ({ path: './grammy.js', external: true }))
  },
}

const WRAPPER = '(function(exports,require,module,__filename,__dirname){'

/** CommonJS, as an ES module costs every start its own loader; the sources stay ES modules. */
const COMMON = {
  write: false,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: ['node:*', 'fs-native-extensions'],
  // What is imported late becomes a late require: it is compiled and run when it is asked for.
  supported: { 'dynamic-import': false },
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: false,
  logLevel: 'silent',
}

/** What the page of a bundle weighs. */
const weights = new WeakMap()

/**
 * Bundles in memory.
 * @param {string} root the project's folder
 * @returns {Promise<Map<string, Uint8Array>>} contents by path below the output folder, with `/`, in sorted order
 */
export async function bundle(root) {
  const { build } = await import('esbuild')
  const { version } = JSON.parse(await fs.readFile(path.join(root, 'package.json'), 'utf8'))
  const common = { ...COMMON, absWorkingDir: root, outdir: path.join(root, 'dist') }
  const define = { __VERSION__: JSON.stringify(version) }
  const files = new Map([['package.json', Buffer.from('{ "type": "commonjs" }\n')]])
  const doors = doorFiles(root, { ...common, define })
  // Whoever waits for it first hears of its failure.
  doors.catch(() => undefined)
  const program = await build({
    ...common,
    entryPoints: ['src/main.ts'],
    define: { ...define, 'import.meta.url': 'ownUrl' },
    // A whole expression, as the door runs it: putting it together at every start would copy all of it.
    banner: { js: `${WRAPPER}const ownUrl=require('node:url').pathToFileURL(__filename).href;` },
    footer: { js: '})' },
    legalComments: 'external',
    plugins: [WITHOUT_ABSENT, WITH_LOADER, WITH_GRAMMY_BESIDE],
  })
  const [source, legal] = ['.js', '.txt'].map((end) => program.outputFiles.find((file) => file.path.endsWith(end)))
  // The door reads it as Latin-1, half as large in memory; the bundler escapes all but what stands in a pattern.
  const strange = source.contents.findIndex((byte) => byte > 0x7f)
  if (strange >= 0) {
    const around = Buffer.from(source.contents.subarray(Math.max(0, strange - 40), strange + 10)).toString('utf8')
    throw new Error(`the program holds a character that is not ASCII, write it as \\u....: ${around}`)
  }
  const name = `program-${createHash('sha256').update(source.contents).digest('hex').slice(0, 12)}.js`
  files.set(name, source.contents)
  if (legal !== undefined) files.set('LEGAL.txt', legal.contents)
  const boot = await build({
    ...common,
    entryPoints: ['src/boot.ts'],
    define: { ...define, __PROGRAM__: JSON.stringify(name) },
  })
  files.set('openclaw.js', Buffer.from(SHEBANG + boot.outputFiles[0].text))
  if (existsSync(path.join(root, 'src/core/config-schema.ts'))) {
    files.set('config.schema.json', Buffer.from((await configDocuments(root)).schema))
  }
  for (const [name, contents] of await doors) files.set(name, contents)
  const page = await pageFiles(root)
  for (const [name, contents] of page.files) files.set(name, contents)
  for (const [name, contents] of await docsFiles(root)) files.set(name, contents)
  files.set('import.js', Buffer.from(LOADER))
  if (existsSync(path.join(root, 'src/channels'))) files.set('grammy.js', await grammyFile(root, common))
  for (const [name, contents] of await pluginFiles(root, common)) files.set(`plugins/${name}`, contents)
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
  weights.set(sorted, page.weights)
  return sorted
}

/** What other programs import of us (`exports` in package.json), each with its types. */
const DOORS = ['plugin']

async function doorFiles(root, common) {
  const { build } = await import('esbuild')
  const files = []
  for (const name of DOORS.filter((one) => existsSync(path.join(root, `src/${one}.ts`)))) {
    const entry = `src/${name}.ts`
    const [built, types] = await Promise.all([
      build({ ...common, entryPoints: [entry], plugins: [WITHOUT_ABSENT, WITH_LOADER] }),
      declarationsOf(root, entry),
    ])
    files.push([`${name}.js`, built.outputFiles[0].contents], [`${name}.d.ts`, Buffer.from(types)])
  }
  return files
}

/** What we use of grammY, as one file. */
async function grammyFile(root, common) {
  const { build } = await import('esbuild')
  const built = await build({
    ...common,
    stdin: { contents: "export { Api, GrammyError } from 'grammy/web'", resolveDir: root },
    legalComments: 'inline',
  })
  return built.outputFiles[0].contents
}

/** Plugins that are shipped: those with an `index.ts`, each as one module beside its manifest. */
async function pluginFiles(root, common) {
  const { build } = await import('esbuild')
  const names = await filesBelow(path.join(root, 'plugins'))
  const files = []
  for (const id of names.filter((name) => name.endsWith('/index.ts')).map((name) => path.posix.dirname(name))) {
    const entry = `plugins/${id}/index.ts`
    const built = await build({ ...common, supported: {}, format: 'esm', entryPoints: [entry] })
    files.push([`${id}/index.mjs`, built.outputFiles[0].contents])
    const manifest = `${id}/openclaw.plugin.json`
    files.push([manifest, await fs.readFile(path.join(root, 'plugins', manifest))])
  }
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
  const names = [...INPUT_FILES]
  for (const folder of INPUT_FOLDERS) {
    names.push(...(await filesBelow(path.join(root, folder))).map((name) => `${folder}/${name}`))
  }
  for (const name of names) {
    const contents = await fs.readFile(path.join(root, name)).catch(() => Buffer.alloc(0))
    hash.update(`${name}\0${contents.length}\0`).update(contents)
  }
  return hash.digest('hex')
}

/**
 * Writes a build so that a reader sees the old command or the new one: the program first, the entry renamed into place last.
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
    if (files.has(name) || name === '.inputs' || files.has(withoutForm(name))) continue
    const target = path.join(folder, name)
    const stat = await fs.stat(target).catch(() => undefined)
    if (stat !== undefined && Date.now() - stat.mtimeMs >= keepStaleMs) await fs.rm(target, { force: true })
  }
}

const programOf = (files) => [...files.keys()].find((name) => /^program-[0-9a-f]+\.js$/.test(name))

/** What is compiled beforehand, by what is being started: each start reads no more than it needs. src/boot.ts chooses. */
const FORMS = ['command', 'gateway']
const withoutForm = (name) => name.replace(/\.(?:command|gateway)$/, '')

/**
 * Runs the program through its usual ways, in processes of their own without anybody's keys or state, and keeps what was compiled.
 * A build without it works, and starts slower.
 * @returns {string} what was done, in a few words
 */
function compile(program, forms) {
  const warm = path.join(path.dirname(fileURLToPath(import.meta.url)), 'warm.cjs')
  const done = forms.filter((form) => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'keyclaw-compile-'))
    try {
      const env = { PATH: process.env.PATH ?? '', HOME: scratch, OPENCLAW_STATE_DIR: path.join(scratch, 'state') }
      const options = { env, cwd: scratch, timeout: 30_000, stdio: 'ignore' }
      return spawnSync(process.execPath, [warm, program, form], options).status === 0
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })
  return done.length === forms.length ? 'compiled' : 'not compiled'
}

/**
 * Builds into dist unless what is there already came from the same inputs.
 * @param {string} root @param {{ force?: boolean, forms?: readonly string[] }} options forms: what is compiled beforehand; absent: all
 * @returns {Promise<string>} what was done, in one line
 */
export async function buildInto(root, { force = false, forms = FORMS } = {}) {
  const startedAt = performance.now()
  const folder = path.join(root, 'dist')
  const marker = path.join(folder, '.inputs')
  const inputs = await inputsHash(root)
  const built = await fs.readFile(marker, 'utf8').catch(() => '')
  const entry = await fs.stat(path.join(folder, 'openclaw.js')).catch(() => undefined)
  if (!force && built === inputs && entry !== undefined) return 'build: nothing changed'
  const files = await bundle(root)
  await writeBuild(files, folder, { keepStaleMs: force ? 0 : STALE_PROGRAM_MS })
  const note = compile(path.join(folder, programOf(files)), forms)
  await fs.writeFile(marker, inputs)
  const ms = Math.round(performance.now() - startedAt)
  return `build: dist/openclaw.js ${kilobytes(files.get('openclaw.js').length)}, all ${kilobytes(total(files))}${weightsText(weights.get(files))}, ${note}, ${ms} ms`
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
