// What a plugin is handed, and the types it is written against: the vocabulary of provider.ts, and the parts of our own logins. It imports
// nothing of ours while it runs, so it works wherever it lies, and its secrets are the same kind of thing as ours.
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { judgeDevice, pollDevice, readDevice, requestDevice } from '../oauth/device.ts'
import { get, issuerFrom, post } from '../oauth/endpoint.ts'
import { errorCode, judgeTokens, parseObject, requestTokens } from '../oauth/token.ts'
import { compatibleProvider } from './compatible.ts'
import { OWN_HEADERS } from './headers.ts'
import { judge } from './http-failure.ts'
import { KEY_METHOD, type Provider } from './provider.ts'

export type { OAuth } from '../core/credential.ts'
export type { DeviceLogin, DeviceMethod, LoginMethod, LoginRoom, Outcome, Provider } from './provider.ts'
export type { Row } from './vendors.ts'

/** What the module of a plugin gives. */
export type Plugin = { providers: readonly Provider[] }

/** The default export of that module: the plugin, or what makes it of our helpers. */
export type PluginExport = Plugin | ((host: PluginHost) => Plugin)

export type PluginHost = typeof host

const host = Object.freeze({
  /** Of this object; grows when something is taken away or changed. */
  version: 1,
  Secret,
  AuthError,
  KEY_METHOD,
  /** A vendor that speaks OpenAI's dialect, from one row. */
  compatibleProvider,
  /** Judges a refusal by rows of one's own, then by the common ones. */
  judge,
  /** Our name; no plugin poses as another program (D13). */
  ownHeaders: OWN_HEADERS as readonly string[],
  printable,
  oauth: Object.freeze({
    errorCode,
    get,
    issuerFrom,
    judgeDevice,
    judgeTokens,
    parseObject,
    pollDevice,
    post,
    readDevice,
    requestDevice,
    requestTokens,
  }),
})

/** What the program hands to every plugin; the tests of a plugin hand it over themselves. */
export function pluginHost(): PluginHost {
  return host
}
