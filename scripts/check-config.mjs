#!/usr/bin/env node
// What is made from the one definition of the config: dist/config.schema.json (the build asks here) and docs/configuration.md, which must be current.
// Flags: --write brings the page up to date.
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const PAGE = 'docs/configuration.md'
const ENTRY = [
  "export { configJsonSchema } from './src/core/config-keys.ts'",
  "export { configPage } from './src/core/config-page.ts'",
].join('\n')

/**
 * The definition, bundled and loaded: Node 20 does not read TypeScript.
 * @param {string} root the project's folder
 * @returns {Promise<{ schema: string, page: string }>} texts as they are written to disk
 */
export async function configDocuments(root) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  })
  const source = Buffer.from(outputFiles[0].contents).toString('base64')
  const { configJsonSchema, configPage } = await import(`data:text/javascript;base64,${source}`)
  return { schema: `${JSON.stringify(configJsonSchema(), null, 2)}\n`, page: configPage() }
}

async function main() {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
  const file = path.join(root, PAGE)
  const { page } = await configDocuments(root)
  if (process.argv.includes('--write')) return fs.writeFile(file, page)
  if ((await fs.readFile(file, 'utf8').catch(() => '')) === page) return
  process.stderr.write(`${PAGE} is stale: node scripts/check-config.mjs --write\n`)
  process.exitCode = 1
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
