// No account yet: the way to the first one, and nothing else.
import { useApp } from '../app-store.ts'
import { Command } from '../view/command.tsx'
import { late } from '../view/late.tsx'

const AddingForm = late(async () => (await import('../adding/adding-form.tsx')).FirstAccount)

export function Empty({ missing }: { missing: readonly string[] }) {
  const { state } = useApp()
  const { words, report } = state
  const { empty } = words
  const agent = report === undefined || report.defaultAgent === report.agentId ? '' : ` --agent ${report.agentId}`
  return (
    <section class="sheet first-run" aria-labelledby="empty-title">
      <h2 id="empty-title">{empty.title}</h2>
      <p>{empty.text}</p>
      {state.scopes.has('accounts') && <AddingForm />}
      <Command text={`openclaw models auth paste-api-key --provider ${missing[0] ?? 'anthropic'}${agent}`} />
    </section>
  )
}
