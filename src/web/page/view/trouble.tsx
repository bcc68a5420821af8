// A sentence about something that went wrong, with the command that helps.
import { useApp } from '../app-store.ts'
import type { Problem } from '../state.ts'
import { Command } from './command.tsx'

export function Trouble({ problem }: { problem: Problem | undefined }) {
  const { did } = useApp().state.words
  return (
    <div role="alert" class="trouble">
      {problem !== undefined && (
        <>
          <p class="needs-you" lang={problem.lang}>
            {problem.message}
          </p>
          {problem.remedy !== undefined && (
            <p class="quiet">
              {did.helps} <Command text={problem.remedy} />
            </p>
          )}
        </>
      )}
    </div>
  )
}
