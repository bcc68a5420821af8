// What a request, an answer and the events of a stream mean, whatever dialect they are written in: each dialect reads into this form and
// writes out of it, so that four of them need four files and not twelve. What the form cannot hold is refused by name (unsayable.ts).
import type { Retention } from '../core/cache.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { Effort } from '../core/thinking.ts'

/** The dialects of conversations, by the endpoint that speaks them. */
export type DialectName = 'messages' | 'chat_completions' | 'responses' | 'generate_content'

/** Bytes that are no text. `base64` is handed on as it came, without line ends; a `url` is fetched by the vendor, never by us. */
export type Media = { by: 'bytes'; mediaType: string; base64: string } | { by: 'url'; url: string }

/**
 * What only the one who made it can open: the signature of a thought, or a thought that is encrypted. Bound to an account, so that nobody else is
 * shown it. `isWhole`: the thought itself, there is no text beside it (Anthropic's redacted thinking).
 */
export type Seal = {
  by: DialectName
  value: string
  /** The vendor's own id of the item, where it wants that back beside it (Responses). */
  id?: string
  isWhole?: true
}

export type TextPart = { kind: 'text'; text: string; seal?: Seal }
/** How closely an image is looked at is a wish; who does not know it looks as usual. */
export type ImagePart = { kind: 'image'; source: Media; detail?: 'auto' | 'low' | 'high' }
/** A PDF, or plain text that is shown as a document. */
export type DocumentPart = { kind: 'document'; source: Media | { by: 'text'; text: string }; name?: string }
/** The model calls a tool. @see input is the text of a JSON object, as the model wrote it; `{}` for none */
export type CallPart = { kind: 'call'; id: string; name: string; input: string; seal?: Seal }
/** What came of it. The name of the tool is that of the call with this id. */
export type ResultPart = {
  kind: 'result'
  callId: string
  content: readonly (TextPart | ImagePart | DocumentPart)[]
  isError?: true
}
/** What the model thought, as far as it tells; the text may be empty where there is a seal. */
export type ThinkingPart = { kind: 'thinking'; text: string; seal?: Seal }
/** The model declines in words of their own kind. */
export type RefusalPart = { kind: 'refusal'; text: string }

export type SystemPart = TextPart
export type UserPart = TextPart | ImagePart | DocumentPart | ResultPart
export type AssistantPart = TextPart | ThinkingPart | CallPart | RefusalPart

/**
 * One after the other, never two of a role in a row (`turnsOf` joins them). In a user's turn results stand before everything else. Instructions are
 * a turn of their own: nearly always the first; those that come later are refused by dialects that know them at the beginning only.
 */
export type Turn =
  | { role: 'system'; parts: readonly SystemPart[] }
  | { role: 'user'; parts: readonly UserPart[] }
  | { role: 'assistant'; parts: readonly AssistantPart[] }

/** A tool the client runs. `schema` is the JSON Schema of its input, an object. */
export type Tool = {
  name: string
  description?: string
  schema: Readonly<Record<string, unknown>>
  /** The input must fit the schema. */
  isStrict?: boolean
}

export type ToolChoice = { must: 'auto' | 'none' | 'any' } | { must: 'name'; name: string }

export type { Effort }

/** How long it may think: as a word, or in tokens; each dialect makes of the one the other (`effortOf`, `budgetOf`). Absent: as the model likes. */
export type Reasoning = {
  effort?: Effort
  budget?: number
  /** Its thoughts are wanted in the answer, as a summary where there is only that; absent: as the dialect does by itself. */
  isShown?: boolean
}

export type Format =
  /** Some JSON object. */
  | { kind: 'json' }
  | {
      kind: 'schema'
      schema: Readonly<Record<string, unknown>>
      name?: string
      description?: string
      isStrict?: boolean
    }

/** What a client asks for. The model's name is not in it: each model that is asked has its own. */
export type Asking = {
  turns: readonly Turn[]
  tools: readonly Tool[]
  toolChoice?: ToolChoice
  /** Whether one turn may hold several calls; absent: as the dialect does by itself, which is yes everywhere. */
  isParallel?: boolean
  /** Tokens. Anthropic insists on one: see `Addressed.maxOutput`. */
  maxTokens?: number
  /** 0 to 2; Anthropic takes 0 to 1. */
  temperature?: number
  topP?: number
  topK?: number
  frequencyPenalty?: number
  presencePenalty?: number
  seed?: number
  stops: readonly string[]
  /** The last words are put into the model's mouth, and it is to go on with them: Anthropic's older models do, nobody else. */
  goesOn?: true
  reasoning?: Reasoning
  format?: Format
  /** How much is said: OpenAI only. */
  verbosity?: 'low' | 'medium' | 'high'
  isStreaming: boolean
  /** Counts at the end of a stream are asked for; dialects that always tell them set it. */
  wantsUsage: boolean
  /** Who uses the client's program, in its own words. */
  userId?: string
  /** Requests of one conversation, for the vendor's cache. */
  cacheKey?: string
}

/** Where a request goes, as far as its form depends on it. */
export type Addressed = {
  /** The vendor's id, `openai`: the same dialect is spoken with different limits. */
  provider: string
  /** As the vendor knows it. */
  model: string
  /** The most the model says in one answer, where it is known, tokens. */
  maxOutput?: number | undefined
  /** Overrides the client's wish: a vendor that only streams is streamed from. */
  isStreaming: boolean
  /** How long Anthropic is to keep what will be said again; absent: not at all. */
  retention?: Retention
}

/** Tokens; `input` is what was neither read from the cache nor written to it. `reasoning` is a part of `output`. */
export type Usage = ChatUsage & { reasoning?: number }

/**
 * Why it ended: finished; the client's limit, or the model's window; one of the client's stops; tools are to be run; the model or a filter declines;
 * a long turn pauses and may be gone on with (Anthropic).
 */
export type Stop = 'end' | 'length' | 'stop' | 'tools' | 'refusal' | 'pause'

/** An answer as a whole. */
export type Answered = {
  /** The vendor's. */
  id: string
  model: string
  parts: readonly AssistantPart[]
  stop: Stop
  /** Which of the client's stops it was. */
  stopAt?: string
  usage: Usage
}

/** An error as a vendor tells it, and as a client hears it. */
export type Fault = {
  /** HTTP; of an error within a stream, what it would have been. */
  status: number
  message: string
  /** The vendor's own word for it, if it has one: `context_length_exceeded`. */
  code?: string
  /** Which field of the request. */
  param?: string
  /** Of an error within a stream: as the vendor told it, JSON. */
  said?: string
}

/** What an answer's parts are while they come. A call has its id and name from the beginning. */
export type Opened = { kind: 'text' | 'thinking' | 'refusal' } | { kind: 'call'; id: string; name: string }

/**
 * The events of a streamed answer, in this order: one `begin`; parts, numbered from 0 in the order in which they open, each with `open`, its pieces and
 * `close`, and several may be open at once (parallel calls); one `stop` when all are closed; one `end`. `usage` any number of times between
 * `begin` and `end`, the last one counts. `fault` instead, anywhere: nothing comes behind it. `ping` anywhere.
 */
export type Telling =
  | { is: 'begin'; id: string; model: string; usage?: Usage }
  | { is: 'open'; at: number; part: Opened }
  /** More of the text, the thought, the refusal, or of the JSON of a call's input. */
  | { is: 'piece'; at: number; text: string }
  | { is: 'seal'; at: number; seal: Seal }
  | { is: 'close'; at: number }
  | { is: 'usage'; usage: Usage }
  | { is: 'stop'; stop: Stop; stopAt?: string }
  | { is: 'end' }
  | { is: 'fault'; fault: Fault }
  | { is: 'ping' }

/** Reads the vendor's stream; tells of each event as soon as its bytes are complete, wherever the pieces are cut. */
export type StreamReader = {
  push(chunk: Uint8Array): void
  /** The vendor has ended the connection. A stream that has not told `end` or `fault` before is told to have broken off, as a fault. */
  close(): void
}

/** Writes the client's stream. @returns what is to be sent for this event, often nothing */
export type StreamWriter = (telling: Telling) => string

/** What an answer needs beside what the vendor said. */
export type Stamp = {
  /** When it began, epoch seconds. */
  at: number
  /** The client wants counts at the end of a stream. */
  wantsUsage: boolean
}

/**
 * A dialect: everything is pure. `readRequest` and `writeRequest` throw `Unsayable`, which names the field; `readAnswer` throws it for what is no answer
 * of this dialect. JSON values are plain; they are parsed and written by the caller.
 */
export type Dialect = {
  readonly name: DialectName
  /** What the fields of an asking are called here, for refusals: `topK` is `top_k`. Whoever writes throws with the field of the asking as path. */
  readonly fields: Readonly<Partial<Record<keyof Asking, string>>>
  /** A client's request. @param value the parsed body */
  readRequest(value: unknown): Asking
  /** A request for a vendor. @returns the body, to be written as JSON */
  writeRequest(asking: Asking, to: Addressed): Record<string, unknown>
  readAnswer(value: unknown): Answered
  writeAnswer(answered: Answered, stamp: Stamp): Record<string, unknown>
  reader(tell: (telling: Telling) => void): StreamReader
  writer(stamp: Stamp): StreamWriter
  /** A vendor's refusal. @param body as it came; whatever it is, there is a fault */
  readFault(status: number, body: string): Fault
  /** A refusal for a client. @param id of the request */
  writeFault(fault: Fault, id: string): Record<string, unknown>
}
