// stub
import { en, type Words } from './en.ts'

export const zhHant: Words = en
