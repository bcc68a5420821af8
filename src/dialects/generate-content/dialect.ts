// Google's generateContent.
import type { Dialect } from '../neutral.ts'
import { readAnswer, writeAnswer } from './answer.ts'
import { readFault, writeFault } from './fault.ts'
import { readRequest } from './read-request.ts'
import { reader, writer } from './stream.ts'
import { writeRequest } from './write-request.ts'

export const generateContent: Dialect = {
  name: 'generate_content',
  fields: {
    turns: 'contents',
    goesOn: 'contents',
    tools: 'tools',
    toolChoice: 'toolConfig.functionCallingConfig',
    maxTokens: 'generationConfig.maxOutputTokens',
    temperature: 'generationConfig.temperature',
    topP: 'generationConfig.topP',
    topK: 'generationConfig.topK',
    frequencyPenalty: 'generationConfig.frequencyPenalty',
    presencePenalty: 'generationConfig.presencePenalty',
    seed: 'generationConfig.seed',
    stops: 'generationConfig.stopSequences',
    reasoning: 'generationConfig.thinkingConfig',
    format: 'generationConfig.responseMimeType',
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
