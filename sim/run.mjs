// Starts the simulation with plain node: bundles it in memory and runs what comes of it. Its flags are told in main.ts.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const MAIN = new URL('main.ts', import.meta.url)

const built = await build({
  entryPoints: [fileURLToPath(MAIN)],
  write: false,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // All of its files lie in one folder, and what they look for they look for from there.
  define: { 'import.meta.url': JSON.stringify(MAIN.href) },
  logLevel: 'error',
})
await import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString('base64')}`)
