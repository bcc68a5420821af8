// The page as the program ships it: src/web/page bundled and made small, every file named by what it holds, all of it in one dist/web.json that the
// gateway keeps in memory. And what it weighs on the wire.
import { existsSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { gzipSync } from 'node:zlib'

const FOLDER = 'src/web/page'
const ENTRY = `${FOLDER}/app.tsx`
const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8' }
/** What browsers of the last three years know. */
const TARGET = ['chrome111', 'firefox115', 'safari16.4']

/**
 * @typedef {{ path: string, type: string, text: string, gzip: string }} PageFile `gzip`: the text compressed, as base64
 * @typedef {{ first: number, all: number, style: number }} Weights bytes, compressed: the scripts of the first view, all scripts but the other languages', the style
 */

/**
 * Builds the page. A project without one has none.
 * @param {string} root
 * @returns {Promise<{ files: [string, Uint8Array][], weights: Weights | undefined }>} files by path below dist
 */
export async function pageFiles(root) {
  if (!existsSync(path.join(root, ENTRY))) return { files: [], weights: undefined }
  const { build } = await import('esbuild')
  const built = await build({
    absWorkingDir: root,
    entryPoints: [ENTRY],
    outdir: path.join(root, 'dist/page'),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    sourcemap: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [firstInOne(root)],
  })
  const bundled = built.outputFiles
    .map((file) => ({ name: `/page/${path.basename(file.path)}`, text: file.text }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const nameOf = (start, end) => bundled.find(({ name }) => name.startsWith(start) && name.endsWith(end))?.name ?? ''
  const first = firstScripts(built.metafile)
  const html = (await fs.readFile(path.join(root, FOLDER, 'index.html'), 'utf8'))
    .replace('/page/app.js', nameOf('/page/app-', '.js'))
    .replace('/page/app.css', nameOf('/page/app-', '.css'))
    // What the first script imports is asked for along with it, and not after it.
    .replace(
      '  </head>',
      `${first
        .slice(1)
        .map((name) => `    <link rel="modulepreload" href="/page/${name}" />\n`)
        .join('')}  </head>`,
    )
  /** @type {PageFile[]} */
  const files = [
    fileOf('/', 'text/html; charset=utf-8', html),
    ...bundled.map(({ name, text }) => fileOf(name, TYPES[path.extname(name)] ?? '', text)),
  ]
  return { files: [['web.json', Buffer.from(JSON.stringify({ files }))]], weights: weigh(files, new Set(first)) }
}

/**
 * What the first view needs comes as one script beside the entry. The bundler cuts it by who else needs which part of it, into as many files as there are
 * such groups; each part that is loaded later is made to need all of it, so that there is one group.
 */
function firstInOne(root) {
  return {
    name: 'first-in-one',
    setup(build) {
      const late = new Set()
      build.onResolve({ filter: /^\./ }, ({ kind, path: name, resolveDir }) => {
        if (kind === 'dynamic-import') late.add(path.join(resolveDir, name))
      })
      build.onLoad({ filter: /\.tsx?$/ }, async ({ path: name }) => {
        if (!late.has(name)) return undefined
        const entry = path.join(root, ENTRY)
        const imports = [...(await fs.readFile(entry, 'utf8')).matchAll(/ from '([^']+)'/g)].map(([, from]) =>
          from.startsWith('.') ? path.join(path.dirname(entry), from) : from,
        )
        const text = await fs.readFile(name, 'utf8')
        const contents = `${text}\n${imports.map((from) => `import ${JSON.stringify(from)}\n`).join('')}`
        return { contents, loader: name.endsWith('x') ? 'tsx' : 'ts' }
      })
    },
  }
}

function fileOf(name, type, text) {
  return { path: name, type, text, gzip: gzipSync(text, { level: 9 }).toString('base64') }
}

const bytesOf = ({ gzip }) => Buffer.byteLength(gzip, 'base64')

/** Names of the scripts that the first view needs, the entry first. */
function firstScripts(metafile) {
  const outputs = new Map(Object.entries(metafile.outputs).map(([name, output]) => [path.basename(name), output]))
  const first = new Set()
  const visit = (name) => {
    if (first.has(name)) return
    first.add(name)
    for (const { path: other, kind } of outputs.get(name)?.imports ?? [])
      if (kind === 'import-statement') visit(path.basename(other))
  }
  const entry = [...outputs].find(([, { entryPoint }]) => entryPoint === ENTRY)
  if (entry !== undefined) visit(entry[0])
  return [...first]
}

/** @returns {Weights} */
function weigh(files, first) {
  const isOtherLanguage = (name) => /^(?:ko|zh-hant|fil)-/.test(name)
  const scripts = files.filter((file) => file.path.endsWith('.js'))
  const sum = (list) => list.reduce((total, file) => total + bytesOf(file), 0)
  return {
    first: sum(scripts.filter((file) => first.has(path.basename(file.path)))),
    all: sum(scripts.filter((file) => !isOtherLanguage(path.basename(file.path)))),
    style: sum(files.filter((file) => file.path.endsWith('.css'))),
  }
}

/** @param {Weights | undefined} weights */
export function weightsText(weights) {
  if (weights === undefined) return ''
  const kilobytes = (bytes) => (bytes / 1000).toFixed(1)
  return `, page ${kilobytes(weights.first)} kB at first, ${kilobytes(weights.all)} kB of script in all, ${kilobytes(weights.style)} kB of style (gzip)`
}
