// What openclaw.json may hold, as data: validation here, the published JSON Schema from the same definition.
import * as v from 'valibot'
import { BindingSchema } from './binding.ts'
import { isAgentId } from './profile.ts'

const Choice = v.union([
  v.string(),
  v.looseObject({ primary: v.optional(v.string()), fallbacks: v.optional(v.array(v.string())) }),
])
const Port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))
const LengthMs = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400_000))

/** How an agent presents itself; only kept. */
const IdentitySchema = v.looseObject({
  name: v.optional(v.string()),
  theme: v.optional(v.string()),
  emoji: v.optional(v.string()),
  avatar: v.optional(v.string()),
})

const BindChoice = v.picklist(['loopback', 'lan', 'tailnet', 'auto', 'custom'])

/** The one definition of the config file; unknown keys are kept. */
export const ConfigSchema = v.looseObject({
  auth: v.optional(
    v.looseObject({
      profiles: v.optional(
        v.record(
          v.string(),
          v.looseObject({ provider: v.string(), mode: v.optional(v.string()), email: v.optional(v.string()) }),
        ),
      ),
      order: v.optional(v.record(v.string(), v.array(v.string()))),
      shareBeyondLoopback: v.optional(v.array(v.string())),
    }),
  ),
  agents: v.optional(
    v.looseObject({
      defaults: v.optional(
        v.looseObject({
          model: v.optional(Choice),
          imageModel: v.optional(Choice),
          models: v.optional(v.record(v.string(), v.looseObject({ alias: v.optional(v.string()) }))),
          workspace: v.optional(v.string()),
        }),
      ),
      list: v.optional(
        v.array(
          v.looseObject({
            id: v.pipe(v.string(), v.check(isAgentId, 'an agent id is lower-case letters, digits, - and _')),
            name: v.optional(v.string()),
            default: v.optional(v.boolean()),
            workspace: v.optional(v.string()),
            agentDir: v.optional(v.string()),
            model: v.optional(Choice),
            identity: v.optional(IdentitySchema),
            auth: v.optional(v.looseObject({ inherit: v.optional(v.string()) })),
          }),
        ),
      ),
    }),
  ),
  bindings: v.optional(v.array(BindingSchema)),
  channels: v.optional(v.record(v.string(), v.unknown())),
  models: v.optional(
    v.looseObject({
      providers: v.optional(
        v.record(
          v.string(),
          v.looseObject({
            baseUrl: v.optional(
              v.pipe(
                v.string(),
                v.check(isBaseUrl, 'a base URL starts with https:// or http:// and holds no user name or password'),
              ),
            ),
            apiKey: v.optional(v.string()),
            api: v.optional(v.string()),
          }),
        ),
      ),
    }),
  ),
  gateway: v.optional(
    v.looseObject({
      port: v.optional(Port),
      bind: v.optional(BindChoice),
      customBindHost: v.optional(v.string()),
      auth: v.optional(
        v.looseObject({
          mode: v.optional(v.picklist(['token', 'password'])),
          token: v.optional(v.string()),
          password: v.optional(v.string()),
        }),
      ),
      timeouts: v.optional(
        v.looseObject({
          connectMs: v.optional(LengthMs),
          firstByteMs: v.optional(LengthMs),
          idleMs: v.optional(LengthMs),
          drainMs: v.optional(LengthMs),
        }),
      ),
      allowedHosts: v.optional(v.array(v.string())),
    }),
  ),
  env: v.optional(
    v.looseObject({
      vars: v.optional(v.record(v.string(), v.string())),
      shellEnv: v.optional(v.looseObject({ enabled: v.optional(v.boolean()), timeoutMs: v.optional(LengthMs) })),
    }),
  ),
})

function isBaseUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

export type RawConfig = v.InferOutput<typeof ConfigSchema>
export type ModelChoice = v.InferOutput<typeof Choice>
export type Identity = v.InferOutput<typeof IdentitySchema>
export type Bind = v.InferOutput<typeof BindChoice>
