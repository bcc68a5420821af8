// The field for a secret: what it is recognised as stands below it while it is typed, and Enter saves.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AccountRow } from '../../../core/accounts.ts'
import type { ProviderChoice } from '../../../core/protocol.ts'
import { useApp } from '../app-store.ts'
import { recognise } from './recognise.ts'

export type Pasted = { secret: string; provider: string; method: string; name: string }

type Props = {
  providers: readonly ProviderChoice[]
  row: AccountRow | undefined
  isBusy: boolean
  paste(pasted: Pasted): void
}

const secretMethods = (provider: ProviderChoice | undefined) =>
  provider?.methods.filter(({ kind }) => kind === 'secret') ?? []

export function PasteForm({ providers, row, isBusy, paste }: Props) {
  const { adding } = useApp().state.words
  const field = useRef<HTMLInputElement>(null)
  const [found, setFound] = useState<ReturnType<typeof recognise>>()
  const [chosen, setChosen] = useState(row?.provider ?? '')
  const [way, setWay] = useState('')
  const [name, setName] = useState('')
  useEffect(() => field.current?.focus(), [])
  const all = providers.filter((provider) => secretMethods(provider).length > 0)
  const provider = all.find(({ id }) => id === chosen)
  const methods = secretMethods(provider)
  const method = methods.find(({ id }) => id === way) ?? methods[0]
  const typed = (): void => {
    const next = recognise(field.current?.value ?? '', all)
    setFound(next)
    if (next?.kind !== 'one') return
    setChosen(next.provider)
    setWay(next.method)
  }
  // What was pasted before the gateway had said which vendors there are.
  useEffect(() => {
    if ((field.current?.value ?? '') !== '') typed()
  }, [all.length === 0])
  const submit = (event: Event): void => {
    event.preventDefault()
    const secret = field.current?.value ?? ''
    if (field.current !== null) field.current.value = ''
    setFound(undefined)
    if (provider === undefined || method === undefined || secret.trim() === '') field.current?.focus()
    else paste({ secret, provider: provider.id, method: method.id, name: name.trim() })
  }
  return (
    <form id="adding-form" class="fields" onSubmit={submit}>
      <label for="adding-secret">{adding.paste}</label>
      <input
        ref={field}
        id="adding-secret"
        class="secret"
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        aria-describedby="adding-found"
        onInput={typed}
      />
      <output id="adding-found" class={found?.kind === 'one' ? 'found ready' : 'found quiet'}>
        {found === undefined
          ? adding.hint
          : found.kind === 'several'
            ? adding.unclear
            : found.kind === 'unknown'
              ? adding.unknown
              : adding.recognised(provider?.label ?? found.provider, method?.label ?? '', `…${found.tail}`)}
      </output>
      {row === undefined && (
        <div class="pair">
          <label>
            <span>{adding.vendor}</span>
            <select value={chosen} required onChange={(event) => setChosen(event.currentTarget.value)}>
              <option value="">–</option>
              {all.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>{adding.name}</span>
            <input
              type="text"
              autocomplete="off"
              spellcheck={false}
              maxLength={60}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </label>
        </div>
      )}
      {methods.length > 1 && (
        <label>
          <span>{adding.how}</span>
          <select value={method?.id ?? ''} onChange={(event) => setWay(event.currentTarget.value)}>
            {methods.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="submit" class="primary" disabled={isBusy}>
        {adding.save}
      </button>
    </form>
  )
}
