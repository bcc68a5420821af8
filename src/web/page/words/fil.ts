// stub
import { en, type Words } from './en.ts'

export const fil: Words = en
