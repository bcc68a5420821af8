// A small project on disk with faults planted in it, for tests that must see a rule say no.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * Writes files into a fresh folder that goes when the test ends.
 * @param files contents by path below the folder
 * @returns the folder
 */
export async function plant(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'keyclaw-planted-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  return root
}

/** What a rule says about a small project. */
export async function complaintsOf(
  rule: (root: string) => Promise<{ complaints: string[] }>,
  files: Record<string, string>,
): Promise<string[]> {
  return (await rule(await plant(files))).complaints
}
