// What scrolls by itself takes the focus: who has no wheel scrolls it with the arrow keys.

/** Attributes of such a part. */
export const SCROLLS = { tabIndex: 0 } as const
