// The profile that a request asks for in `x-openclaw-profile`: `<id>` (this one only) or `<id>?` (this one while it can serve).
import type { View } from '../../auth/auth.ts'
import { agentFlag } from '../../auth/own-store.ts'
import type { Refused, VendorCall } from '../../auth/vendor-call.ts'
import { AuthError } from '../../core/errors.ts'
import { type PinWish, readPin } from '../../core/pick.ts'
import { printable } from '../../core/profile.ts'

/** Visible, and neither a list nor quoted: two headers that something on the way made one are not an id. */
const WISH = /^[\x21\x23-\x2b\x2d-\x3e\x40-\x7e]{1,200}\??$/

/**
 * The wish of a header, for a model of the provider. Which other profiles there are is not told: whoever calls need not know.
 * @throws AuthError usage, unknown_profile
 */
export function profileWish(view: View, provider: string, header: string): PinWish {
  const remedy = `openclaw models auth list${agentFlag(view, view.agentId)}`
  if (!WISH.test(header)) {
    throw new AuthError(
      'usage',
      `The header x-openclaw-profile holds no profile (agent ${view.agentId}): an id such as ${provider}:work is meant, or ${provider}:work? for one that may step aside.`,
      { remedy },
    )
  }
  const pin = readPin(header)
  const isOf = (id: string): boolean =>
    view
      .facts()
      .providers.get(id)
      ?.candidates.some((candidate) => candidate.id === pin.id) === true
  if (isOf(provider)) return pin
  const elsewhere = [...view.facts().providers.keys()].find(isOf)
  const what =
    elsewhere === undefined
      ? `Agent ${view.agentId} has no profile "${view.home.system.log.scrub(printable(pin.id, 80))}" (${view.store.profiles.where()})`
      : `Profile "${printable(pin.id)}" of agent ${view.agentId} is for ${elsewhere}, not for ${provider}, whose model was asked for`
  throw new AuthError('unknown_profile', `${what}; the header x-openclaw-profile asks for it.`, { remedy })
}

/**
 * The request as it goes to a model of the provider, which may be another one than the wish was for.
 * @param wished the request as it was for the model asked for
 */
export function wishAt(wished: VendorCall, provider: string): VendorCall {
  const { pin: _, ...free } = wished
  return provider === wished.provider ? wished : { ...free, provider }
}

/**
 * Why a later model may not be asked. A conversation whose pin fails goes on with another vendor's model, as a person sees who answers and
 * can change it; a header holds for one call, and whoever writes one account into it would find another one's bill.
 */
export function keptFrom({ pin, provider }: VendorCall, other: string): string | undefined {
  if (pin?.by !== 'user' || other === provider) return undefined
  return `is of ${other}, and this call may use ${pin.id} only`
}

/** The refusal, which names the profile that was asked for and nobody else could stand in for. */
export function refusedWish({ pin, provider }: VendorCall, { error, ...refused }: Refused): Refused {
  if (pin?.by !== 'user') return { ...refused, error }
  const message = `The header x-openclaw-profile asks for ${printable(pin.id)}, and no other account of ${provider} is tried. ${error.message}`
  return {
    ...refused,
    error: new AuthError(error.code, message, {
      cause: error,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      ...(error.until === undefined ? {} : { until: error.until }),
    }),
  }
}
