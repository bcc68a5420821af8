// Runs a module of somebody else. The build puts another way of the same in its place: the bundled program cannot import.

/** @param url `file:`; what it throws while it loads is thrown on */
export function importModule(url: string): Promise<unknown> {
  return import(url)
}
