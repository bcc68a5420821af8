// Whether calls are told to an OpenTelemetry collector. What does it is loaded when one is configured, and only then.
import { OTEL_REMEDY, otelSecrets, otelSettings } from '../core/otel-settings.ts'
import { Secret } from '../core/secret.ts'
import type { House } from './house.ts'
import type { Exporter } from './otel/exporter.ts'
import { profileLabel } from './profile-label.ts'

export type Otel = {
  /** After the config was read anew. */
  follow(): Promise<void>
  close(): Promise<void>
}

/** Begins as environment and config say. A mistake in them is told in the log, and keeps nobody from serving. */
export async function openOtel(house: House): Promise<Otel> {
  const { system, auth, metrics } = house
  const { home } = auth
  let present = ''
  let end: () => Promise<void> = async () => undefined
  /** Those of before, who still tell what they have. */
  let ending: Promise<unknown> = Promise.resolve()

  const follow = async (): Promise<void> => {
    const { diagnostics, missing } = home.config()
    const hasMissing = missing.some(({ path }) => path.startsWith('diagnostics.'))
    const settings = otelSettings(diagnostics, system.env, hasMissing)
    const wanted = JSON.stringify(settings) ?? ''
    if (wanted === present) return
    present = wanted
    // Whoever reads the config waits for no collector.
    ending = Promise.all([ending, end()])
    end = async () => undefined
    if (settings === undefined) return
    if (typeof settings === 'string') {
      system.log.warn('calls are not told to the OpenTelemetry collector', {
        ...{ why: settings, file: home.layout.config, remedy: OTEL_REMEDY },
      })
      return
    }
    for (const text of otelSecrets(settings.headers)) system.log.hide(new Secret(text))
    const { startExporter } = await import('./otel/exporter.ts')
    const exporter: Exporter = startExporter({
      ...{ system, settings, transport: await system.transport() },
      nameOf: (line) => ({
        profile: profileLabel(system, line.profile ?? ''),
        model: metrics.calls.modelLabel(line),
      }),
      count: (result, spans) => metrics.told(result, spans),
    })
    const endHearing = home.hearLines(exporter.hear)
    end = async () => {
      endHearing()
      await exporter.close()
    }
  }
  await follow()
  return { follow, close: async () => void (await Promise.all([ending, end()])) }
}
