// Settings for an OpenTelemetry collector: which headers are secrets, and where they may go.
import { expect, test } from 'vitest'
import { otelSecrets, otelSettings } from '../../src/core/otel-settings.ts'

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

test('a secret goes over https or on loopback, and what is no secret anywhere', () => {
  const to = (endpoint: string, headers: Record<string, string>) =>
    otelSettings({ otel: { enabled: true, endpoint, headers } }, {}, false)
  const secret = { Authorization: 'Bearer collector' }
  expect(to('http://collector.example.org:4318', secret)).toMatch('https')
  expect(to('http://127.0.0.1.example.org:4318', secret)).toMatch('https')
  for (const endpoint of [
    'https://c.example.org',
    'http://127.0.0.1:4318',
    'http://localhost:4318',
    'http://[::1]:4318',
  ])
    expect(to(endpoint, secret), endpoint).toMatchObject({ metrics: `${endpoint}/v1/metrics` })
  expect(to('http://collector:4318', { 'x-tenant': 'production' })).toMatchObject({
    headers: ['x-tenant', 'production'],
  })
})

test('a protocol that is not spoken is told by name', () => {
  const otel = { enabled: true, endpoint: 'http://c:4317' }
  expect(otelSettings({ otel: { ...otel, protocol: 'grpc' } }, {}, false)).toMatch('gRPC')
  expect(otelSettings({ otel }, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, false)).toMatch('gRPC')
  for (const protocol of ['http/json', 'http/protobuf', ''])
    expect(otelSettings({ otel: { ...otel, protocol } }, {}, false)).toMatchObject({
      traces: 'http://c:4317/v1/traces',
    })
})
