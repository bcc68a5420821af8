// `models list`: configured models in the order in which they matter, or the catalogue.
import type { Command } from 'commander'
import type { View } from '../../auth/auth.ts'
import { unknownProvider } from '../../auth/refuse.ts'
import { isBilled } from '../../auth/vendor-call.ts'
import { editionRow } from '../../core/catalogue.ts'
import { DEFAULT_PROVIDER, modelsOf } from '../../core/config.ts'
import { factsOf, knownRefs } from '../../core/model-choices.ts'
import { listedIn } from '../../core/model-list.ts'
import { formatRef, type ModelRef, normaliseProvider, parseModelRef } from '../../core/model-ref.ts'
import type { Price } from '../../core/price.ts'
import { isServed } from '../../core/provider-report.ts'
import type { Endpoint, Provider } from '../../providers/provider.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, refuseBoth } from '../invocation.ts'
import { columns } from '../terminal.ts'

type Flags = CommonFlags & { all?: boolean; local?: boolean; provider?: string }

type Row = {
  key: string
  name: string
  input: string
  contextWindow: number | null
  /** Of one answer. */
  maxTokens: number | null
  /** A shorter beginning of a prompt is not kept by the vendor, tokens. */
  cacheMinimum: number | null
  /** In which it may be asked as it is; null: of its provider nobody knows. */
  dialects: string[] | null
  /** USD for a million tokens; null: nobody knows. */
  cost: CostRow | null
  local: boolean | null
  available: boolean | null
  tags: string[]
  missing: boolean
}

type CostRow = { input: number; output: number; cacheRead: number | null; cacheWrite: number | null; from: string }

/** Flags and help of `models list`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option(
      '--all',
      'every model that is known, not only those configured: what `models refresh` found, else the catalogue',
    )
    .option('--local', 'only models served on this machine')
    .option('--provider <id>', 'only this provider')
    .option('--json', 'the rows as JSON')
    .option('--plain', 'only the keys, one per line')
    .addHelpText(
      'after',
      examples([
        ['openclaw models list', 'what is configured'],
        ['openclaw models list --all --provider anthropic', 'what could be'],
        ['openclaw models list --plain', 'for scripts'],
      ]),
    )
    .action((_flags: unknown, self: Command) => listModels(invocation(), self.optsWithGlobals<Flags>()))
}

async function listModels(invocation: Invocation, flags: Flags): Promise<void> {
  refuseBoth(flags)
  const { terminal, system } = invocation
  const { view } = await invocation.view(flags, { asksShell: flags.plain !== true })
  const wanted = flags.provider === undefined ? undefined : normaliseProvider(flags.provider)
  const tagged = configuredTags(view)
  if (flags.all === true) {
    for (const ref of knownRefs(view.facts().modelLists?.())) {
      const key = formatRef(ref)
      if (!tagged.has(key)) tagged.set(key, { ref, tags: [] })
    }
  }
  const models = [...tagged.values()]
    .filter(({ ref }) => wanted === undefined || ref.provider === wanted)
    .map(({ ref, tags }) => rowOf(view, ref, tags, system.now()))
    .filter((row) => flags.local !== true || row.local === true)
  if (models.length === 0 && wanted !== undefined) {
    const known = view.registry.find(wanted, view.facts().config.providers.get(wanted))
    if (known === undefined) throw unknownProvider(view, wanted)
  }
  if (flags.json === true) return terminal.json({ count: models.length, models })
  if (flags.plain === true) {
    if (models.length > 0) terminal.out(models.map(({ key }) => key).join('\n'))
    return
  }
  if (models.length === 0) return terminal.out('No models.')
  const rows = models.map((row) => [
    row.key,
    row.input,
    row.contextWindow === null ? '-' : `${Math.round(row.contextWindow / 1000)}k`,
    mark(row.local),
    mark(row.available),
    row.tags.join(','),
  ])
  const [head, ...lines] = columns([['Model', 'Input', 'Ctx', 'Local', 'Auth', 'Tags'], ...rows])
  terminal.out([terminal.paint('bold', head ?? ''), ...lines].join('\n'))
}

function mark(value: boolean | null): string {
  return value === null ? '-' : value ? 'yes' : 'no'
}

type Tagged = Map<string, { ref: ModelRef; tags: string[] }>

/** Default, fallbacks, image models, then the rest of agents.defaults.models; each once, with all its tags. */
function configuredTags(view: View): Tagged {
  const { config } = view.facts()
  const models = modelsOf(config, view.agentId)
  const tagged: Tagged = new Map()
  const add = (text: string | undefined, tag: string): void => {
    if (text === undefined) return
    const ref = parseModelRef(text, { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER })
    const key = formatRef(ref)
    const known = tagged.get(key)
    if (known === undefined) tagged.set(key, { ref, tags: [tag] })
    else if (!known.tags.includes(tag)) known.tags.push(tag)
  }
  add(models.primary, 'default')
  for (const [at, text] of models.fallbacks.entries()) add(text, `fallback#${at + 1}`)
  add(config.image.primary, 'image')
  for (const [at, text] of config.image.fallbacks.entries()) add(text, `img-fallback#${at + 1}`)
  for (const key of config.configured) add(key, 'configured')
  for (const [key, { tags }] of tagged) {
    const aliases = [...config.aliasNames].filter(([, ref]) => ref === key).map(([alias]) => alias)
    if (aliases.length > 0) tags.push(`alias:${aliases.join(',')}`)
  }
  return tagged
}

function rowOf(view: View, ref: ModelRef, tags: readonly string[], now: number): Row {
  const { config, providers, modelLists } = view.facts()
  const known = factsOf(modelLists?.(), ref)
  const own = config.providers.get(ref.provider)?.prices?.get(ref.model)
  const price = own ?? known.price
  const settings = config.providers.get(ref.provider)
  const provider = view.registry.find(ref.provider, settings)
  const baseUrl = settings?.baseUrl ?? provider?.baseUrl
  return {
    key: formatRef(ref),
    name: known.name,
    input: known.input.join('+'),
    contextWindow: known.contextWindow ?? null,
    maxTokens: known.maxOutput ?? null,
    cacheMinimum: known.cacheMinimum ?? null,
    dialects: provider === undefined ? null : dialectsOf(provider),
    cost: price === undefined ? null : costRow(price, sourceOf(view, ref, own)),
    local: baseUrl === undefined ? null : isLocal(new URL(baseUrl).hostname),
    available: provider === undefined ? null : isServed(providers.get(ref.provider), now),
    tags: known.isKnown ? [...tags] : [...tags, 'missing'],
    missing: !known.isKnown,
  }
}

function dialectsOf({ endpoints }: Provider): string[] {
  return Object.keys(endpoints).filter((endpoint) => isBilled(endpoint as Endpoint))
}

function costRow({ input, output, cacheRead, cacheWrite }: Price, from: string): CostRow {
  return { input, output, cacheRead: cacheRead ?? null, cacheWrite: cacheWrite ?? null, from }
}

/** Who says what it costs, and when it was said. @param own what the config says, if it says anything */
function sourceOf(view: View, { provider, model }: ModelRef, own: Price | undefined): string {
  const { configPath, modelLists } = view.facts()
  if (own !== undefined) return configPath
  const list = modelLists?.().get(provider)
  if (list !== undefined && listedIn(modelLists?.(), provider, model)?.price !== undefined) {
    return `the models endpoint of ${provider}, ${new Date(list.at).toISOString().slice(0, 10)}`
  }
  const { url = '', on = '' } = editionRow(provider, model)?.price?.from ?? {}
  return `${url}, ${on}`
}

function isLocal(host: string): boolean {
  return ['localhost', '127.0.0.1', '0.0.0.0', '[::1]'].includes(host) || host.endsWith('.local')
}
