// The tools of a request in Chat Completions, and which of them is to be called.
import type { Tool, ToolChoice } from '../neutral.ts'
import { fieldsOf, known, maybeFlag, maybeText, named, nothingElse, textOf, Unsayable } from '../unsayable.ts'

/** @throws Unsayable */
export function readTool(value: unknown, path: string): Tool {
  const { type, function: described, ...rest } = fieldsOf(value, path)
  if (type !== 'function') throw new Unsayable(`${path}.type`, `a tool of type "${named(type)}" cannot be translated`)
  nothingElse(rest, path)
  const { name, description, parameters, strict, ...others } = fieldsOf(described, `${path}.function`)
  nothingElse(others, `${path}.function`)
  return known({
    name: textOf(name, `${path}.function.name`),
    description: maybeText(description, `${path}.function.description`),
    schema:
      parameters === undefined || parameters === null
        ? { type: 'object', properties: {} }
        : fieldsOf(parameters, `${path}.function.parameters`),
    isStrict: maybeFlag(strict, `${path}.function.strict`),
  })
}

/** @throws Unsayable */
export function readChoice(value: unknown, path: string): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none') return { must: value }
  if (value === 'required') return { must: 'any' }
  const { type, function: called } = fieldsOf(value, path)
  if (type !== 'function') throw new Unsayable(`${path}.type`, `a choice of type "${named(type)}" cannot be translated`)
  return { must: 'name', name: textOf(fieldsOf(called, `${path}.function`).name, `${path}.function.name`) }
}
