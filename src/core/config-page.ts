// docs/configuration.md, made from the definition of the config: every key, its type, its default and what it does.
import { configJsonSchema } from './config-keys.ts'
import type { JsonSchema } from './json-schema.ts'

type Row = { path: string; type: string; fallback: string; about: string }

/** Every key that has a description, depth first, in the order of the definition. */
export function configRows(schema: JsonSchema = configJsonSchema(), path = ''): Row[] {
  const alternatives = [schema, ...(schema.anyOf ?? [])]
  const children = alternatives.flatMap(
    ({ properties = {}, required = [], additionalProperties, propertyNames, items }) => [
      ...Object.entries(properties).map(([name, child]) => ({
        path: path === '' ? name : `${path}.${name}`,
        child,
        isRequired: required.includes(name),
      })),
      ...(additionalProperties === undefined
        ? []
        : [
            {
              path: `${path}.<${propertyNames?.title ?? schema.propertyNames?.title ?? 'name'}>`,
              child: additionalProperties,
              isRequired: false,
            },
          ]),
      ...(items === undefined ? [] : [{ path: `${path}[]`, child: items, isRequired: false }]),
    ],
  )
  return children.flatMap(({ path: here, child, isRequired }) => [
    ...(child.description === undefined ? [] : [rowOf(here, child, isRequired)]),
    ...configRows(child, here),
  ])
}

function rowOf(path: string, schema: JsonSchema, isRequired: boolean): Row {
  return {
    path,
    type: schema.writeOnly === true && schema.type === undefined ? 'string' : typeOf(schema),
    fallback: isRequired ? '(required)' : schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``,
    about: `${schema.description ?? ''}${schema.writeOnly === true ? ' (secret)' : ''}`,
  }
}

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (schema.properties === undefined && schema.additionalProperties !== undefined) {
    return `${typeOf(schema.additionalProperties)} by ${schema.propertyNames?.title ?? 'name'}`
  }
  const { minimum, maximum } = schema
  const range = minimum === undefined || maximum === undefined ? '' : `, ${minimum} to ${maximum}`
  return `${schema.type ?? 'anything'}${range}`
}

const EXAMPLE = `\`\`\`json5
{
  $schema: "./config.schema.json", // openclaw config schema > ~/.openclaw/config.schema.json
  agents: {
    defaults: {
      model: { primary: "anthropic/claude-opus-4-6", fallbacks: ["openai/gpt-5.1"] },
      models: {
        "anthropic/claude-opus-4-6": { alias: "opus" },
        "openai/gpt-5.1": { alias: "gpt" },
      },
    },
  },
  auth: { order: { anthropic: ["anthropic:work", "anthropic:default"] } },
  models: {
    providers: {
      // A vendor of your own; its key stays in the environment or in ~/.openclaw/.env.
      home: { baseUrl: "http://127.0.0.1:8080/v1", apiKey: "\${HOME_LLM_KEY}" },
    },
  },
  gateway: { port: 18789, bind: "loopback" },
}
\`\`\``

/** The text of docs/configuration.md. */
export function configPage(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = configRows().map(
    ({ path, type, fallback, about }) => `| \`${path}\` | ${cell(type)} | ${fallback} | ${cell(about)} |`,
  )
  return [
    '# Configuration',
    '',
    'You will find every key of the config file, with its type, its default and what it does. The file is `openclaw.json` in the state directory',
    '(`$OPENCLAW_CONFIG_PATH` names another one), JSON5: comments, unquoted names and trailing commas are fine, and edits keep them.',
    'Without it everything has its default. A key that is not here is kept, and not read; `openclaw config validate` names it.',
    '',
    'A running gateway takes a changed file within two seconds. One that holds nothing any more counts only after five seconds, as an editor may be',
    'writing it; until then it goes by what the file said before, and writes nothing into it.',
    '',
    '```sh',
    'openclaw config get                                    # the file, and what is in it',
    'openclaw config get gateway.port                       # one value; secrets are masked',
    'openclaw config set gateway.port 18790                 # JSON5 or a plain word; checked before it is written',
    `openclaw config set 'agents.defaults.models["openai/gpt-5.1"].alias' gpt`,
    'openclaw config set gateway.auth.token --stdin         # a secret: asked for, hidden, or piped in',
    'openclaw config unset gateway.port',
    'openclaw config validate                               # every complaint with its path; exit 1 when there is one',
    'openclaw config schema > ~/.openclaw/config.schema.json  # JSON Schema, for editors; also dist/config.schema.json',
    '```',
    '',
    '## An example',
    '',
    EXAMPLE,
    '',
    '## Auth storage (OAuth + API keys)',
    '',
    'The config holds no secret that you do not write into it. It names profiles (`auth.profiles`) and says who goes first (`auth.order`).',
    'The credentials themselves lie per agent, below the state directory:',
    '',
    '| File | What |',
    '|---|---|',
    '| `agents/<id>/agent/auth-profiles.json` | logins, tokens and API keys of one agent, and its own order |',
    '| `agents/<id>/agent/auth.json` | health of the profiles; no secrets, not to be edited |',
    '| `.env` | keys for everything that runs as you |',
    '| `agent/`, `credentials/oauth.json` | places of older releases; imported once, then kept aside |',
    '',
    '[OAuth](oauth.md#where-the-tokens-lie) says more of logins, [Environment](environment.md) of variables.',
    '',
    '## Keys',
    '',
    '`<…>` stands for any name, `[]` for any item of a list. A secret may be written `${VARIABLE}`, which keeps it out of this file.',
    '',
    '| Key | Type | Default | What it does |',
    '|---|---|---|---|',
    ...rows,
    '',
    'This page is made from `src/core/config-schema.ts` by `node scripts/check-config.mjs --write`.',
    '',
  ].join('\n')
}
