// The Prometheus text format: each family with its HELP and TYPE once, then its series.
import type { Histogram } from '../core/histogram.ts'

/** One family. Labels are as `labelText` writes them, or empty. */
export type Family = {
  value(labels: string, value: number): void
  /** Nothing where nothing was counted. */
  histogram(labels: string, bounds: readonly number[], histogram: Histogram): void
}

export type Page = {
  /** Begins a family; each name once. Without a series it does not appear. */
  family(name: string): Family
  text(): string
}

/** `a="1",b="2"`. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** An empty page. @param about kind and meaning of each family that may stand on it */
export function newPage(about: Readonly<Record<string, readonly [kind: string, help: string]>>): Page {
  const lines: string[] = []
  const family = (name: string): Family => {
    let hasBegun = false
    const put = (series: string, labels: string, value: number): void => {
      const [kind, help] = about[name] ?? ['untyped', '']
      if (!hasBegun) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
      hasBegun = true
      lines.push(`${series}${labels === '' ? '' : `{${labels}}`} ${value}`)
    }
    return {
      value: (labels, value) => put(name, labels, value),
      histogram: (labels, bounds, { counts, sum, count }) => {
        if (count === 0) return
        const lead = labels === '' ? '' : `${labels},`
        let below = 0
        for (const [at, bound] of bounds.entries()) {
          below += counts[at] ?? 0
          put(`${name}_bucket`, `${lead}le="${bound}"`, below)
        }
        put(`${name}_bucket`, `${lead}le="+Inf"`, count)
        put(`${name}_sum`, labels, sum)
        put(`${name}_count`, labels, count)
      },
    }
  }
  return { family, text: () => `${lines.join('\n')}\n` }
}
