// Our own name on the wire and on the screen. The bundler puts the number of package.json in.

declare const __VERSION__: string | undefined

/** The version of this build; `0.0.0-source` when the sources run unbuilt. */
export const VERSION: string = typeof __VERSION__ === 'string' ? __VERSION__ : '0.0.0-source'
