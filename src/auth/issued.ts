// Which account made what only that account can open: read along where answers pass, behind their bytes, and only where the provider has another
// account that could be shown it.
import { handsOut } from '../core/bound.ts'
import { type BoundReader, boundReader } from '../core/bound-reader.ts'
import type { Issuer } from '../core/issued.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { hasOthers, issuedOf, issuerOf } from './issuers.ts'

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
