// One request to a played vendor, from its last byte to the reply: whose key, which fault, else the honest answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Call, head, json, modelOf, refuse, requestId, type Stage } from './call.ts'
import { deliver, type Reply } from './delivery.ts'
import { type FaultRule, type Faults, presetRefusal } from './faults.ts'
import { honest } from './honest.ts'
import { parseObject } from './json.ts'
import { maskHeaders, type RequestRecord, sha256 } from './records.ts'
import { scan } from './scan.ts'
import type { Refusal, Vendor } from './vendor.ts'

/** Longer bodies are scanned instead of parsed in the light mode. */
const SCAN_FROM_BYTES = 4096

/** A body: complete, longer than any vendor takes, or broken off because the client left. */
export type Received = { bytes: Buffer; state: 'complete' | 'too large' | 'broken off' }

/**
 * Answers a request whose body has come to its end.
 * @param url path below the vendor's prefix, with the query
 */
export function play(
  stage: Stage,
  vendor: Vendor,
  url: string,
  req: IncomingMessage,
  res: ServerResponse,
  { bytes, state }: Received,
): void {
  const call = open(stage, vendor, url, req, res, bytes)
  if (state === 'broken off') {
    if (call.record !== undefined) call.record.aborted = true
    return
  }
  follow(call)
  if (state === 'too large') {
    reply(call, refuse(call, vendor.refusals.tooLarge), undefined)
    return
  }
  const fault = stage.faults.any() ? stage.faults.take(matchable(call)) : undefined
  if (fault === undefined) {
    reply(call, honest(call), undefined)
    return
  }
  if (call.record !== undefined) call.record.faulted = true
  if (!fault.delayMs) {
    suffer(call, fault)
    return
  }
  const timer = setTimeout(() => suffer(call, fault), fault.delayMs)
  res.once('close', () => clearTimeout(timer))
}

function open(
  stage: Stage,
  vendor: Vendor,
  url: string,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): Call {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  const place = vendor.place?.(path, query)
  const isScanned = stage.records === undefined && place === undefined && body.length >= SCAN_FROM_BYTES
  const scanned = isScanned ? scan(body) : undefined
  const parsed = scanned === undefined && body.length > 0 ? parseObject(body) : undefined
  const call: Call = {
    stage,
    vendor,
    method: req.method ?? 'GET',
    path: place?.path ?? path,
    query,
    headers: req.headers,
    body,
    account: stage.accounts.find(
      vendor.name,
      vendor.accountKey === undefined ? vendor.presentedKey(req.headers) : vendor.accountKey(req.headers, stage.logins),
    ),
    number: ++stage.count,
    res,
    parsed: place === undefined || parsed === undefined ? parsed : { ...parsed, ...place.said },
    scanned,
    record: undefined,
    cut: false,
  }
  if (call.account !== undefined) call.account.counters.requests++
  call.record = keep(call, url)
  return call
}

function matchable(call: Call): Parameters<Faults['take']>[0] {
  const model = modelOf(call)
  return {
    vendor: call.vendor.name,
    path: call.vendor.prefix + call.path,
    ...(call.account === undefined ? {} : { account: call.account.name }),
    ...(model === undefined ? {} : { model }),
  }
}

function keep(call: Call, url: string): RequestRecord | undefined {
  const { stage, account, vendor } = call
  if (stage.records === undefined) return undefined
  const model = modelOf(call)
  const record: RequestRecord = {
    id: call.number,
    receivedAt: stage.now(),
    vendor: vendor.name,
    method: call.method,
    path: vendor.prefix + url,
    ...(account === undefined ? {} : { account: account.name }),
    ...(model === undefined ? {} : { model }),
    headers: maskHeaders(call.headers),
    bodyBytes: call.body.length,
    bodySha256: sha256(call.body),
    faulted: false,
    aborted: false,
  }
  stage.records.add(record)
  return record
}

function follow(call: Call): void {
  const { stage, res, record } = call
  const counters = call.account?.counters
  stage.open.add(call)
  if (counters !== undefined) counters.mostOpen = Math.max(counters.mostOpen, ++counters.open)
  res.once('close', () => {
    stage.open.delete(call)
    if (counters !== undefined) counters.open--
    if (record !== undefined && !res.writableFinished && !call.cut) record.aborted = true
  })
}

/** Applies a fault that is no mere change of the answer's way. */
function suffer(call: Call, fault: FaultRule): void {
  if (call.res.destroyed || fault.hang) return
  if (fault.reset) {
    call.cut = true
    call.res.socket?.resetAndDestroy()
    return
  }
  const refusal = faultRefusal(call.vendor, fault)
  const asEvent = fault.errorEventAfterEvents
  if (asEvent !== undefined) {
    reply(call, withErrorEvent(call, honest(call), fault, asEvent, refusal), fault)
    return
  }
  if (fault.redirect !== undefined) {
    const redirect = { status: fault.status ?? 307, headers: ['location', fault.redirect], body: '' }
    reply(call, { ...redirect, headers: [...head(call), ...redirect.headers] }, fault)
    return
  }
  if (refusal === undefined && fault.body === undefined) {
    const usual = honest(call)
    reply(call, fault.status === undefined ? usual : { ...usual, status: fault.status }, fault)
    return
  }
  const said =
    refusal === undefined ? { status: fault.status ?? 200, headers: json(call), body: '' } : refuse(call, refusal)
  const own =
    fault.body === undefined ? {} : { body: typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body) }
  reply(call, { ...said, ...own }, fault)
}

function faultRefusal(vendor: Vendor, fault: FaultRule): Refusal | undefined {
  const { preset, status } = fault
  if (preset !== undefined) return { ...presetRefusal(preset, vendor), ...(status === undefined ? {} : { status }) }
  return status !== undefined && status >= 400 ? vendor.refusalFor(status) : undefined
}

const DEFAULT_EVENT_STATUS = 529

function withErrorEvent(
  call: Call,
  usual: Reply,
  fault: FaultRule,
  after: number,
  refusal: Refusal | undefined,
): Reply {
  const { vendor, path } = call
  const dialect = vendor.dialects.get(path)
  if (dialect === undefined || typeof usual.body === 'string' || Buffer.isBuffer(usual.body)) return usual
  const error = vendor.errorObject(refusal ?? vendor.refusalFor(DEFAULT_EVENT_STATUS), requestId(call))
  const data = typeof fault.body === 'object' ? fault.body : error
  return { ...usual, body: [...usual.body.slice(0, after), dialect.errorEvent(data, after)] }
}

function reply(call: Call, { status, headers, body }: Reply, fault: FaultRule | undefined): void {
  const { account, record, stage, res } = call
  if (account !== undefined) account.counters.statuses[status] = (account.counters.statuses[status] ?? 0) + 1
  if (record !== undefined) record.status = status
  deliver(res, { status, headers, body }, stage.tokenDelayMs, fault, () => {
    call.cut = true
  })
}
