// Vendors at which somebody can log in, each with the ways it has.
import type { ProviderChoice } from '../../../core/protocol.ts'
import { useApp } from '../app-store.ts'

type Props = { providers: readonly ProviderChoice[]; isBusy: boolean; begin(provider: string, method: string): void }

export function Logins({ providers, isBusy, begin }: Props) {
  const { adding } = useApp().state.words
  const online = providers
    .map((provider) => ({ ...provider, methods: provider.methods.filter(({ kind }) => kind !== 'secret') }))
    .filter(({ methods }) => methods.length > 0)
  if (online.length === 0) return null
  return (
    <section class="logins" aria-labelledby="logins-title">
      <h3 id="logins-title">{adding.orLogin}</h3>
      <ul>
        {online.map(({ id, label, methods }) => (
          <li key={id}>
            <span class="vendor">{label}</span>
            {methods.map((method) => (
              <button
                key={method.id}
                type="button"
                disabled={isBusy}
                title={method.label}
                onClick={() => begin(id, method.id)}
              >
                <span class="unseen">{label} </span>
                {method.kind === 'device' ? adding.device : adding.browser}
              </button>
            ))}
          </li>
        ))}
      </ul>
    </section>
  )
}
