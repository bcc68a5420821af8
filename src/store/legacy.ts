// auth.json as it was before it became a cache: credentials by provider. Read as `<provider>:default`, moved to auth-profiles.json at the
// first write, and only once they are durable there.
import { normaliseProvider } from '../core/model-ref.ts'
import { type Profile, profileId } from '../core/profile.ts'
import { isObject, type JsonObject } from './document.ts'
import { readCredential } from './profiles.ts'

/** The credentials of the old shape, each with the key it stands under. */
export function legacyProfiles(raw: JsonObject): { key: string; profile: Profile; entry: JsonObject }[] {
  return Object.entries(raw).flatMap(([key, entry]) => {
    if (!isObject(entry)) return []
    const credential = readCredential(entry)
    if (credential === undefined) return []
    const provider = normaliseProvider(typeof entry.provider === 'string' ? entry.provider : key)
    return [{ key, profile: { id: profileId(provider, 'default'), provider, credential }, entry }]
  })
}
