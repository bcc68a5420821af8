// OpenAI Responses.
import type { Dialect } from '../neutral.ts'
import { readAnswer, writeAnswer } from './answer.ts'
import { readFault, writeFault } from './fault.ts'
import { readRequest } from './read-request.ts'
import { reader } from './reader.ts'
import { writeRequest } from './write-request.ts'
import { writer } from './writer.ts'

export const responses: Dialect = {
  name: 'responses',
  fields: {
    turns: 'input',
    tools: 'tools',
    toolChoice: 'tool_choice',
    isParallel: 'parallel_tool_calls',
    maxTokens: 'max_output_tokens',
    temperature: 'temperature',
    topP: 'top_p',
    reasoning: 'reasoning',
    format: 'text.format',
    verbosity: 'text.verbosity',
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
