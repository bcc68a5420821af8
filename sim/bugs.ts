// x
export type Bug = { id: string; says: string; file: string; from: string; to: string }
export const BUGS: readonly Bug[] = []
