import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = new URL('.', import.meta.url)
const built = await build({
  entryPoints: [fileURLToPath(new URL('main.ts', here))],
  write: false,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  define: { 'import.meta.url': JSON.stringify(new URL('main.ts', here).href) },
  logLevel: 'error',
})
await import(`data:text/javascript;base64,${built.outputFiles[0].contents.length === 0 ? '' : Buffer.from(built.outputFiles[0].contents).toString('base64')}`)
