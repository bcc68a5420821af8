// Down the chain of models when nobody could serve one: which is asked next, which are passed over, and what is said when none is left.
import { type Chain, chainOf, isConfigured } from '../core/chain.ts'
import { AuthError } from '../core/errors.ts'
import { formatRef, type ModelRef } from '../core/model-ref.ts'
import type { View } from './auth.ts'
import { SpendRefusal } from './spend-refusal.ts'
import type { Refused } from './vendor-call.ts'

/** Begun at the first refusal, and not before: a call that is served pays nothing for it. */
export type Descent = {
  /**
   * @param refused why the model before could not be served
   * @param unfit why a model cannot take this very call, if so
   * @returns the model to ask now
   */
  next(refused: Refused, unfit: (ref: ModelRef) => string | undefined): ModelRef | undefined
  /** What the caller is told when the last one failed, too: the refusal of the model asked for, and what came of the others. */
  end(refused: Refused): Refused
}

/** @param asked the model that was asked for; its call has just been refused */
export function descend(view: View, asked: ModelRef): Descent {
  const chain: Chain = chainOf(view.facts().config, view.agentId, asked)
  const met: { model: string; refused: Refused }[] = []
  const passed: string[] = chain.loose.map(({ text, reason }) => `${text} ${reason}`)
  let at = 0
  let present = formatRef(asked)
  return {
    next: (refused, unfit) => {
      // A name that nobody configured is more likely a slip than a model that was retired.
      if (
        refused.failure?.class === 'model_not_found' &&
        met.length === 0 &&
        !isConfigured(view.facts().config, view.agentId, asked)
      )
        return undefined
      met.push({ model: present, refused })
      for (at++; at < chain.links.length; at++) {
        const ref = chain.links[at]?.ref
        if (ref === undefined) break
        const model = formatRef(ref)
        const reason = unfit(ref)
        if (reason === undefined) {
          view.home.system.log.info('a model was stepped over', {
            agent: view.agentId,
            model: present,
            next: model,
            why: refused.failure?.class ?? refused.error.code,
          })
          present = model
          return ref
        }
        passed.push(`${model} ${reason}`)
      }
      return undefined
    },
    end: (refused) => allFailed(met, passed) ?? refused,
  }
}

function allFailed(
  met: readonly { model: string; refused: Refused }[],
  passed: readonly string[],
): Refused | undefined {
  const [first] = met
  const last = met.at(-1)
  if (first === undefined || last === undefined || met.length + passed.length === 1) return undefined
  const { error } = first.refused
  const untried = passed.length === 0 ? '' : ` Not asked: ${passed.join('; ')}.`
  const said = met.map(({ model, refused }) => {
    const why = refused.failure?.class ?? refused.error.code
    return `${model}: ${refused.error.message.replace(/\.$/, '')} (${why})`
  })
  const message = met.length === 1 ? error.message : `All models failed (${met.length}): ${said.join(' | ')}.`
  // A fence is what a person can open; the others are a matter of time.
  const remedy = met.find(({ refused }) => isFenced(refused.error))?.refused.error.remedy ?? error.remedy
  const ends = met.flatMap(({ refused }) => refused.error.until ?? [])
  return {
    ...first.refused,
    attempts: last.refused.attempts,
    error: new AuthError(error.code, message + untried, {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
      ...(ends.length === 0 ? {} : { until: Math.min(...ends) }),
    }),
  }
}

function isFenced(error: AuthError): boolean {
  return error instanceof SpendRefusal || error.cause instanceof SpendRefusal
}
