#!/usr/bin/env node
// Every handler of the gateway has its row in the table of routes and methods, and docs/gateway-routes.md is that table.
// Flags: --write brings the page up to date.
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const PAGE = 'docs/gateway-routes.md'
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"
const ENTRY = [
  "export { METHODS } from './src/gateway/method-table.ts'",
  "export { HTTP_ROUTES } from './src/gateway/routes.ts'",
  "export { routesPage } from './src/gateway/routes-page.ts'",
  "export { HANDLERS } from './src/gateway/handlers.ts'",
  "export { METHOD_HANDLERS } from './src/gateway/methods.ts'",
].join('\n')

/** The gateway's tables, bundled and loaded: Node 20 does not read TypeScript. */
async function load() {
  const { build } = await import('esbuild')
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'keyclaw-routes-'))
  try {
    const outfile = path.join(folder, 'routes.mjs')
    await build({
      stdin: { contents: ENTRY, resolveDir: ROOT, loader: 'ts' },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: ['fs-native-extensions'],
      banner: { js: BANNER },
      logLevel: 'silent',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
}

/** What is in one list and not in the other, as complaints. */
function differences(what, rows, handlers) {
  return [
    ...handlers.filter((name) => !rows.includes(name)).map((name) => `${what} ${name} has a handler, but no row`),
    ...rows.filter((name) => !handlers.includes(name)).map((name) => `${what} ${name} has a row, but no handler`),
    ...rows.filter((name, at) => rows.indexOf(name) !== at).map((name) => `${what} ${name} stands twice`),
  ]
}

const { HTTP_ROUTES, METHODS, HANDLERS, METHOD_HANDLERS, routesPage } = await load()
const complaints = [
  ...differences('handler', [...new Set(HTTP_ROUTES.map(({ handler }) => handler))], Object.keys(HANDLERS)),
  ...differences(
    'method',
    METHODS.map(({ name }) => name),
    ['connect', ...Object.keys(METHOD_HANDLERS)],
  ),
]
const rows = HTTP_ROUTES.map(({ method, path: where }) => `${method} ${where}`)
complaints.push(...differences('route', rows, rows))

const page = routesPage()
if (process.argv.includes('--write')) await fs.writeFile(path.join(ROOT, PAGE), page)
else if ((await fs.readFile(path.join(ROOT, PAGE), 'utf8').catch(() => '')) !== page) {
  complaints.push(`${PAGE} is stale: node scripts/check-routes.mjs --write`)
}
for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
if (complaints.length > 0) process.exitCode = 1
