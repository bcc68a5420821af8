// Settings for an OpenTelemetry collector: which headers are secrets, and where they may go.
import { expect, test } from 'vitest'
import { otelSecrets } from '../../src/core/otel-settings.ts'

test('what proves something is a secret; names of tenants, datasets and services are none', () => {
  const key = 'hcaik01abcdefghijklmnop'
  for (const [name, value, secrets] of [
    ['authorization', 'Bearer collector', ['Bearer collector', 'collector']],
    ['authorization', 'Api-Token dt0c01', ['Api-Token dt0c01', 'dt0c01']],
    ['x-honeycomb-team', key, [key]],
    ['api-key', 'short', ['short']],
    ['x-anything', key, [key]],
    ['x-honeycomb-dataset', 'openclaw', []],
    ['x-tenant', 'production', []],
    ['x-scope-orgid', 'the production of the whole company', []],
    ['x-dataset', 'openclaw-production-europe-1', []],
  ] as const)
    expect(otelSecrets([name, value]), `${name}: ${value}`).toEqual(secrets)
})
