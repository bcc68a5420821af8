// The model that the conversation talks to: the picker of `/model`.
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'

type Model = { id: string; name: string; isDefault: boolean }
type Props = { model: { provider: string; model: string } | undefined; choose(model: string | null): void }

export function ModelPicker({ model, choose }: Props) {
  const { state, request, complain } = useApp()
  const { words, agentId, report, link } = state
  const isLive = link.kind === 'live'
  const [models, setModels] = useState<readonly Model[]>([])
  useEffect(() => {
    if (!isLive) return
    request<{ models: Model[] }>('models.list', { agentId }).then((all) => setModels(all.models), complain)
  }, [agentId, report?.groups.length, isLive])
  const current =
    model === undefined ? (models.find(({ isDefault }) => isDefault)?.id ?? '') : `${model.provider}/${model.model}`
  const isListed = models.some(({ id }) => id === current)
  return (
    <label class="choice">
      <span class="unseen">{words.chat.model}</span>
      <select
        value={current}
        onChange={(event) => {
          const { value } = event.currentTarget
          choose(models.find(({ id }) => id === value)?.isDefault === true ? null : value)
        }}
      >
        {!isListed && current !== '' && <option value={current}>{current}</option>}
        {models.map(({ id, name }) => (
          <option key={id} value={id} translate={false}>
            {name} ({id})
          </option>
        ))}
      </select>
    </label>
  )
}
