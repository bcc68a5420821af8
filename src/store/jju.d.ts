// Types of the JSON5 editor; the package ships none.
declare module 'jju' {
  type Options = {
    mode?: 'json5' | 'json'
    reserved_keys?: 'throw' | 'ignore' | 'replace'
    no_trailing_comma?: boolean
  }
  const jju: {
    parse(text: string, options?: Options): unknown
    update(text: string, value: unknown, options?: Options): string
  }
  export default jju
}
