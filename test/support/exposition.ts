// The Prometheus text format, read as its specification has it: whatever it does not allow is an error with the line.

export type Series = { name: string; labels: Readonly<Record<string, string>>; value: number }
export type Families = Map<string, { kind: string; series: Series[] }>

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y

/** @throws Error what is wrong, and where */
export function readExposition(text: string): Families {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families: Families = new Map()
  const helps = new Set<string>()
  const seen = new Set<string>()
  let open: string | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const wrong = (why: string): Error => new Error(`${why}: ${line}`)
    const head = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    if (head !== null) {
      const [, what, name = '', rest = ''] = head
      if (!NAME.test(name)) throw wrong('no name of a metric')
      if (what === 'HELP') {
        if (helps.has(name)) throw wrong('a second HELP')
        helps.add(name)
        open = undefined
        continue
      }
      if (families.has(name)) throw wrong('a second TYPE')
      if (!helps.has(name)) throw wrong('a TYPE before its HELP')
      if (!/^(?:counter|gauge|histogram|summary|untyped)$/.test(rest)) throw wrong('no such type')
      families.set(name, { kind: rest, series: [] })
      open = name
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (sample === null) throw wrong('no sample')
    const [, name = '', written = '', value = ''] = sample
    const family = open === undefined ? undefined : families.get(open)
    if (open === undefined || family === undefined) throw wrong('a sample outside of its family')
    const suffix = name.slice(open.length)
    if (
      !name.startsWith(open) ||
      (family.kind === 'histogram' ? !/^_(?:bucket|sum|count)$/.test(suffix) : suffix !== '')
    )
      throw wrong('a sample of another family')
    const labels: Record<string, string> = {}
    LABEL.lastIndex = 0
    while (LABEL.lastIndex < written.length) {
      const found = LABEL.exec(written)
      if (found === null) throw wrong('labels that cannot be read')
      const [, label = '', content = ''] = found
      if (label in labels) throw wrong('a label that stands twice')
      labels[label] = content.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))
    }
    const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
    if (Number.isNaN(number) || (family.kind === 'counter' && number < 0)) throw wrong('no such value')
    const id = `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    if (seen.has(id)) throw wrong('a series that stands twice')
    seen.add(id)
    family.series.push({ name, labels, value: number })
  }
  for (const [name, { kind, series }] of families) if (kind === 'histogram') checkHistograms(name, series)
  return families
}

/** Buckets rise, and the last one holds all that was counted. */
function checkHistograms(name: string, series: readonly Series[]): void {
  const groups = new Map<string, Series[]>()
  for (const one of series) {
    const { le: _, ...own } = one.labels
    const id = JSON.stringify(own)
    groups.set(id, [...(groups.get(id) ?? []), one])
  }
  const isRising = (values: readonly number[]): boolean =>
    values.every((one, at) => at === 0 || one >= (values[at - 1] ?? 0))
  for (const group of groups.values()) {
    const buckets = group.filter((one) => one.name === `${name}_bucket`)
    const counts = buckets.map((one) => one.value)
    const bounds = buckets.map(({ labels: { le = '' } }) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)))
    if (!isRising(counts) || !isRising(bounds)) throw new Error(`${name}: buckets that fall`)
    const whole = group.filter((one) => one.name === `${name}_count`)
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || whole.length !== 1 || counts.at(-1) !== whole[0]?.value)
      throw new Error(`${name}: no bucket for all`)
    if (!group.some((one) => one.name === `${name}_sum`)) throw new Error(`${name}: no sum`)
  }
}

/** The sum of a family's series that have these labels. */
export function sumOf(families: Families, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels)
  let sum = 0
  for (const one of families.get(name)?.series ?? [])
    if (wanted.every(([label, value]) => one.labels[label] === value)) sum += one.value
  return sum
}
