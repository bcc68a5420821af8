// What the lockfile promises: every package from a registry is pinned by its hash, none of ours runs code at install, few are ours.
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { sources } from './files.mjs'

const MOST_PACKAGES = 12
/** Tools of the build whose own code becomes a part of it, so that it runs with us; what they would bring along does not. */
const BUILT_IN = new Set(['grammy'])

/**
 * Reads package-lock.json.
 * @param {string} root
 * @returns {Promise<{ complaints: string[], note: string }>}
 */
export async function lockfile(root) {
  const complaints = []
  const lock = JSON.parse(await fs.readFile(path.join(root, 'package-lock.json'), 'utf8'))
  const ours = []
  const tools = lock.packages?.['']?.devDependencies ?? {}
  for (const [place, entry] of Object.entries(lock.packages ?? {})) {
    if (place === '' || entry.link) continue
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (entry.integrity === undefined && !entry.inBundle) complaints.push(`${name}: no integrity`)
    // Without an address, npm asks the registry that is set up where it runs; one would tie the project to a machine or a company.
    if (entry.resolved !== undefined)
      complaints.push(
        `${name}: comes from ${new URL(entry.resolved).host || entry.resolved}, not from whichever registry is set up`,
      )
    // An optional peer of a runtime package that is here because our tools want it is a tool (typescript, for valibot).
    for (const wanted of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      if (!isLocked(lock.packages, place, wanted))
        complaints.push(`${name}: its ${wanted} is not locked, npm ci will refuse`)
    }
    if (BUILT_IN.has(name)) ours.push(name)
    if (entry.dev || (entry.devOptional && tools[name] !== undefined)) continue
    if (entry.hasInstallScript) complaints.push(`${name}: a runtime package with an install script`)
    if (!(entry.optional && (entry.os || entry.cpu))) ours.push(name)
  }
  if (ours.length > MOST_PACKAGES) {
    complaints.push(`${ours.length} runtime packages, at most ${MOST_PACKAGES}: ${ours.join(', ')}`)
  }
  complaints.push(...(await undefended(root, lock.packages?.[''] ?? {})))
  return { complaints, note: `${ours.length} runtime packages of ${MOST_PACKAGES}` }
}

/** Whether Node would find the package from there: in a node_modules folder of the place itself or of one above it. */
function isLocked(packages, place, wanted) {
  for (let from = place; ; from = from.slice(0, from.lastIndexOf('/node_modules/'))) {
    if (packages[`${from}/node_modules/${wanted}`] !== undefined) return true
    if (!from.includes('/node_modules/')) return packages[`node_modules/${wanted}`] !== undefined
  }
}

/** Direct dependencies that no page of docs/decisions names. */
async function undefended(root, project) {
  const pages = await sources(root, ['docs/decisions'], /\.md$/)
  const text = pages.map((page) => page.text).join('\n')
  return ['dependencies', 'optionalDependencies', 'devDependencies']
    .flatMap((kind) => Object.keys(project[kind] ?? {}))
    .filter((name) => !text.includes(`\`${name}\``))
    .map((name) => `${name}: no page of docs/decisions defends it`)
}
