// What openclaw.json may hold, as data: validation, the published JSON Schema, docs/configuration.md and the masks of `config get` all
// come from this one definition. A key is told by what it does, its default, and whether its value is a secret.
import * as v from 'valibot'
import { AuthSchema } from './auth-schema.ts'
import { ChannelsSchema, SessionSchema } from './channel-schema.ts'
import { DiagnosticsSchema } from './otel-settings.ts'
import { isAgentId } from './profile.ts'
import { byName, isNoList, key, must, section } from './schema-parts.ts'

export const DEFAULT_MODEL = 'anthropic/claude-opus-4-6'
export const DEFAULT_PORT = 18789

/** Bounds of one vendor call, ms. */
export type Timeouts = { connectMs: number; firstByteMs: number; idleMs: number; drainMs: number }

export const TIMEOUTS: Timeouts = { connectMs: 10_000, firstByteMs: 120_000, idleMs: 300_000, drainMs: 30_000 }

const Choice = v.union(
  [
    v.string(),
    section({
      primary: key(v.string(), 'the model itself, `provider/model` or an alias'),
      fallbacks: key(v.array(v.string()), 'models tried after it, in this order'),
    }),
  ],
  'expected a model, or an object with primary and fallbacks',
)
const Port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))
const LengthMs = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400_000))

const Dollars = v.pipe(v.number(), v.minValue(0))

const IdentitySchema = section({
  name: key(v.string(), 'how it calls itself'),
  theme: key(v.string(), 'its manner, in a few words'),
  emoji: key(v.string(), 'its sign'),
  avatar: key(v.string(), 'its picture, a path or an address'),
})

const BindChoice = v.picklist(['loopback', 'lan', 'tailnet', 'auto', 'custom'])

const Agents = section({
  defaults: key(
    section({
      model: key(Choice, 'the model of every agent without one of its own', { default: DEFAULT_MODEL }),
      imageModel: key(Choice, 'the model for images, when the first one takes none'),
      models: key(
        byName(
          section({
            alias: key(v.string(), 'a short name for the model, in any case'),
            params: key(
              section({
                cacheRetention: key(
                  v.string(),
                  'how long the vendor keeps prompts of our own: `none`, `short` (5 minutes; the default of Anthropic API keys) or `long` (an hour)',
                ),
                cacheControlTtl: key(
                  v.string(),
                  'the older name of that: `5m` or `1h`; not read beside a valid `cacheRetention`',
                ),
              }),
              'how it is asked',
            ),
          }),
        ),
        'models by `provider/model`; when there is one, only those named here may be asked for',
        { each: 'provider/model' },
      ),
      workspace: key(v.string(), 'the folder in which the default agent works'),
    }),
    'what holds for every agent',
  ),
  list: key(
    v.array(
      section({
        id: must(
          v.pipe(v.string(), v.check(isAgentId, 'an agent id is lower-case letters, digits, - and _')),
          'its name in commands and paths: lower-case letters, digits, - and _',
        ),
        name: key(v.string(), 'its name for people'),
        default: key(v.boolean(), 'whether it is the one meant when none is named', { default: false }),
        agentDir: key(
          v.string(),
          'the folder of its credentials, instead of `agents/<id>/agent` below the state directory',
        ),
        workspace: key(v.string(), 'the folder in which it works'),
        model: key(Choice, 'its own model, instead of `agents.defaults.model`'),
        identity: key(IdentitySchema, 'how it presents itself; only kept'),
        auth: key(
          section({
            inherit: key(v.string(), 'the agent whose credentials it uses instead of its own; nothing is copied'),
          }),
          'whose credentials it uses',
        ),
      }),
    ),
    'the agents there are; without any there is `main`',
  ),
})

const Match = section({
  channel: must(
    v.pipe(
      v.string(),
      v.check((text) => text.trim() !== '', 'a channel has a name'),
    ),
    'such as `telegram`',
  ),
  accountId: key(v.string(), 'one account of the channel; `*` any; without it the default one'),
  peer: key(
    section({ kind: must(v.string(), '`direct`, `group` or `channel`'), id: must(v.string(), 'its id there') }),
    'one chat',
  ),
  guildId: key(v.string(), 'one server of the channel'),
  teamId: key(v.string(), 'one team of the channel'),
})

/** Which chats an agent answers. */
export const BindingSchema = section({
  agentId: must(v.string(), 'the agent that answers'),
  match: must(Match, 'the chats it answers'),
})

const Models = section({
  providers: key(
    byName(
      section({
        baseUrl: key(
          v.pipe(
            v.string(),
            v.check(isBaseUrl, 'a base URL starts with https:// or http:// and holds no user name or password'),
          ),
          'where its API is, `https://…` or `http://…`; with it, a vendor we do not know becomes a provider',
        ),
        apiKey: key(v.string(), 'its API key, best as a `${VARIABLE}`; a stored profile goes first', { secret: true }),
        models: key(
          v.array(
            section({
              id: key(v.string(), 'the model, as the vendor calls it'),
              cost: key(
                section({
                  input: key(Dollars, 'what is sent'),
                  output: key(Dollars, 'what comes back'),
                  cacheRead: key(Dollars, 'what the vendor had kept; without it as `input`'),
                  cacheWrite: key(Dollars, 'what the vendor keeps; without it as `input`'),
                }),
                'its price, in US dollars for a million tokens; both `input` and `output` are needed for `auth.spend.capUsdPerDay`',
              ),
              maxTokens: key(v.number(), 'the most that it says in one answer, in tokens'),
            }),
          ),
          'its models, as far as something is to be said of them',
        ),
        billing: key(
          v.picklist(['flat_rate', 'metered']),
          'how its API keys are paid for: by a plan, whatever calls take, or by use; without it as the vendor usually does',
        ),
        api: key(
          v.string(),
          'its dialect: `anthropic-messages`, `openai-completions`, `openai-responses` or `google-generative-ai`',
        ),
      }),
    ),
    'vendors: other addresses for known ones, and ones of your own',
    { each: 'id' },
  ),
})

const Gateway = section({
  mode: key(v.string(), '`local`; written by `onboard`, only kept'),
  port: key(Port, 'where it listens; 0 takes any free port', { default: DEFAULT_PORT }),
  bind: key(BindChoice, 'from where it can be reached', { default: 'loopback' }),
  customBindHost: key(v.string(), 'the address to listen at when `bind` is `custom`'),
  auth: key(
    section({
      mode: key(v.picklist(['token', 'password']), 'which kind of secret clients show', { default: 'token' }),
      token: key(v.string(), 'the token of clients; without it one is made and kept in `gateway.token`', {
        secret: true,
      }),
      password: key(v.string(), 'the password of clients, when `mode` is `password`', { secret: true }),
    }),
    'how clients show that they may come in',
  ),
  timeouts: key(
    section({
      connectMs: key(LengthMs, 'until a vendor takes the connection', { default: TIMEOUTS.connectMs }),
      firstByteMs: key(LengthMs, 'until an answer begins', { default: TIMEOUTS.firstByteMs }),
      idleMs: key(LengthMs, 'between two pieces of an answer', { default: TIMEOUTS.idleMs }),
      drainMs: key(LengthMs, 'for running answers when the gateway stops', { default: TIMEOUTS.drainMs }),
    }),
    'how long a call may wait, in ms',
  ),
  allowedHosts: key(v.array(v.string()), 'further names by which clients may call it, as in their Host header'),
})

const Plugins = section({
  entries: key(
    byName(
      section({
        enabled: key(v.boolean(), 'whether its code is run; it then has all rights of this user', { default: false }),
      }),
    ),
    'plugins, by the id in their manifest',
    { each: 'id' },
  ),
  load: key(
    section({
      paths: key(
        v.array(v.string()),
        'folders of plugins that are not installed, each with its manifest; relative ones start at the state directory',
      ),
    }),
    'plugins that lie elsewhere',
  ),
})

const Env = v.pipe(
  v.unknown(),
  isNoList,
  v.objectWithRest(
    {
      vars: key(byName(must(v.string(), 'the value', { secret: true })), 'the same, one level down', {
        each: 'NAME',
      }),
      shellEnv: key(
        section({
          enabled: key(v.boolean(), 'whether the login shell is asked for keys that are set nowhere else', {
            default: false,
          }),
          timeoutMs: key(LengthMs, 'how long it may take, in ms', { default: 15_000 }),
        }),
        'the login shell as the last place to look for keys',
      ),
    },
    must(v.unknown(), 'a variable for keys, used when the environment and `.env` do not have it', { secret: true }),
  ),
)

/** The one definition of the config file; unknown keys are kept. */
export const ConfigSchema = v.looseObject({
  $schema: key(v.string(), 'where an editor finds the JSON Schema of this file; not read by us'),
  auth: key(AuthSchema, 'accounts: which there are and who goes first'),
  agents: key(Agents, 'agents and their models'),
  bindings: key(v.array(BindingSchema), 'which agent answers which chats; the most specific one wins'),
  channels: key(ChannelsSchema, 'chat channels and their accounts', { each: 'name' }),
  session: key(SessionSchema, 'which conversation a message belongs to'),
  models: key(Models, 'vendors and where they are'),
  gateway: key(Gateway, 'the server for programs and people'),
  env: key(Env, 'variables for keys; a text each', { each: 'NAME' }),
  plugins: key(Plugins, 'providers that other people wrote'),
  diagnostics: key(DiagnosticsSchema, 'what is handed out about calls'),
  wizard: key(v.unknown(), 'when `onboard` ran last, and which version of it; only kept'),
  meta: key(v.unknown(), 'which version of the reference wrote this file; only kept'),
})

function isBaseUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

export type RawConfig = v.InferOutput<typeof ConfigSchema>
export type ModelChoice = v.InferOutput<typeof Choice>
export type Identity = v.InferOutput<typeof IdentitySchema>
export type Bind = v.InferOutput<typeof BindChoice>
