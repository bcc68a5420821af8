// The address of a login as a picture that the camera of another device reads. What draws it is loaded with the first one that is shown.
import { useEffect, useState } from 'preact/hooks'

/** Light around it, in modules: readers look for the edge (ISO/IEC 18004, 6.3.8). */
const QUIET = 4

type Drawn = { of: string; size: number; path: string }

/** @param text what is read from it; @param label for who does not see it */
export function CodePicture({ text, label }: { text: string; label: string }) {
  const [drawn, setDrawn] = useState<Drawn>()
  useEffect(() => {
    let isStale = false
    import('lean-qr/nano').then(
      ({ generate }) => {
        if (!isStale) setDrawn({ of: text, ...draw(generate(text)) })
      },
      // The address and the code stand beside it.
      () => undefined,
    )
    return () => {
      isStale = true
    }
  }, [text])
  if (drawn?.of !== text) return <div class="code-picture" aria-hidden="true" />
  const { size, path } = drawn
  const side = size + 2 * QUIET
  return (
    <svg class="code-picture" role="img" aria-label={label} viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}>
      <rect class="light" x={-QUIET} y={-QUIET} width={side} height={side} />
      <path class="dark" d={path} />
    </svg>
  )
}

/** Its dark modules as one path, a run of a row at a time: between rectangles of their own, screens show seams. */
function draw(bitmap: { size: number; get(x: number, y: number): boolean }): Omit<Drawn, 'of'> {
  const { size } = bitmap
  let path = ''
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!bitmap.get(x, y)) continue
      const from = x
      while (x < size && bitmap.get(x, y)) x++
      path += `M${from} ${y}h${x - from}v1H${from}z`
    }
  }
  return { size, path }
}
