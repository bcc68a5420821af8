// Mistakes that the simulation must find: each replaces an expression of the product's source by another as it is loaded. No file is touched; where
// the expression is not to be found any more, the bug is to be planted anew.

/**
 * `edits`: what stands in the file, exactly once, and what stands there instead. `needs`: kinds of acts, or the kind of lock, without which it cannot
 * show, so that other seeds need not be played.
 */
export type Bug = {
  id: string
  says: string
  file: string
  needs?: readonly string[]
  edits: readonly (readonly [from: string, to: string])[]
}

/** As many seeds are enough to find any of them. */
export const ENOUGH_SEEDS = 2000

const REFRESH = 'auth/refresh.ts'

export const BUGS: readonly Bug[] = [
  {
    id: 'no-second-look',
    says: 'what is renewed was read before the right to renew was taken',
    file: 'auth/due.ts',
    edits: [
      [
        'export async function storedLogin({ view, profileId }: Wish)',
        `const early = new WeakMap()
export function storedLogin(wish) {
  if (!early.has(wish)) early.set(wish, readNow(wish))
  return early.get(wish)
}
async function readNow({ view, profileId }: Wish)`,
      ],
    ],
  },
  {
    id: 'no-right',
    says: 'nobody waits for the right to renew',
    file: REFRESH,
    edits: [
      [
        'home.backend.alone(right, { waitMs: WAIT_MS, unless }, (hold) => underRight(job, hold))',
        'underRight(job, { leaseMs: undefined, leftMs: () => Infinity })',
      ],
    ],
  },
  {
    id: 'write-by-fence',
    says: 'whoever lost the right does not store what came',
    needs: ['portable', 'freeze'],
    file: REFRESH,
    edits: [
      [
        'const outcome = await exchange(job, found.login)\n',
        `const outcome = await exchange(job, found.login)
  if (hold.leftMs() <= 0) {
    return { kind: 'failed', failure: { class: 'server', scope: 'vendor', detail: 'the right is lost' } }
  }
`,
      ],
    ],
  },
  {
    id: 'claim-after-send',
    says: 'the claim is written when the answer is there',
    file: REFRESH,
    edits: [
      ['await view.store.renewals.change(profileId, { claim })\n', ''],
      [
        'const outcome = await exchange(job, found.login)\n',
        'const outcome = await exchange(job, found.login)\n  await view.store.renewals.change(profileId, { claim })\n',
      ],
    ],
  },
  {
    id: 'no-wait-for-the-lease',
    says: 'the token of somebody elsewhere, who may be asking still, is tried at once',
    needs: ['portable'],
    file: REFRESH,
    edits: [['if (leaseMs === undefined || open.isOver === true) return undefined', 'return undefined']],
  },
  {
    id: 'no-directory-fsync',
    says: 'the directory is not synced after the rename',
    file: 'system/files.ts',
    edits: [['try {\n      await syncDir(dir)\n    } catch {', 'try {\n    } catch {']],
  },
  {
    id: 'one-folder-synced',
    says: 'of several new folders only the last is synced',
    needs: ['disk'],
    file: 'system/files.ts',
    edits: [['sure.add(dir)\n', 'sure.add(dir)\n      return\n']],
  },
  {
    id: 'no-file-fsync',
    says: 'the file is not synced before the rename',
    file: 'system/files.ts',
    edits: [['await handle.writeFile(text)\n        await handle.sync()', 'await handle.writeFile(text)']],
  },
  {
    id: 'no-lock-of-the-document',
    says: 'a document is read and written without its lock',
    file: 'store/files-backend.ts',
    edits: [
      ['await locks.hold(`${path}.lock`, { waitMs: LOCK_WAIT_MS }, work)', 'await work({ isMine: async () => true })'],
    ],
  },
  {
    id: 'compares-ends',
    says: 'what is stored later must end later, whatever was redeemed for it',
    file: 'store/profiles.ts',
    edits: [
      [
        'before.credential.refresh?.equals(redeemed) !== true',
        '(before.credential.expiresAt ?? 0) > (renewed.expiresAt ?? 0)',
      ],
    ],
  },
  {
    id: 'use-before-write',
    says: 'calls get the new token before it is stored',
    file: REFRESH,
    edits: [
      [
        'return keep(job, { login: merged(login, credential), claim })',
        `for (const { candidates } of view.facts().providers.values()) {
      for (const one of candidates) {
        if (one.id === job.profileId) Object.assign(one, { secret: credential.access, expiresAt: credential.expiresAt })
      }
    }
    return keep(job, { login: merged(login, credential), claim })`,
      ],
    ],
  },
  {
    id: 'any-account',
    says: "another account's answer is taken",
    file: REFRESH,
    edits: [["return refused(job, claim, 'the vendor answered with another account')", '']],
  },
  {
    id: 'no-adoption',
    says: 'what another process stored is not taken over',
    file: 'auth/watch.ts',
    edits: [['await (key === cache ? open?.reloadHealth() : open?.reload())', 'await open?.reloadHealth()']],
  },
  {
    id: 'no-spool',
    says: 'what came is put aside in memory alone',
    file: 'store/spool.ts',
    edits: [
      ['const path = await write(item)\n', 'const path = undefined as string | undefined\n'],
      ['for (const item of items) if (item.path === undefined && (await write(item)) !== undefined) release(item)', ''],
    ],
  },
  {
    id: 'replaces-all',
    says: 'what did not come back is dropped',
    file: 'core/renewal.ts',
    edits: [['return { ...kept, ...renewed }', 'return renewed']],
  },
  {
    id: 'gives-up-at-once',
    says: 'a login ends with the first failure',
    file: REFRESH,
    edits: [["if (outcome.kind === 'ended' && ", 'if (true || ']],
  },
  {
    id: 'longer-rest',
    says: 'a rest is lengthened from inside',
    file: 'core/health.ts',
    edits: [['restsUntil(health, now) > 0 || isAheadBy(', 'isAheadBy(']],
  },
  {
    id: 'secret-in-history',
    says: 'the history of renewals quotes the token',
    file: REFRESH,
    edits: [['const { detail } = outcome\n', 'const detail = `${outcome.detail} ${spent.reveal()}`\n']],
  },
  {
    id: 'waits-for-ever',
    says: 'a waiter for the right waits for an hour',
    file: REFRESH,
    edits: [['const WAIT_MS = 2 * EXCHANGE_MS + STEPS_MS', 'const WAIT_MS = 3_600_000']],
  },
  {
    id: 'waits-with-a-live-token',
    says: 'a call with a token that ends soon waits for the next one',
    file: 'auth/call.ts',
    edits: [["if (access.renewal === 'due') this", "if (access.renewal !== 'later') this"]],
  },
  {
    id: 'takes-another',
    says: 'a call takes another profile than the one that is explained',
    file: 'auth/acquire.ts',
    edits: [
      [
        '= pick(facts, query)\n  if (candidate === undefined) throw',
        '= pick(facts, { ...query, tried: new Set([...(query.tried ?? []), facts.candidates[0]?.id]) })\n  if (candidate === undefined) throw',
      ],
    ],
  },
]
