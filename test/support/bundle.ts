// A worker of a test as one file that plain node runs: the sources themselves, bundled once, without the test runner.
import { mkdtemp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)

/**
 * @param name of the worker beside this file, without its extension
 * @returns the path of the bundle; its folder belongs to the caller
 */
export async function bundleWorker(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'keyclaw-worker-'))
  const outfile = join(dir, `${name}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    // What stays CommonJS inside the bundle asks for node's own modules by require.
    banner: { js: "import{createRequire as _r}from'node:module';const require=_r(import.meta.url);" },
    plugins: [
      {
        name: 'native-lock-from-here',
        setup: (setup) => {
          setup.onResolve({ filter: /^fs-native-extensions$/ }, ({ path }) => ({
            path: pathToFileURL(require.resolve(path)).href,
            external: true,
          }))
        },
      },
    ],
  })
  return outfile
}
