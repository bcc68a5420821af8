// Google's dialect: generateContent, whole and streamed, and counting tokens. The path names the model and says whether it is to be streamed; the body says neither.
import type { Endpoint } from '../../providers/provider.ts'
import type { Visit } from '../house.ts'
import { type DialectRules, relay } from './relay.ts'
import type { Asked } from './splice.ts'

const PREFIX = '/v1beta/models/'
/** The endpoint that a verb asks, and whether it streams. */
const VERBS: ReadonlyMap<string, { endpoint: Endpoint; streaming: boolean }> = new Map([
  ['generateContent', { endpoint: 'generate_content', streaming: false }],
  ['streamGenerateContent', { endpoint: 'generate_content', streaming: true }],
  ['countTokens', { endpoint: 'count_content', streaming: false }],
])

/** The name of the model, which may hold a colon, too, and what is asked of it. */
function placeOf(path: string): { model: string; verb: string } {
  const rest = path.slice(PREFIX.length)
  const colon = rest.lastIndexOf(':')
  return colon < 1 ? { model: '', verb: '' } : { model: rest.slice(0, colon), verb: rest.slice(colon + 1) }
}

const RULES: DialectRules = {
  complete: (forward) => forward,
  asked: ({ head }: Visit, { places, isOdd }, pieces, bytes): Asked | string => {
    const { model, verb } = placeOf(head.path)
    const { streaming } = VERBS.get(verb) ?? {}
    if (streaming === undefined)
      return `This path takes ${[...VERBS.keys()].map((one) => `${PREFIX}<model>:${one}`).join(' and ')}.`
    if (streaming && head.query !== 'alt=sse')
      return 'A stream is served as server-sent events only: ask with ?alt=sse.'
    return { model, streaming, places, pieces, isOdd, withModel: () => ({ pieces, bytes }) }
  },
}

/** Asks a model in Google's dialect. */
export function generateContent(visit: Visit): void {
  relay(visit, VERBS.get(placeOf(visit.head.path).verb)?.endpoint ?? 'generate_content', RULES)
}
