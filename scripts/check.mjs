#!/usr/bin/env node
// `npm run check`: types, lint, format and the project's own rules, one line each, then every complaint. Exit 1 when there is one.
// Flags: --only a,b runs only these; --fix-tree brings docs/tree.md up to date and stops.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ambient } from './rules/ambient.mjs'
import { ladder } from './rules/ladder.mjs'
import { lockfile } from './rules/lockfile.mjs'
import { machinePaths } from './rules/machine-paths.mjs'
import { regexes } from './rules/regex.mjs'
import { fixTree, tree } from './rules/tree.mjs'
import { lengths, words } from './rules/words.mjs'

/** Name, what it promises, and the rule: a function of the project's folder that returns complaints. */
export const CHECKS = [
  ['types', 'tsc accepts every file', types],
  [
    'biome',
    'lint and format',
    (root) =>
      program(root, 'node_modules/@biomejs/biome/bin/biome', ['check', '--colors=off', '--error-on-warnings', '.']),
  ],
  ['ladder', 'imports go one way', ladder],
  ['ambient', 'the machine comes in as one value', ambient],
  ['words', 'no silenced checks, swallowed errors, unsafe calls', words],
  ['length', 'no file of src above 300 lines', lengths],
  ['regex', 'every pattern is linear', regexes],
  ['tree', 'docs/tree.md names what exists', tree],
  ['lockfile', 'few packages, pinned, no install scripts', lockfile],
  ['paths', 'no path of one machine', machinePaths],
  ['routes', 'every route and method has its row', routes],
  [
    'config',
    'docs/configuration.md is what the definition says',
    (root) => program(root, 'scripts/check-config.mjs', []),
  ],
]

/** The program, and the page, which lives among other things than Node's. */
async function types(root) {
  const projects = ['.', ...(existsSync(path.join(root, 'src/web/tsconfig.json')) ? ['src/web'] : [])]
  const results = await Promise.all(
    projects.map((project) => program(root, 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', project])),
  )
  return { complaints: results.flatMap(({ complaints }) => complaints) }
}

/** The table of routes is checked by a script of its own as soon as there is one. */
async function routes(root) {
  const script = 'scripts/check-routes.mjs'
  if (existsSync(path.join(root, script))) return program(root, script, [])
  if (!existsSync(path.join(root, 'src/gateway/routes.ts'))) return { complaints: [], note: 'no routes yet' }
  return { complaints: [`src/gateway/routes.ts exists, but no ${script} checks it`] }
}

/**
 * Runs a program of ours or of a dev dependency; what it prints is a complaint when it fails.
 * @param {string} root
 * @param {string} script run with this node
 * @param {string[]} args
 * @returns {Promise<{ complaints: string[] }>}
 */
export function program(root, script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const pieces = []
    child.stdout.on('data', (piece) => pieces.push(piece))
    child.stderr.on('data', (piece) => pieces.push(piece))
    child.on('error', reject)
    child.on('close', (status) => {
      const lines = Buffer.concat(pieces).toString('utf8').trim().split('\n')
      resolve({ complaints: status === 0 ? [] : [...lines, `(exit ${status})`] })
    })
  })
}

/**
 * Runs checks side by side, printing a line as each ends, then the complaints in the table's order.
 * @param {string} root
 * @param {typeof CHECKS} checks
 * @param {(line: string) => void} print
 * @returns {Promise<boolean>} whether all held
 */
export async function runChecks(root, checks, print) {
  const results = await Promise.all(
    checks.map(async ([name, promise, rule]) => {
      const startedAt = performance.now()
      // A rule that breaks down has not held.
      const result = await rule(root).catch((error) => ({ complaints: [`could not run: ${error.stack ?? error}`] }))
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      const note = result.note === undefined ? '' : ` (${result.note})`
      print(`${result.complaints.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${promise}${note} ${seconds} s`)
      return { name, ...result }
    }),
  )
  for (const { name, remarks = [] } of results) for (const remark of remarks) print(`note ${name}: ${remark}`)
  for (const { name, complaints } of results) {
    if (complaints.length > 0) print(`\n${name}:\n${complaints.map((complaint) => `  ${complaint}`).join('\n')}`)
  }
  return results.every(({ complaints }) => complaints.length === 0)
}

async function main() {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
  const args = process.argv.slice(2)
  if (args.includes('--fix-tree')) {
    const { added, dropped } = await fixTree(root)
    process.stdout.write(`docs/tree.md: ${added.length} added, ${dropped.length} dropped\n`)
    return
  }
  const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '').split(',') : undefined
  const unknown = only?.filter((name) => !CHECKS.some(([known]) => known === name)) ?? []
  if (unknown.length > 0)
    throw new Error(`no check named ${unknown.join(', ')}; there are ${CHECKS.map(([name]) => name).join(', ')}`)
  const chosen = CHECKS.filter(([name]) => only === undefined || only.includes(name))
  const held = await runChecks(root, chosen, (line) => process.stdout.write(`${line}\n`))
  if (!held) process.exitCode = 1
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    process.stderr.write(`check: ${error.message}\n`)
    process.exitCode = 1
  })
}
