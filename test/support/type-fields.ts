// The fields of types, as the compiler sees them: what a value of a type may hold, walked down from its root through lists, unions and kinds.
import { dirname, join } from 'node:path'
import { API, type Checker, type Type, TypeFlags } from 'typescript/unstable/sync'

/** One step down: a field, in an object that says by other fields what it is. */
type Step = { name: string | 0; kind: Readonly<Record<string, string>> }

/** A place in a value. */
export type Place = {
  /** `messages[].content[type=image].source`, for people. */
  label: string
  /** As readers write it: `messages[0].content[0].source`. */
  path: string
  /** A value that holds this one here, and nothing else but what says of which kind the objects around it are. */
  holding(value: unknown): unknown
  /** What the types allow here. */
  typical: readonly unknown[]
}

/** What the walker is told of a place: whether to go on below it. */
export type Visit = (place: Place, about: 'field' | 'kind') => boolean

const DEEPEST = 12
const SAYS_KIND = ['type', 'role']

/** @param source of a module whose exports are the roots; imports are found from `folder` @param visit hears of each place */
export function walkTypes(folder: string, source: string, visit: (root: string) => Visit): void {
  const [config, file] = ['types.tsconfig.json', 'types.ts'].map((name) => join(folder, name)) as [string, string]
  const compilerOptions = { module: 'nodenext', strict: true, skipLibCheck: true, noEmit: true, types: [] }
  const files = new Map([
    [config, JSON.stringify({ compilerOptions, files: [file] })],
    [file, source],
  ])
  const api = new API({
    cwd: dirname(folder),
    fs: { readFile: (name) => files.get(name), fileExists: (name) => (files.has(name) ? true : undefined) },
  })
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects()
    const main = project?.program.getSourceFile(file)
    const module = main === undefined ? undefined : project?.checker.getSymbolAtLocation(main)
    if (project === undefined || module === undefined) throw new Error('the types cannot be read')
    const { checker } = project
    for (const symbol of checker.getExportsOfModule(module)) {
      const type = checker.getTypeOfSymbol(symbol)
      if (type !== undefined) walk({ checker, visit: visit(symbol.name) }, type, [], '', new Set())
    }
  } finally {
    api.close()
  }
}

type Walk = { checker: Checker; visit: Visit }

function walk(on: Walk, type: Type, steps: readonly Step[], label: string, above: ReadonlySet<number>): void {
  const { checker } = on
  if (above.has(type.id) || steps.length > DEEPEST) return
  const within = new Set([...above, type.id])
  for (const one of variantsOf(type)) {
    if (checker.isArrayLikeType(one)) {
      const [item] = checker.getTypeArguments(one as never)
      if (item !== undefined) walk(on, item, [...steps, { name: 0, kind: {} }], `${label}[]`, within)
      continue
    }
    const isObject = (one.flags & (TypeFlags.Object | TypeFlags.Intersection)) !== 0
    if (!isObject || checker.getIndexInfosOfType(one).length > 0) continue
    walkObject(on, one, steps, label, within)
  }
}

function walkObject(on: Walk, type: Type, steps: readonly Step[], label: string, above: ReadonlySet<number>): void {
  const { checker, visit } = on
  const fields = checker.getPropertiesOfType(type).flatMap((symbol) => {
    const of = checker.getTypeOfSymbol(symbol)
    return of === undefined ? [] : [{ name: symbol.name, type: of }]
  })
  for (const kind of kindsOf(fields)) {
    const said = Object.entries(kind).map(([name, value]) => `${name}=${value}`)
    const here = said.length === 0 ? label : `${label.replace(/\[\]$/, '')}[${said.join(', ')}]`
    const at = (name: string): Step[] => [...steps, { name, kind }]
    const [first] = Object.keys(kind)
    if (first !== undefined && !visit({ ...placeOf(at(first)), label: here, typical: [kind[first]] }, 'kind')) continue
    for (const field of fields) {
      if (kind[field.name] !== undefined) continue
      const name = `${here}${here === '' ? '' : '.'}${field.name}`
      const place = { ...placeOf(at(field.name)), label: name, typical: typicalOf(on, field.type) }
      if (visit(place, 'field')) walk(on, field.type, at(field.name), name, above)
    }
  }
}

/** What an object may say that it is: one for each word. */
function kindsOf(fields: readonly { name: string; type: Type }[]): Readonly<Record<string, string>>[] {
  let kinds: Record<string, string>[] = [{}]
  for (const name of SAYS_KIND) {
    const type = fields.find((field) => field.name === name)?.type
    const words = type === undefined ? [] : wordsOf(type)
    if (words.length > 0) kinds = words.flatMap((word) => kinds.map((kind) => ({ ...kind, [name]: word })))
  }
  return kinds
}

function variantsOf(type: Type): readonly Type[] {
  return type.isUnionType() ? type.getTypes().flatMap(variantsOf) : [type]
}

function wordsOf(type: Type): string[] {
  return variantsOf(type).flatMap((one) => (one.isStringLiteralType() ? [one.value] : []))
}

function typicalOf({ checker }: Walk, type: Type): unknown[] {
  return variantsOf(type).flatMap((one): unknown[] => {
    if (one.isStringLiteralType()) return [one.value]
    if ((one.flags & TypeFlags.StringLike) !== 0) return ['text']
    if ((one.flags & TypeFlags.NumberLike) !== 0) return [2]
    if ((one.flags & TypeFlags.BooleanLike) !== 0) return [true]
    if (checker.isArrayLikeType(one)) return [['text'], [{}]]
    return (one.flags & TypeFlags.Object) === 0 ? [] : [{ enabled: true }, { text: 'text' }]
  })
}

function placeOf(steps: readonly Step[]): Omit<Place, 'label' | 'typical'> {
  return {
    path: steps.map(({ name }, at) => (name === 0 ? '[0]' : at === 0 ? name : `.${name}`)).join(''),
    holding: (value) =>
      steps.reduceRight((inner, { name, kind }) => (name === 0 ? [inner] : { ...kind, [name]: inner }), value),
  }
}
