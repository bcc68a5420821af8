// Counts the files a running process opens, with strace where it is installed and may attach.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { installed } from './programs.mjs'

const SETTLE_MS = 500

/**
 * @param {number} pid
 * @param {() => Promise<unknown>} work what the process does meanwhile
 * @returns {Promise<number | undefined>} undefined: strace is missing or may not attach
 */
export async function countOpens(pid, work) {
  if (!installed('strace')) return undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'keyclaw-bench-strace-'))
  const report = path.join(folder, 'counts')
  try {
    const tracer = spawn('strace', ['-c', '-f', '-e', 'trace=openat,open', '-o', report, '-p', String(pid)], {
      stdio: 'ignore',
    })
    const ended = new Promise((resolve) => tracer.once('exit', resolve))
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    if (tracer.exitCode !== null) return undefined
    try {
      await work()
    } finally {
      tracer.kill('SIGINT')
      await ended
    }
    const lines = readFileSync(report, 'utf8').split('\n')
    return lines.reduce(
      (sum, text) => sum + Number(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*\bopen(?:at)?$/.exec(text)?.[1] ?? 0),
      0,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
