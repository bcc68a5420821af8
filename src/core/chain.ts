// Which models are asked after which, when nobody can serve the one that was asked for (spec 3.10).
import { type Config, modelRefIn, modelsOf } from './config.ts'
import { formatRef, type ModelRef } from './model-ref.ts'
import { printable } from './profile.ts'

/** One model of the chain, and where it comes from. */
export type ChainLink = { ref: ModelRef; from: 'asked' | 'fallback' | 'primary' }

/** A fallback that is configured and never asked. */
export type LooseLink = { text: string; reason: string }

export type Chain = { links: readonly ChainLink[]; loose: readonly LooseLink[] }

/**
 * The model asked for, the fallbacks (the agent's own, else those of the defaults) as far as they are allowed, and at the end the primary
 * model that the config names, unless the agent wrote a list of its own: an empty one means that nothing follows. Each model stands there
 * once. A primary model that is assumed, as nobody named one, is never asked in the place of another: nobody has said that he would pay for it.
 */
export function chainOf(config: Config, agentId: string, asked: ModelRef): Chain {
  const { primary, fallbacks, fromAgent, isNamed } = modelsOf(config, agentId)
  const links: ChainLink[] = [{ ref: asked, from: 'asked' }]
  const loose: LooseLink[] = []
  const add = (text: string, from: ChainLink['from']): void => {
    const ref = readRef(config, agentId, text)
    if (ref === undefined) {
      loose.push({ text: printable(text, 80), reason: 'is no name of a model' })
      return
    }
    const key = formatRef(ref)
    if (links.some((link) => formatRef(link.ref) === key)) return
    const isAllowed = from === 'primary' || config.configured.length === 0 || config.configured.includes(key)
    if (isAllowed) links.push({ ref, from })
    else loose.push({ text: key, reason: 'is not in agents.defaults.models, the list of what is allowed' })
  }
  for (const text of fallbacks) add(text, 'fallback')
  if (isNamed && !fromAgent.fallbacks) add(primary, 'primary')
  return { links, loose }
}

/** Whether the config names the model: as the primary one, a fallback, or among those that are listed. */
export function isConfigured(config: Config, agentId: string, asked: ModelRef): boolean {
  const { primary, fallbacks } = modelsOf(config, agentId)
  const key = formatRef(asked)
  if (config.configured.includes(key)) return true
  return [primary, ...fallbacks].some((text) => {
    const known = readRef(config, agentId, text)
    return known !== undefined && formatRef(known) === key
  })
}

function readRef(config: Config, agentId: string, text: string): ModelRef | undefined {
  try {
    return modelRefIn(config, agentId, text)
  } catch {
    return undefined
  }
}
