// Types of the JSON5 editor; the package ships none.
declare module 'jju' {
  type Options = {
    mode?: 'json5' | 'json'
    reserved_keys?: 'throw' | 'ignore' | 'replace'
    no_trailing_comma?: boolean
  }
  type Token = { raw: string; type: string; stack: (string | number)[]; value?: unknown }
  const jju: {
    tokenize(text: string, options?: Options): Token[]
    parse(text: string, options?: Options): unknown
    update(text: string, value: unknown, options?: Options): string
  }
  export default jju
}
