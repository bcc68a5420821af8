// Where one is in the page, as it stands behind the # of the address: the view, and what of it is shown. Pure.
import { ALL_VIEWS, type View } from './state.ts'

/** @returns undefined where it names no view */
export function placeIn(hash: string): { view: View; path: string } | undefined {
  const [, name = '', path = ''] = /^#([a-z]+)(?:\/(.*))?$/s.exec(hash) ?? []
  const view = ALL_VIEWS.find((one) => one === name)
  return view === undefined ? undefined : { view, path }
}

/** The same the other way round. */
export function addressOf(view: View, path = ''): string {
  return path === '' ? `#${view}` : `#${view}/${path}`
}

/** What a part of an address means; as it stands, where it means nothing. */
export function readPart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A lone percent sign, typed by hand.
    return part
  }
}
