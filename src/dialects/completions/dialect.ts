// OpenAI Chat Completions.
import type { Dialect } from '../neutral.ts'
import { readAnswer, writeAnswer } from './answer.ts'
import { readFault, writeFault } from './fault.ts'
import { readRequest } from './read-request.ts'
import { reader, writer } from './stream.ts'
import { writeRequest } from './write-request.ts'

export const completions: Dialect = {
  name: 'chat_completions',
  fields: {
    turns: 'messages',
    tools: 'tools',
    toolChoice: 'tool_choice',
    isParallel: 'parallel_tool_calls',
    maxTokens: 'max_completion_tokens',
    temperature: 'temperature',
    topP: 'top_p',
    frequencyPenalty: 'frequency_penalty',
    presencePenalty: 'presence_penalty',
    seed: 'seed',
    stops: 'stop',
    reasoning: 'reasoning_effort',
    format: 'response_format',
    verbosity: 'verbosity',
  },
  readRequest,
  writeRequest,
  readAnswer,
  writeAnswer,
  reader,
  writer,
  readFault,
  writeFault,
}
