// Which account made what only that account can open: read along where answers pass, behind their bytes, and only where the provider has another
// account that could be shown it.
import { handsOut } from '../core/bound.ts'
import { type BoundReader, boundReader } from '../core/bound-reader.ts'
import type { Issuer } from '../core/issued.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { issuedOf, issuerOf } from './issuers.ts'

/** Whether somebody else of the provider could be asked. */
export function hasOthers(view: View, provider: string): boolean {
  return (view.facts().providers.get(provider)?.candidates.length ?? 0) > 1
}

/** @returns undefined where nothing needs to be known of the answer */
export function issuedReader(
  view: View,
  { candidate, endpoint = 'models' }: Access,
  streaming: boolean,
): BoundReader | undefined {
  const { provider } = candidate
  if (!handsOut(endpoint) || !hasOthers(view, provider)) return undefined
  const memory = issuedOf(view.home)
  let issuer: Issuer | undefined
  return boundReader(endpoint, streaming, (key, kind) => {
    // Most answers hold nothing of the kind.
    issuer ??= { ...issuerOf(view, candidate), hasMade: true }
    if (kind !== 'other') memory.wanted[kind] = true
    memory.note(key, issuer, view.home.system.monotonic())
  })
}
