// The part of the catalogue that is about thinking: which models think, and how they are told how long. By families, because editions of a model
// think alike; a model that nobody has heard of is told the words that all know.

/** How much a model is to think, least first. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

export type Thinking = {
  /** The words that it takes; none: it does not think, or cannot be told, and refuses whoever tries. */
  efforts: readonly Effort[]
  /** It is told a number of tokens instead, from `least` (0: it can be told not to) to `most`. */
  budget?: { least: number; most: number }
  /** It never stops thinking: who wishes that it does not is given the least (`least`), or thoughts between calls of tools alone (`between_tools`). */
  never?: 'least' | 'between_tools'
  /** What it thinks is told only where that is asked for. */
  isSilent?: true
  /** It takes no temperature and the like, but the value that says nothing. */
  drawsAlone?: true
  /** It calls a tool when it wants to, and nobody makes it. */
  choosesTools?: true
  /** Nobody has heard of it. */
  isGuess?: true
}

const NOT: Thinking = { efforts: [] }
const COMMON: readonly Effort[] = ['low', 'medium', 'high']
const words = (...more: Effort[]): Thinking => ({
  efforts: EFFORTS.filter((one) => [...COMMON, ...more].includes(one)),
})
/** Claude since Opus 4.7. */
const NEWEST: Thinking = { ...words('none', 'xhigh', 'max'), isSilent: true, drawsAlone: true }
type Family = readonly [names: RegExp, thinking: Thinking]

/** The first that fits. What vendors say of their models, as of 2026-11. */
const OPENAI: readonly Family[] = [
  [/^(?:gpt-[34]|chatgpt|gpt-5(?:\.\d+)?-chat)/, NOT],
  [/^gpt-5-pro/, { efforts: ['high'] }],
  [/^gpt-5\.\d+-pro/, { efforts: ['medium', 'high', 'xhigh'] }],
  [/^gpt-5(?:\.1)?-codex(?!-max)/, words()],
  [/^gpt-5\.[1-5]-codex/, words('xhigh')],
  [/^gpt-5\.1(?!\d)/, words('none')],
  [/^gpt-5\.[2-5](?!\d)/, words('none', 'xhigh')],
  [/^gpt-5\.\d/, words('none', 'xhigh', 'max')],
  [/^gpt-5/, words('minimal')],
  [/^o\d/, words()],
]
const FAMILIES: Readonly<Record<string, readonly Family[]>> = {
  anthropic: [
    [
      /^claude-(?:3-7|(?:opus|sonnet|haiku)-4(?:-[015])?(?:-20\d{6})?$)/,
      { ...words('none'), budget: { least: 1024, most: 128_000 } },
    ],
    [/^claude-(?:[12]|3|instant)/, NOT],
    [/^claude-(?:opus|sonnet)-4-6/, words('none', 'max')],
    [/^claude-(?:opus-5-5|(?:fable|mythos)-)/, { ...NEWEST, never: 'least', choosesTools: true }],
    [/^claude-sonnet-5-5/, { ...NEWEST, never: 'between_tools', choosesTools: true }],
    [/^claude-(?:opus-4-[7-9]|(?:opus|sonnet|haiku)-[5-9])/, NEWEST],
    [/^claude-/, words('none', 'xhigh', 'max')],
  ],
  openai: OPENAI,
  'openai-codex': OPENAI,
  google: [
    [/^gemini-2\.5.*pro/, { ...words(), budget: { least: 128, most: 32_768 } }],
    [/^gemini-2\.5/, { ...words('none'), budget: { least: 0, most: 24_576 } }],
    [/^(?:gemini-[12]|gemma|learnlm)/, NOT],
    [/^gemini-3-pro/, { efforts: ['low', 'high'] }],
    [/^gemini-.*pro/, words()],
    [/^gemini-/, words('minimal')],
  ],
  openrouter: [[/^/, words('none', 'minimal', 'xhigh')]],
  xai: [
    [/^grok-3-mini/, { efforts: ['low', 'high'] }],
    [/^grok-(?:2|3|4(?:-0709|-latest|-fast.*)?$)/, NOT],
  ],
  groq: [[/^(?:llama|meta-llama|gemma)/, NOT]],
  mistral: [[/^(?:mistral|ministral|codestral|pixtral|open-)/, NOT]],
  deepseek: [[/^deepseek-/, NOT]],
}
const UNKNOWN: Thinking = { efforts: COMMON, isGuess: true }

/** How a model is told to think. @param model as its vendor knows it */
export function thinkingOf(provider: string, model: string): Thinking {
  return FAMILIES[provider]?.find(([names]) => names.test(model))?.[1] ?? UNKNOWN
}

/**
 * The word that is nearest to a wish, of two that are equally near the greater one. Who is to think a little is never told not to.
 * @returns undefined where nothing can be said: of a model that nobody has heard of, nobody knows whether it can be told not to think
 */
export function nearestEffort(wish: Effort, { efforts, isGuess }: Thinking): Effort | undefined {
  if (wish === 'none' && isGuess === true) return undefined
  const open = wish === 'none' ? efforts : efforts.filter((one) => one !== 'none')
  const far = (one: Effort): number => Math.abs(EFFORTS.indexOf(one) - EFFORTS.indexOf(wish))
  return open.reduce<Effort | undefined>(
    (best, one) => (best === undefined || far(one) <= far(best) ? one : best),
    undefined,
  )
}
