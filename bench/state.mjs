// Throw-away state directories for the program under measure: profiles with made-up keys, vendors pointed at the stand-in.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const existing = new Set()
process.on('exit', () => {
  for (const dir of existing) rmSync(dir, { recursive: true, force: true })
})

/** Made-up keys of a vendor's length; they mean nothing to anybody. */
export const benchKeys = (count) =>
  Array.from({ length: count }, (_, index) => `sk-ant-api03-bench-${String(index).padStart(4, '0')}-${'0'.repeat(64)}`)

/**
 * @param {{ keys: string[], upstream: number, rotate?: boolean, config?: object, others?: object }} options upstream: port of the stand-in;
 * rotate: the profiles take turns instead of serving in a fixed order; config: more of it; others: baseUrls by id of further providers of
 * Anthropic's dialect, each with one profile
 * @returns {{ dir: string, remove(): void }}
 */
export function createState({ keys, upstream, rotate = false, config = {}, others = {} }) {
  const dir = mkdtempSync(path.join(tmpdir(), 'keyclaw-bench-'))
  const agentDir = path.join(dir, 'agents', 'main', 'agent')
  mkdirSync(agentDir, { recursive: true, mode: 0o700 })
  const ids = keys.map((_, index) => `anthropic:p${index}`)
  write(path.join(agentDir, 'auth-profiles.json'), {
    version: 1,
    profiles: Object.fromEntries([
      ...keys.map((key, index) => [ids[index], { type: 'api_key', provider: 'anthropic', key }]),
      ...Object.keys(others).map((id) => [`${id}:p0`, { type: 'api_key', provider: id, key: keys[0] }]),
    ]),
    ...(rotate ? {} : { order: { anthropic: ids } }),
  })
  const origin = `http://127.0.0.1:${upstream}`
  write(path.join(dir, 'openclaw.json'), {
    ...config,
    models: {
      providers: {
        anthropic: { baseUrl: origin },
        openai: { baseUrl: `${origin}/v1` },
        ...Object.fromEntries(
          Object.entries(others).map(([id, baseUrl]) => [id, { baseUrl, api: 'anthropic-messages' }]),
        ),
      },
    },
  })
  existing.add(dir)
  const remove = () => {
    existing.delete(dir)
    rmSync(dir, { recursive: true, force: true })
  }
  return { dir, remove }
}

function write(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
}
