// Starts the simulation with plain node: bundles it into a file that is gone afterwards, and runs that. Its flags are told in main.ts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const MAIN = new URL('main.ts', import.meta.url)

const folder = await mkdtemp(path.join(tmpdir(), 'keyclaw-sim-'))
const outfile = path.join(folder, 'sim.mjs')
try {
  await build({
    entryPoints: [fileURLToPath(MAIN)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // All of its files lie in one folder, and what they look for they look for from there.
    define: { 'import.meta.url': JSON.stringify(MAIN.href) },
    logLevel: 'error',
  })
  await import(pathToFileURL(outfile).href)
} finally {
  await rm(folder, { recursive: true, force: true })
}
