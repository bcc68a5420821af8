// Every field that the vendors' own SDKs know of a request is known to our tables: translated, left out for a reason, or refused by name. What a new
// version of an SDK adds fails here by its name, or stands as a change in sdk-fields.txt (KEYCLAW_FIELDS=renew writes it: look at it).
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import type { DialectName } from '../../src/dialects/neutral.ts'
import { Unsayable } from '../../src/dialects/unsayable.ts'
import { type Place, walkTypes } from '../support/type-fields.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const FILE = join(HERE, 'sdk-fields.txt')

/** The roots, as the SDKs have them. Google's own is no body: it is taken apart by that SDK, so that its parts stand here where it puts them. */
const SOURCE = `
import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import type { Content, GenerateContentConfig, SafetySetting, Tool, ToolConfig } from '@google/genai'
export declare const messages: Anthropic.MessageCreateParamsNonStreaming | Anthropic.Beta.MessageCreateParams
export declare const chat_completions: OpenAI.ChatCompletionCreateParams
export declare const responses: OpenAI.Responses.ResponseCreateParams
type Top = 'cachedContent' | 'labels' | 'serviceTier'
type Own = 'httpOptions' | 'abortSignal' | 'automaticFunctionCalling' | 'systemInstruction' | 'safetySettings' | 'tools' | 'toolConfig'
export declare const generate_content: Pick<GenerateContentConfig, Top> & {
  contents: (Omit<Content, 'role'> & { role: 'user' | 'model' })[]
  systemInstruction: Content
  safetySettings: SafetySetting[]
  tools: Tool[]
  toolConfig: ToolConfig
  generationConfig: Omit<GenerateContentConfig, Top | Own>
}
`
/** Schemas of tools and answers are read on their own (schema.ts). */
const SCHEMA = /(?:[pP]arameters|[sS]chema)$/
/** Told in headers, or by the path. */
const NO_BODY = new Set(['betas', 'user_profile_id', 'workspace_id'])

type Verdict = 'translated' | 'left out' | 'unknown' | `refused: ${string}`

/** What our reader says to a value at a place. @returns undefined: nothing of this place */
function said(name: DialectName, place: Place, value: unknown): string | undefined {
  try {
    dialectOf(name)?.readRequest(place.holding(value))
    return undefined
  } catch (error) {
    if (!(error instanceof Unsayable)) throw error
    return error.path === place.path ? error.why : undefined
  }
}

const STRANGE =
  /^this (?:field cannot be translated for the model that is asked|kind of content cannot be translated|tool runs at Google only)$/
const EXPECTED = /expected$|^no such effort is known$/

/** No value of JSON: whoever reads it complains, and whoever leaves it out does not. */
const ABSURD = (): undefined => undefined

function verdictOn(name: DialectName, place: Place): Verdict {
  const why = said(name, place, ABSURD)
  if (why !== undefined && STRANGE.test(why)) return why.startsWith('this field') ? 'unknown' : `refused: ${why}`
  const refused = [why, ...place.typical.map((value) => said(name, place, value))].find(
    (one) => one !== undefined && !EXPECTED.test(one),
  )
  if (why !== undefined && EXPECTED.test(why)) return 'translated'
  return refused === undefined ? 'left out' : `refused: ${refused}`
}

const rows = new Map<string, Verdict>()

beforeAll(() => {
  walkTypes(HERE, SOURCE, (root) => (place, about) => {
    const name = root as DialectName
    if (NO_BODY.has(place.label)) return false
    const key = `${root} ${place.label}`
    if (about === 'kind') {
      const why = place.typical.map((value) => said(name, place, value)).find((one) => one !== undefined)
      if (why !== undefined) rows.set(key, `refused: ${why}`)
      return why === undefined
    }
    const verdict = verdictOn(name, place)
    rows.set(key, verdict)
    return verdict === 'translated' && !SCHEMA.test(place.label)
  })
})

describe('the fields of the SDKs', () => {
  test('are all known', () => {
    expect(rows.size).toBeGreaterThan(400)
    expect([...rows].flatMap(([place, verdict]) => (verdict === 'unknown' ? [place] : []))).toEqual([])
  })

  test('are what they were when somebody looked at them last', () => {
    const text = `${[...rows]
      .map(([place, verdict]) => `${place}: ${verdict}`)
      .sort()
      .join('\n')}\n`
    if (process.env.KEYCLAW_FIELDS === 'renew') writeFileSync(FILE, text)
    expect(text).toBe(readFileSync(FILE, 'utf8'))
  })
})
