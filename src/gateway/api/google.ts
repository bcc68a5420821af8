// Google's dialect: generateContent, whole and streamed. The path names the model and says whether it is to be streamed; the body says neither.
import type { Visit } from '../house.ts'
import { type DialectRules, relay } from './relay.ts'
import type { Asked } from './splice.ts'

const PREFIX = '/v1beta/models/'
const VERBS: ReadonlyMap<string, boolean> = new Map([
  ['generateContent', false],
  ['streamGenerateContent', true],
])

const RULES: DialectRules = {
  complete: (forward) => forward,
  asked: ({ head }: Visit, places, pieces, bytes): Asked | string => {
    const rest = head.path.slice(PREFIX.length)
    // Names of models may hold a colon, too.
    const colon = rest.lastIndexOf(':')
    const streaming = VERBS.get(rest.slice(colon + 1))
    if (colon < 1 || streaming === undefined) {
      return `This path takes ${[...VERBS.keys()].map((verb) => `${PREFIX}<model>:${verb}`).join(' and ')}.`
    }
    if (streaming && head.query !== 'alt=sse')
      return 'A stream is served as server-sent events only: ask with ?alt=sse.'
    return { model: rest.slice(0, colon), streaming, places, pieces, withModel: () => ({ pieces, bytes }) }
  },
}

/** Asks a model in Google's dialect. */
export function generateContent(visit: Visit): void {
  relay(visit, 'generate_content', RULES)
}
