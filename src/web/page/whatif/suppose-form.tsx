// What is supposed: who meets what, several at once, and for which model it is asked.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { rowsOf } from '../state.ts'
import { ALL, FAULTS, MOST_WISHES, type Supposition, type Wish, widened } from './wishes.ts'

type Props = { supposed: Supposition; show(next: Supposition): void; reset(): void }
type Model = { id: string; name: string; isDefault: boolean }

export function SupposeForm({ supposed, show, reset }: Props) {
  const { state } = useApp()
  const { words, report } = state
  const { whatif } = words
  const { model, wishes } = supposed
  const form = useRef<HTMLFormElement>(null)
  const count = useRef(wishes.length)
  const rows = rowsOf(report)
  useEffect(() => {
    // Who added one goes on with it, who left one out with the last of the others.
    const isAdded = count.current > 0 && wishes.length > count.current
    const isLost = wishes.length < count.current && document.activeElement === document.body
    count.current = wishes.length
    if (isAdded || isLost) form.current?.querySelector<HTMLElement>('.wish:last-of-type select')?.focus()
  }, [wishes.length])
  const change = (at: number, wish: Wish): void => {
    const provider = rows.find(({ id }) => id === wish.id)?.provider
    // A person who names an account for what takes the vendor down means the vendor.
    const meant = wish.what === wishes[at]?.what ? wish : widened(wish, provider)
    show({ model, wishes: wishes.map((one, place) => (place === at ? meant : one)) })
  }
  const another = (): void => {
    const free = rows.find(({ id }) => wishes.every((wish) => wish.id !== id))?.id ?? ALL
    show({ model, wishes: [...wishes, { id: free, what: '429' }] })
  }
  return (
    <form ref={form} class="suppose" onSubmit={(event) => event.preventDefault()} aria-describedby="whatif-about">
      <fieldset>
        <legend class="unseen">{whatif.legend}</legend>
        {wishes.map((wish, at) => (
          // One stands where it stands: two may be the same.
          <div key={at} class="wish">
            <Who wish={wish} choose={(id) => change(at, { ...wish, id })} />
            <Meets wish={wish} choose={(what) => change(at, { ...wish, what })} />
            {wishes.length > 1 && (
              <button
                type="button"
                class="icon"
                aria-label={whatif.leave(wish.id)}
                onClick={() => show({ model, wishes: wishes.filter((_, place) => place !== at) })}
              >
                ×
              </button>
            )}
          </div>
        ))}
      </fieldset>
      <div class="suppose-end">
        <button type="button" class="quiet-button" disabled={wishes.length >= MOST_WISHES} onClick={another}>
          + {whatif.another}
        </button>
        <button type="button" class="quiet-button" onClick={reset}>
          {whatif.reset}
        </button>
        <AskedFor model={model} choose={(next) => show({ model: next, wishes })} />
      </div>
    </form>
  )
}

function Who({ wish, choose }: { wish: Wish; choose(id: string): void }) {
  const { words, report } = useApp().state
  const { whatif } = words
  const groups = report?.groups ?? []
  const isKnown =
    wish.id === ALL || groups.some((one) => one.provider === wish.id || one.rows.some(({ id }) => id === wish.id))
  return (
    <label class="choice">
      <span class="unseen">{whatif.who}</span>
      <select value={wish.id} onChange={(event) => choose(event.currentTarget.value)}>
        {!isKnown && <option value={wish.id}>{wish.id}</option>}
        {groups.map(({ provider, rows }) => (
          <optgroup key={provider} label={provider}>
            {rows.map(({ id }) => (
              <option key={id} value={id} translate={false}>
                {id}
              </option>
            ))}
            <option value={provider}>{whatif.allOf(provider)}</option>
          </optgroup>
        ))}
        <option value={ALL}>{whatif.everything}</option>
      </select>
    </label>
  )
}

function Meets({ wish, choose }: { wish: Wish; choose(what: string): void }) {
  const { whatif } = useApp().state.words
  const isKnown = FAULTS.some((one) => one === wish.what)
  return (
    <label class="choice">
      <span class="quiet">{whatif.what}</span>
      <select value={wish.what} onChange={(event) => choose(event.currentTarget.value)}>
        {!isKnown && <option value={wish.what}>{wish.what}</option>}
        {FAULTS.map((one) => (
          <option key={one} value={one}>
            {whatif.faults[one]}
          </option>
        ))}
      </select>
    </label>
  )
}

function AskedFor({ model, choose }: { model: string; choose(model: string): void }) {
  const { state, request, complain } = useApp()
  const { words, agentId, report } = state
  const { whatif } = words
  const [models, setModels] = useState<readonly Model[]>([])
  useEffect(() => {
    request<{ models: Model[] }>('models.list', { agentId }).then((all) => setModels(all.models), complain)
  }, [agentId])
  const providers = (report?.groups ?? []).map(({ provider }) => provider)
  const others = models.filter(({ isDefault }) => !isDefault)
  const isKnown = model === '' || providers.includes(model) || others.some(({ id }) => id === model)
  const usual = models.find(({ isDefault }) => isDefault)?.id ?? report?.model ?? ''
  return (
    <label class="choice asked-for">
      <span class="quiet">{whatif.model}</span>
      <select value={model} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{whatif.usual(usual)}</option>
        {!isKnown && <option value={model}>{model}</option>}
        {others.map(({ id }) => (
          <option key={id} value={id} translate={false}>
            {id}
          </option>
        ))}
        {providers.map((provider) => (
          <option key={provider} value={provider}>
            {whatif.anyOf(provider)}
          </option>
        ))}
      </select>
    </label>
  )
}
