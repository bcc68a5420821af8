// Values of the file that stand by themselves: numbers and choices, group by group, as the file's own definition has them.
import type { FieldGroup, SettingsField } from '../../../core/settings.ts'
import { useApp } from '../app-store.ts'
import { useDesk } from './desk.ts'
import { Field } from './field.tsx'
import { configCommand } from './shell.ts'

export function Limits({ group, skip = [] }: { group: FieldGroup; skip?: readonly string[] }) {
  const { report } = useDesk()
  return (
    <>
      {report.fields
        .filter((field) => field.group === group && !skip.includes(field.path))
        .map((field) => (
          <Limit key={field.path} field={field} />
        ))}
    </>
  )
}

export function Limit({ field }: { field: SettingsField }) {
  const { settings } = useApp().state.words
  const { act } = useDesk()
  const { path, kind, choices, fallback, value, needsRestart } = field
  const wordOf = (choice: string): string => settings.choices[choice] ?? choice
  const isDefault = fallback === undefined ? settings.none : settings.toDefault(wordOf(String(fallback)))
  const meant = (text: string): string | number | null => {
    if (text === '') return null
    // What is no number goes to the gateway as it is: it says what it expected.
    return kind !== 'choice' && Number.isFinite(Number(text)) ? Number(text) : text
  }
  return (
    <Field
      label={settings.fields[path] ?? path}
      value={value === undefined ? '' : String(value)}
      placeholder={isDefault}
      path={path}
      {...(choices === undefined
        ? {}
        : { choices: [['', isDefault] as const, ...choices.map((one) => [one, wordOf(one)] as const)] })}
      {...(needsRestart ? { note: settings.restart } : {})}
      command={(text) => configCommand(path, text === '' ? undefined : text)}
      save={(text) =>
        act(
          'settings.set',
          { path, value: meant(text) },
          `${settings.saved} ${needsRestart ? settings.restart : settings.atOnce}`,
        )
      }
    />
  )
}
