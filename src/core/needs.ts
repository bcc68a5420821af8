// What needs a person, each with the command that helps: nothing serves, a credential has ended, was switched off, or ends soon.
import { formatRemaining } from './expiry.ts'
import type { StatusReport } from './status.ts'

export type Need = { what: string; command: string }

/** Keys and tokens are longer. */
const LONGEST_NAME = 33
/** What a shell takes as it is: ids of foreign files are not pasted into a command otherwise. */
const PLAIN = /^[\w.:@+-]+$/

/** Whether a name may stand in a command that is printed for pasting. */
export function isPlain(name: string): boolean {
  return PLAIN.test(name)
}

/**
 * The flag that names a profile once more in a command. People put secrets into the wrong place: what is no short id of the provider is not repeated.
 */
export function profileFlag(provider: string, profileId: string | undefined): string {
  if (profileId === undefined || !profileId.startsWith(`${provider}:`) || !isPlain(profileId)) return ''
  return profileId.length > provider.length + LONGEST_NAME ? '' : ` --profile-id ${profileId}`
}

/**
 * The most pressing first.
 * @param agentFlag what a command needs to reach the same agent, such as ` --agent work`
 */
export function needsOf({ auth, check }: StatusReport, agentFlag: string): Need[] {
  const { missingProvidersInUse, oauth, pausedProfiles, unusableProfiles, providers } = auth
  // The check knows which profiles count; those left out of an order do not.
  const counted = oauth.profiles.filter(({ profileId }) =>
    check.reasons.some((reason) => reason.startsWith(`${profileId}: `)),
  )
  // What somebody set aside needs nobody.
  const paused = new Set(pausedProfiles.map(({ profileId }) => profileId))
  const disabled = unusableProfiles.filter(({ kind, profileId }) => kind === 'disabled' && !paused.has(profileId))
  return [
    ...missingProvidersInUse.map((provider) => ({
      what: `${provider}: a configured model needs it, and no credential can be used`,
      command: providers.some((known) => known.provider === provider)
        ? `openclaw models explain ${provider}${agentFlag}`
        : `openclaw models auth paste-api-key --provider ${provider}${agentFlag}`,
    })),
    ...counted
      .filter(({ status }) => status === 'expired')
      .map((profile) => ({ what: `${profile.profileId}: expired`, command: replacing(profile, agentFlag) })),
    ...disabled.map(({ profileId, provider, reason, remainingMs }) => {
      const profile = oauth.profiles.find((other) => other.profileId === profileId)
      const again = `tried again in ${formatRemaining(remainingMs)}`
      return reason === 'billing' || profile === undefined
        ? {
            what: `${profileId}: ${reason}, settle it with ${provider} (${again})`,
            command: `openclaw models explain ${provider}${agentFlag}`,
          }
        : {
            what: `${profileId}: refused for good (${reason}; ${again})`,
            // Where a subscription is refused for good, another token of it is, too; a key always works.
            command:
              profile.type === 'token'
                ? `openclaw models auth paste-api-key --provider ${provider}${agentFlag}`
                : replacing(profile, agentFlag),
          }
    }),
    ...counted
      .filter(({ status }) => status === 'expiring')
      .map((profile) => ({
        what: `${profile.profileId}: expires in ${formatRemaining(profile.remainingMs ?? 0)}`,
        command: replacing(profile, agentFlag),
      })),
  ]
}

/** The command that takes a paused profile back into use. */
export function resuming(profileId: string, agentFlag: string): string {
  return isPlain(profileId)
    ? `openclaw models auth resume ${profileId}${agentFlag}`
    : `openclaw models auth list${agentFlag}`
}

/** The door by which another secret takes the place of this one. */
export function replacing(
  { profileId, provider, type }: { profileId: string; provider: string; type: string },
  agentFlag: string,
): string {
  // A login finds the profile of its account by itself.
  if (type === 'oauth' && isPlain(provider) && !isPlain(profileId)) {
    return `openclaw models auth login --provider ${provider}${agentFlag}`
  }
  if (!isPlain(profileId) || !isPlain(provider)) return `openclaw models auth list${agentFlag}`
  const verb = type === 'api_key' ? 'paste-api-key' : type === 'oauth' ? 'login' : 'paste-token'
  return `openclaw models auth ${verb} --provider ${provider} --profile-id ${profileId}${agentFlag}`
}
