// Plays a plan: starts the processes, lets people and callers act, makes things go wrong, waits until all is well again, and watches the invariants.
import type { Auth, View } from '../src/auth/auth.ts'
import type { CallSink } from '../src/auth/vendor-call.ts'
import { Disk } from './disk.ts'
import { INVARIANTS, type Invariant, REST_MS, type Violation } from './invariants.ts'
import type { Product } from './load.ts'
import { LockTable } from './locks.ts'
import { ELSEWHERE, HOME, type Process, STATE, startProcess, type World } from './machine.ts'
import type { Act, Plan, Trigger } from './plan.ts'
import { Registrations, type Stored } from './registrations.ts'
import { Schedule } from './schedule.ts'
import { Vendor } from './vendor.ts'

const PROFILES = `${STATE}/agents/main/agent/auth-profiles.json`
const CONFIG = `${STATE}/openclaw.json`
const PROVIDER = 'openai-codex'

/** Somebody who waits for an answer. */
export type Caller = {
  process: Process
  what: string
  startedAt: number
  frozenBefore: number
  isAnswered: boolean
  /** Of a call: what was said beforehand, what was taken, whether its token was live, and whether it left at once. */
  explained?: string | undefined
  taken?: string | undefined
  isLive?: boolean
  leftAtOnce?: boolean
}

/** What one process makes of it all in the end. */
export type Snapshot = {
  process: string
  host: string
  /** Candidates of every agent, as a text. */
  seen: string
  /** How each login answers to a renewal: live, ended or failed. */
  renewed: ReadonlyMap<string, string>
  /** What the store holds, with what waits to be stored. */
  stored: ReadonlyMap<string, Stored>
}

export type Played = { violation?: Violation; steps: number; virtualMs: number; digest: string }

type Command = Extract<Act, { name: string }>
type Running = { process: Process; auth: Promise<Auth> }
type Due = { act: Act; steps: number; after: Trigger['after']; startsAt: number | undefined }

class Broken extends Error {
  readonly violation: Violation
  constructor(violation: Violation) {
    super(violation.detail)
    this.violation = violation
  }
}

export class Simulation implements World {
  readonly plan: Plan
  readonly product: Product
  readonly schedule: Schedule
  readonly disk: Disk
  readonly locks: LockTable
  readonly vendor: Vendor
  readonly registrations: Registrations
  readonly clocks = new Map<string, number>()
  readonly processes = new Set<Process>()
  readonly callers: Caller[] = []
  readonly #running = new Map<string, Running>()
  readonly #files = new Map<string, string>()
  #due: Due[] = []
  #violation: Violation | undefined
  #pids = 100
  #isOver = false

  constructor(plan: Plan, product: Product) {
    this.plan = plan
    this.product = product
    this.schedule = new Schedule(plan.seed)
    this.disk = new Disk(this.schedule)
    this.locks = new LockTable(this.schedule, plan.mechanism)
    this.vendor = new Vendor(this.schedule, plan.habits, product)
    this.registrations = new Registrations(
      () => this.schedule.now,
      ({ key, refresh, email }) =>
        key ?? (refresh === undefined ? 'nothing that renews' : this.#loginOf(refresh, email)),
    )
    this.vendor.struck = (process) => this.disk.struck.get(process) ?? 0
    this.vendor.sent = (sending) => {
      this.#watch((invariant) => invariant.sending?.(this, sending))
      this.#arm('sent')
    }
    this.vendor.heard = () => this.#arm('answered')
    this.vendor.used = (next, process) => this.#watch((invariant) => invariant.using?.(this, next, process))
    this.disk.wrote = (path, text) => {
      const before = this.#files.get(path)
      this.#files.set(path, text)
      this.#watch((invariant) => invariant.wrote?.(this, path, text, before))
    }
    this.locks.released = (path, process) => {
      if (!path.includes('/refresh-')) return
      for (const sending of this.vendor.sendings) {
        if (sending.process !== process || sending.outcome === 'pending' || sending.isConcluded) continue
        sending.isConcluded = true
        sending.struckAfter = this.vendor.struck(process)
      }
    }
  }

  /** One name for all generations of a login, as long as it is said to be whose it is. */
  #loginOf(refresh: string, email: string | undefined): string | undefined {
    const family = this.vendor.familyOf(refresh)
    return family === undefined ? undefined : `${family.name} of ${email}`
  }

  logged(line: string): void {
    this.schedule.tell?.(`      ${line.trim()}`)
    this.#watch((invariant) => invariant.logged?.(line))
  }

  /** The first one counts; what happens after it follows from it. */
  #watch(look: (invariant: Invariant) => string | undefined): void {
    if (this.#violation !== undefined || this.#isOver) return
    for (const invariant of INVARIANTS) {
      const detail = look(invariant)
      if (detail !== undefined) this.#violation = { invariant: invariant.id, detail }
      if (detail !== undefined) return
    }
  }

  async play(): Promise<Played> {
    const lost = (error: unknown): void => {
      this.#violation ??= { invariant: 'crash', detail: textOf(error) }
    }
    process.on('unhandledRejection', lost)
    try {
      this.#furnish()
      for (const name of Object.keys(this.plan.processes)) this.#start(name)
      for (const { afterMs, lastsMs, acts } of Object.values(this.plan.rounds)) {
        await this.#until(this.schedule.now + afterMs)
        for (const act of Object.values(acts)) this.#begin(act)
        await this.#until(this.schedule.now + lastsMs)
      }
      await this.#rest()
    } catch (error) {
      if (!(error instanceof Broken)) this.#violation ??= { invariant: 'crash', detail: textOf(error) }
    } finally {
      this.#isOver = true
      process.off('unhandledRejection', lost)
    }
    const { steps, now } = this.schedule
    const played = { steps, virtualMs: Math.round(now), digest: this.schedule.digest() }
    return this.#violation === undefined ? played : { ...played, violation: this.#violation }
  }

  /** What lies on the disk before anybody runs. */
  #furnish(): void {
    const { logins, keys, heirs, leftMs } = this.plan
    const profiles: Record<string, unknown> = {}
    for (const account of logins) {
      const { access, refresh, expiresAt, email, accountId, clientId } = this.vendor.login(account, leftMs)
      profiles[`${PROVIDER}:${account}`] = {
        type: 'oauth',
        provider: PROVIDER,
        access: access?.reveal(),
        refresh: refresh?.reveal(),
        expires: expiresAt,
        email,
        accountId,
        clientId,
      }
      this.registrations.had(`${PROVIDER}:${account}`, this.#loginOf(refresh?.reveal() ?? '', email))
    }
    for (const name of keys) {
      const key = this.vendor.key()
      profiles[`openai:${name}`] = { type: 'api_key', provider: 'openai', key }
      this.registrations.had(`openai:${name}`, key)
    }
    const list = [{ id: 'main' }, ...heirs.map((id) => ({ id, auth: { inherit: 'main' } }))]
    this.disk.seed(PROFILES, `${JSON.stringify({ version: 1, profiles }, null, 2)}\n`)
    this.disk.seed(CONFIG, `${JSON.stringify({ agents: { list } }, null, 2)}\n`)
    this.disk.seed(`${HOME}/.profile`, '')
    this.disk.seed(`${ELSEWHERE}/.keep`, '')
  }

  #start(name: string): void {
    const planned = this.plan.processes[name]
    if (planned === undefined || this.#running.get(name)?.process.isDead === false) return
    const process = startProcess(this, { name, pid: ++this.#pids, host: planned.host })
    const running: Running = { process, auth: this.product.createAuth(process.system) }
    this.#running.set(name, running)
    this.#open(running, planned.watches).catch((error: unknown) => {
      // A disk in trouble: whoever starts programs starts this one again.
      process.kill()
      this.schedule.tell?.(`      ${name} did not start: ${textOf(error)}`)
      this.schedule.after(undefined, `start ${name} again`, 1000, () => this.#start(name))
    })
  }

  async #open({ auth: opening }: Running, watches: boolean): Promise<void> {
    const auth = await opening
    for (const agent of ['main', ...this.plan.heirs]) await auth.view(agent)
    if (watches) auth.watch()
  }

  #begin(act: Act): void {
    if ('when' in act) {
      const startsAt = act.when.after === 'start' ? this.schedule.steps : undefined
      this.#due.push({ act, steps: act.when.steps, after: act.when.after, startsAt })
    } else if ('agent' in act) {
      const { kind, agent, login, afterMs } = act
      const running = this.#running.get(act.process)
      if (running === undefined) return
      for (let n = 0; n < act.count; n++) {
        this.schedule.after(
          running.process,
          `${kind} by ${agent}`,
          afterMs,
          () => void this.#ask(running, kind, agent, login),
        )
      }
    } else {
      this.schedule.after(undefined, `${act.kind} ${act.name}`, act.afterMs, () => this.#command(act))
    }
  }

  #arm(event: Trigger['after']): void {
    for (const due of this.#due) if (due.after === event) due.startsAt ??= this.schedule.steps
  }

  async #until(ms: number, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      if (this.#violation !== undefined) throw new Broken(this.#violation)
      if (this.schedule.steps > MOST_STEPS) throw new Error('it does not come to rest')
      if (!(await this.schedule.step(ms)) || this.schedule.now >= ms) return
      for (const due of this.#due) {
        if (due.startsAt === undefined || this.schedule.steps - due.startsAt < due.steps) continue
        this.#due = this.#due.filter((other) => other !== due)
        this.#strike(due.act)
      }
    }
  }

  #victim(name: string): Process | undefined {
    if (name !== 'holder') return this.#running.get(name)?.process
    const holder = this.locks.holderOf(`${STATE}/agents/main/agent/refresh-${PROVIDER}.lock`)
    return holder ?? this.#running.values().next().value?.process
  }

  #crashed(process: Process): void {
    process.kill()
    this.schedule.tell?.(`      ${process.name} is killed`)
  }

  /** Something goes wrong. */
  #strike(act: Act): void {
    const again = (name: string, ms: number): void =>
      void this.schedule.after(undefined, `start ${name}`, ms, () => this.#start(name))
    switch (act.kind) {
      case 'kill': {
        const process = this.#victim(act.process)
        if (process === undefined || process.isDead) return
        this.#crashed(process)
        this.#watch((invariant) => invariant.crashed?.(this))
        if (process.name in this.plan.processes) again(process.name, act.backAfterMs)
        return
      }
      case 'freeze': {
        const process = this.#victim(act.process)
        this.schedule.tell?.(`      ${process?.name} is frozen`)
        process?.freeze(act.forMs)
        return
      }
      case 'power': {
        this.schedule.tell?.('      the power is cut')
        for (const { process } of this.#running.values()) if (!process.isDead) this.#crashed(process)
        for (const process of this.#commands) this.#crashed(process)
        this.#commands.clear()
        this.disk.cut()
        this.#watch((invariant) => invariant.crashed?.(this))
        for (const name of Object.keys(this.plan.processes)) again(name, act.backAfterMs)
        return
      }
      case 'clock':
        this.schedule.tell?.(`      the clock of ${act.host} jumps by ${act.byMs} ms`)
        this.clocks.set(act.host, (this.clocks.get(act.host) ?? 0) + act.byMs)
        return
      case 'disk':
        this.schedule.tell?.(`      the disk says ${act.fault.code}`)
        this.disk.faults.push(act.fault)
        this.schedule.after(undefined, 'disk well again', act.forMs, () => {
          this.disk.faults = this.disk.faults.filter((other) => other !== act.fault)
        })
    }
  }

  #caller(process: Process, what: string): Caller {
    const { now: startedAt } = this.schedule
    const caller: Caller = { process, what, startedAt, frozenBefore: process.frozenMs, isAnswered: false }
    this.callers.push(caller)
    return caller
  }

  #answer(caller: Caller): void {
    caller.isAnswered = true
    this.#watch((invariant) => invariant.answered?.(this, caller))
  }

  async #ask({ process, auth }: Running, kind: 'call' | 'renew', agent: string, login: string): Promise<void> {
    const caller = this.#caller(process, kind)
    try {
      const view = await (await auth).view(agent)
      if (kind === 'renew') await this.product.refresh(view, `${PROVIDER}:${login}`)
      else await this.#call(process, view, caller)
    } catch (error) {
      // A disk in trouble as it started; anything else that is thrown here is one of ours.
      if (!(error instanceof this.product.AuthError)) throw error
    }
    this.#answer(caller)
  }

  async #call(process: Process, view: View, caller: Caller): Promise<void> {
    const { resolve, renewalNeedOf, call } = this.product
    const transport = await process.system.transport()
    const now = process.system.now()
    const { candidate, early, crowded, trace } = resolve(view.facts(), PROVIDER, { now })
    const before = this.vendor.calls.get(process)?.count ?? 0
    caller.explained = candidate === undefined ? undefined : trace.find(({ verdict }) => verdict === 'taken')?.id
    // What rests is tried early by one process alone: that is asked first. And what is just back is not asked by everybody at once.
    const isTaken = candidate !== undefined && !early && crowded !== true
    caller.isLive = isTaken && renewalNeedOf(candidate, now) !== 'due'
    await new Promise<void>((done) => {
      const sink: CallSink = {
        begin: () => undefined,
        data: () => true,
        end: () => done(),
        broken: () => done(),
        refused: () => done(),
      }
      const body = [Buffer.from('{}')]
      const request = { provider: PROVIDER, endpoint: 'responses', method: 'POST', body, bodyBytes: 2 } as const
      call(view, transport, { ...request, headers: [], streaming: true }, sink)
      const left = this.vendor.calls.get(process)
      caller.leftAtOnce = (left?.count ?? 0) > before
      if (!caller.leftAtOnce) return
      const taken = [...(view.facts().providers.get(PROVIDER)?.candidates ?? [])]
      caller.taken = taken.find(({ secret }) => secret?.reveal() === left?.bearer)?.id
    })
  }

  readonly #commands = new Set<Process>()

  /** Somebody types a command: a process of its own, which ends with it. */
  #command(act: Command): void {
    const process = startProcess(this, { name: `${act.kind}-${++this.#pids}`, pid: this.#pids, host: act.host })
    this.#commands.add(process)
    const caller = this.#caller(process, act.kind)
    const end = (): void => {
      this.#answer(caller)
      this.#commands.delete(process)
      process.kill()
    }
    this.#carryOut(process, act).then(
      () => {
        this.#arm('acknowledged')
        end()
      },
      (error: unknown) => {
        if (!(error instanceof this.product.AuthError))
          this.#violation ??= { invariant: 'crash', detail: textOf(error) }
        this.schedule.tell?.(`      ${process.name}: ${textOf(error)}`)
        end()
      },
    )
  }

  async #carryOut({ system }: Process, { kind, name }: Command): Promise<void> {
    const { createAuth, keepLogin, logout, paste, reorder, codex } = this.product
    const auth = await createAuth(system)
    const isLogin = this.plan.logins.includes(name)
    const id = isLogin ? `${PROVIDER}:${name}` : `openai:${name}`
    switch (kind) {
      case 'paste': {
        const text = this.vendor.key()
        const acknowledge = this.registrations.begin(id, text)
        await paste(auth, { agentId: 'main', provider: 'openai', kind: 'api_key', text, profileId: id })
        return acknowledge()
      }
      case 'login': {
        const credential = this.vendor.login(name)
        const acknowledge = this.registrations.begin(
          id,
          this.#loginOf(credential.refresh?.reveal() ?? '', credential.email),
        )
        await keepLogin(auth, { agentId: 'main', provider: codex, credential, profileId: id })
        return acknowledge()
      }
      case 'logout': {
        const acknowledge = this.registrations.begin(id, undefined)
        await logout(auth, { agentId: 'main', profileId: id })
        return acknowledge()
      }
      case 'reorder': {
        await reorder(auth, { agentId: 'main', provider: isLogin ? PROVIDER : 'openai', ids: [id] })
      }
    }
  }

  /** Nothing goes wrong any more; in a while all must be well. */
  async #rest(): Promise<void> {
    this.#due = []
    this.vendor.isTroubled = false
    this.disk.faults = []
    for (const { process } of this.#running.values()) {
      process.frozenUntil = Math.min(process.frozenUntil, this.schedule.now)
    }
    for (const process of this.#commands) process.frozenUntil = Math.min(process.frozenUntil, this.schedule.now)
    await this.#until(this.schedule.now + REST_MS[this.plan.mechanism])
    const snapshots: Snapshot[] = []
    let isDone = false
    const looking = this.#snapshots(snapshots).then(
      () => (isDone = true),
      (error: unknown) => {
        this.#violation ??= { invariant: 'I10', detail: textOf(error) }
      },
    )
    void looking
    await this.#until(this.schedule.now + 4 * REST_MS[this.plan.mechanism], () => isDone)
    if (!isDone) throw new Error('a look at everything does not end')
    this.#watch((invariant) => invariant.rested?.(this, snapshots))
  }

  async #snapshots(snapshots: Snapshot[]): Promise<void> {
    const stored = await this.#stored()
    const renewed = new Map<Running, Map<string, string>>()
    for (const running of this.#running.values()) {
      const view = await (await running.auth).view('main')
      // Who does not follow the files looks at them when it is asked.
      if (this.plan.processes[running.process.name]?.watches !== true) await view.reload()
      const ends = new Map<string, string>()
      for (const id of stored.keys()) {
        if (id.startsWith(PROVIDER)) ends.set(id, await this.#renewedAtLast(view, id))
      }
      renewed.set(running, ends)
    }
    // Whatever that changed is heard of by those who watch; the others look for themselves when they are asked.
    const fresh = startProcess(this, { name: 'inspector', pid: ++this.#pids, host: 'here' })
    // While somebody renews ahead, some have heard of it and some have not.
    for (let left = MOST_WAITS; left > 0; left--) {
      await fresh.system.sleep(SPREAD_MS)
      if (this.vendor.sendings.every(({ at }) => this.schedule.now - at >= SPREAD_MS)) break
    }
    const auth = await this.product.createAuth(fresh.system)
    const now = await this.#stored()
    snapshots.push({
      process: 'inspector',
      host: 'here',
      seen: await this.#seenBy(auth),
      renewed: new Map(),
      stored: now,
    })
    for (const [running, ends] of renewed) {
      const { process, auth: own } = running
      if (this.plan.processes[process.name]?.watches !== true) await (await (await own).view('main')).reload()
      snapshots.push({
        process: process.name,
        host: process.host,
        seen: await this.#seenBy(await own),
        renewed: ends,
        stored: now,
      })
    }
  }

  /** How it ends for one who comes again when he was told to. */
  async #renewedAtLast(view: View, id: string): Promise<string> {
    const first = await this.product.refresh(view, id)
    if (first.kind !== 'failed' || first.failure.retryAt === undefined) return first.kind
    const { system } = view.home
    await system.sleep(first.failure.retryAt - system.now() + SPREAD_MS)
    return (await this.product.refresh(view, id)).kind
  }

  async #seenBy(auth: Auth): Promise<string> {
    const lines: string[] = []
    const now = auth.home.system.now()
    for (const agent of ['main', ...this.plan.heirs]) {
      const { providers } = (await auth.view(agent)).facts()
      for (const { provider, candidates, order } of providers.values()) {
        if (order !== undefined) lines.push(`${provider} in the order ${order.ids.join(' ')}`)
        for (const { id, secret, defect, renewable, expiresAt } of candidates) {
          const token = secret === undefined ? 'nothing' : auth.home.system.fingerprint(secret).slice(0, 8)
          // A login that has ended serves as long as its last token; who looked before that says the same in other words.
          const isOver = defect !== undefined || (renewable !== true && (expiresAt ?? Infinity) < now + LAST_USES_MS)
          lines.push(`${agent} ${id} ${token}${isOver ? ' over' : ''}${renewable ? ' renews itself' : ''}`)
        }
      }
    }
    return lines.sort().join(', ')
  }

  async #stored(): Promise<Map<string, Stored>> {
    const looker = startProcess(this, { name: 'looker', pid: ++this.#pids, host: 'here' })
    const { home } = await this.product.createAuth(looker.system)
    const { profiles } = home.agent('main')
    const book = await home.spool.applied(profiles.where(), profiles.read)
    const found = new Map<string, Stored>()
    for (const { id, credential } of book.profiles) {
      if (credential.kind !== 'oauth') found.set(id, { key: credential.secret.reveal() })
      else {
        const { refresh, email } = credential
        found.set(id, {
          ...(refresh === undefined ? {} : { refresh: refresh.reveal() }),
          ...(email === undefined ? {} : { email }),
        })
      }
    }
    return found
  }
}

/** How long a change may take to be known to all who watch, ms. */
const SPREAD_MS = 15_000
/** Times that are waited for a moment without a renewal under way. */
const MOST_WAITS = 20
/** Near its end a token is not sent any more, ms. */
const LAST_USES_MS = 60_000
/** Of one simulation; more is a loop. */
const MOST_STEPS = 200_000

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
