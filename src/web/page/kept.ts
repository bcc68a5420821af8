// Settings of the page, such as its language: kept in its address, so that the browser holds them where it holds the address and nowhere else. Nothing secret.

/** @returns undefined where it is as usual */
export function settingOf(name: string): string | undefined {
  return new URLSearchParams(location.search).get(name) ?? undefined
}

/** @param value undefined: as usual */
export function keepSetting(name: string, value: string | undefined): void {
  const address = new URL(location.href)
  if (value === undefined) address.searchParams.delete(name)
  else address.searchParams.set(name, value)
  history.replaceState(null, '', address)
}
