// Removes a profile here: the credential, its health, every mention in orders and in the config.
import type { OAuth } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { isObject } from '../store/document.ts'
import type { Auth } from './auth.ts'
import { importLegacy } from './import-legacy.ts'
import { ownStore } from './own-store.ts'

/**
 * The credential is gone before the mentions are: whatever interrupts this, it is not used again.
 * @param input.revokes takes a login back at the vendor as well, where it can be
 * @throws AuthError unknown_profile
 */
export async function logout(
  auth: Auth,
  input: { agentId: string; profileId: string; revokes?: boolean },
): Promise<{ provider: string; where: string; isRevoked: boolean }> {
  const { home } = auth
  const store = ownStore(home, input.agentId, (flag) => `openclaw models auth logout ${input.profileId}${flag}`)
  await importLegacy(auth, input.agentId)
  const { profiles } = await store.profiles.read()
  const provider = await store.profiles.remove(input.profileId)
  if (provider === undefined) {
    throw new AuthError(
      'unknown_profile',
      `There is no profile "${printable(input.profileId)}" in ${store.profiles.where()} (agent ${input.agentId}).`,
      { remedy: `openclaw models auth list --agent ${input.agentId}` },
    )
  }
  await store.health.forget(input.profileId)
  await home.configStore.change((draft) => {
    const section = isObject(draft.auth) ? draft.auth : {}
    if (isObject(section.profiles)) delete section.profiles[input.profileId]
    if (!isObject(section.order)) return
    for (const [name, ids] of Object.entries(section.order)) {
      if (!Array.isArray(ids) || !ids.includes(input.profileId)) continue
      const left = ids.filter((id) => id !== input.profileId)
      if (left.length > 0) section.order[name] = left
      else delete section.order[name]
    }
  })
  await home.reload()
  await auth.peek(input.agentId)?.reload()
  const credential = profiles.find(({ id }) => id === input.profileId)?.credential
  const isRevoked =
    input.revokes === true && credential?.kind === 'oauth' && (await revoked(auth, provider, credential))
  return { provider, where: store.profiles.where(), isRevoked }
}

/** Best effort: the credential is gone from here, whatever the vendor says. */
async function revoked({ home, registry }: Auth, provider: string, credential: OAuth): Promise<boolean> {
  const known = registry.get(provider)
  if (known?.revoke === undefined) return false
  const room = { machine: home.system, env: home.system.env, signal: new AbortController().signal }
  return known.revoke(room, credential)
}
