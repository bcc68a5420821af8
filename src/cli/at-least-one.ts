// A flag that takes a whole number, one or more.
import { InvalidArgumentError } from 'commander'

/** @throws InvalidArgumentError, which the command line says in its own words */
export function atLeastOne(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new InvalidArgumentError('It is a whole number, at least 1.')
  return value
}
