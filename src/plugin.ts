// The door for plugins, `keyclaw/plugin`: the types that a plugin is written against, and the suite that it must pass. The build makes
// dist/plugin.js and dist/plugin.d.ts of it. While a plugin runs it imports nothing of ours (decision 27); its tests import this.

export type { Account, ApiKey, Credential, CredentialKind, OAuth, Token } from './core/credential.ts'
export type { Failure, FailureClass, FailureScope } from './core/failure.ts'
export type { PluginManifest } from './core/plugin-manifest.ts'
export type { Secret } from './core/secret.ts'
export type { FailureRow } from './providers/http-failure.ts'
export {
  type BrokenRule,
  checkPlugin,
  checkProvider,
  PROVIDER_RULES,
  type ProviderRule,
} from './providers/plugin-contract.ts'
export { type Plugin, type PluginExport, type PluginHost, pluginHost } from './providers/plugin-host.ts'
export type {
  BrowserMethod,
  DeviceLogin,
  DeviceMethod,
  Endpoint,
  HeaderLookup,
  LoginMethod,
  LoginRoom,
  OnlineMethod,
  Outcome,
  Provider,
  Refusal,
  SecretComplaint,
  SecretMethod,
  UsageReader,
} from './providers/provider.ts'
export type { Row } from './providers/vendors.ts'
