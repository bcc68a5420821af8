// Anthropic Messages.
import type { Dialect } from '../neutral.ts'
import { readAnswer, writeAnswer } from './answer.ts'
import { readFault, writeFault } from './fault.ts'
import { readRequest } from './read-request.ts'
import { reader, writer } from './stream.ts'
import { writeRequest } from './write-request.ts'

export const messages: Dialect = {
  name: 'messages',
  fields: {
    turns: 'messages',
    goesOn: 'messages',
    tools: 'tools',
    toolChoice: 'tool_choice',
    isParallel: 'tool_choice.disable_parallel_tool_use',
    maxTokens: 'max_tokens',
    temperature: 'temperature',
    topP: 'top_p',
    topK: 'top_k',
    stops: 'stop_sequences',
    reasoning: 'thinking',
    format: 'output_config.format',
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
