// A part of the page that is loaded when it is first wanted.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'

/** @param load the part; asked once it is drawn */
export function late(load: () => Promise<ComponentType>): ComponentType {
  let part: ComponentType | undefined
  return function Late() {
    const { complain } = useApp()
    const [, setLoaded] = useState(part !== undefined)
    useEffect(() => {
      if (part !== undefined) return
      load().then((loaded) => {
        part = loaded
        setLoaded(true)
      }, complain)
    }, [])
    const Part = part
    return Part === undefined ? null : <Part />
  }
}
