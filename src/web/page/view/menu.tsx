// A button that opens a list of things to do. Arrows walk, Escape closes, focus goes back to the button.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export type MenuItem = { text: string; act(): void; isGrave?: boolean }

export function Menu({
  label,
  items,
  children,
}: {
  label: string
  items: readonly MenuItem[]
  children: ComponentChildren
}) {
  const [isOpen, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!isOpen) return
    box.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus()
    const leave = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) setOpen(false)
    }
    document.addEventListener('pointerdown', leave)
    return () => document.removeEventListener('pointerdown', leave)
  }, [isOpen])
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }
  const walk = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.stopPropagation()
      close()
      return
    }
    if (step === 0) return
    event.preventDefault()
    event.stopPropagation()
    const all = [...(box.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[(at + step + all.length) % all.length]?.focus()
  }
  return (
    <div class="menu" ref={box}>
      <button
        ref={button}
        type="button"
        class="icon"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" tabIndex={-1} aria-label={label} onKeyDown={walk}>
          {items.map(({ text, act, isGrave }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={isGrave === true ? 'grave' : undefined}
              onClick={() => {
                close()
                act()
              }}
            >
              {text}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
