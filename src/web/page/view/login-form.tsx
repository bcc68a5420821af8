// The door: the gateway's token, typed in once. The field forgets it with the submit.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { Command } from './command.tsx'

export function LoginForm({ why }: { why: string }) {
  const { state, logIn } = useApp()
  const { login } = state.words
  const field = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState('')
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const token = field.current?.value.trim() ?? ''
    if (field.current !== null) field.current.value = ''
    const trouble = await logIn({ token })
    if (trouble === undefined) return
    setSaid(typeof trouble === 'string' ? login[trouble] : login.wait(trouble.waitSeconds))
    field.current?.focus()
  }
  return (
    <form id="login" class="sheet" onSubmit={(event) => void submit(event)}>
      <h2>{login.title}</h2>
      <p role="alert" class="needs-you">
        {said === '' ? why : said}
      </p>
      <label for="token">{login.token}</label>
      <input ref={field} id="token" type="password" autocomplete="off" spellcheck={false} required />
      <button type="submit" class="primary">
        {login.go}
      </button>
      <p class="quiet">{login.hint}</p>
      <Command text="openclaw dashboard" />
    </form>
  )
}
