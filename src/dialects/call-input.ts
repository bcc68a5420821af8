// What a tool is called with, as an object: never one that the model did not write.
import { parseExact } from './exact.ts'
import type { AssistantPart, Stop, Telling } from './neutral.ts'
import { Unsayable } from './unsayable.ts'

/** @param text as the model wrote it; nothing at all is a call with nothing @returns undefined for what is no object, or cut off */
function objectOf(text: string): object | undefined {
  try {
    const value = parseExact(text === '' ? '{}' : text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The input of a call that was made earlier. @throws Unsayable */
export function inputOf(text: string, name: string): object {
  const input = objectOf(text)
  if (input === undefined) throw new Unsayable('turns', `${broken(name)}`)
  return input
}

/** The input of a call that is being answered with. @throws Unsayable: told as nothing, the tool would run with nothing */
export function toldInput(text: string, name: string): object {
  const input = objectOf(text)
  if (input === undefined) throw new Unsayable('', `the vendor's answer is of no use: ${broken(name)}`)
  return input
}

function broken(name: string): string {
  return `the arguments of a call of "${name.slice(0, 80)}" are no JSON object`
}

/** Without the call that an answer was cut off in. */
export function finished(parts: readonly AssistantPart[], stop: Stop): readonly AssistantPart[] {
  return stop === 'length' ? parts.filter((part) => part.kind !== 'call' || isWhole(part.input)) : parts
}

export function isWhole(input: string): boolean {
  return objectOf(input) !== undefined
}

/**
 * The events of an answer for a client that reads the input of calls as objects.
 * @param tell hears them; throws Unsayable when an answer stops with calls whose input is none, but for one that was cut off
 */
export function wholeCalls(tell: (telling: Telling) => void): (telling: Telling) => void {
  const open = new Map<number, { name: string; said: string[] }>()
  return (telling) => {
    if (telling.is === 'open' && telling.part.kind === 'call')
      open.set(telling.at, { name: telling.part.name, said: [] })
    else if (telling.is === 'piece') open.get(telling.at)?.said.push(telling.text)
    else if (telling.is === 'stop' && telling.stop !== 'length')
      for (const { name, said } of open.values()) toldInput(said.join(''), name)
    tell(telling)
  }
}
