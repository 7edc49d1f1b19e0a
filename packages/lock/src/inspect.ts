import { isVFSError, systemClock, type CallOptions, type Clock, type VFS } from '@holdfast/vfs';
import { isLockError } from './errors/index.js';
import { ledgerOf, type LedgerKind } from './id.js';
import type { HeldClaim } from './identity/index.js';
import {
  holdersAndWaiters,
  MOST_PERMITS,
  turnIn,
  windowOf,
  type Mode,
  type Numbered,
  type TurnRule,
} from './ledger/index.js';
import { lockStateOf, type LockState } from './lock-state.js';
import { heldClaim, lastBeatOf } from './wait/index.js';
import { assertVFS } from './vfs-argument.js';

/** A claim as the storage shows it at one glance. */
export interface ClaimInfo extends HeldClaim {
  readonly mode: Mode;
  /** How many permits of a semaphore it takes; `undefined` if it is no semaphore's, or has not said so. */
  readonly permits: number | undefined;
  /** The last sign of life, by the storage's clock. */
  readonly lastBeat: Date | undefined;
  /** Milliseconds from then to now by this machine's clock: negative where that one is behind. */
  readonly ageMs: number | undefined;
  /** Milliseconds that it must be seen unchanged before it counts as stale. */
  readonly windowMs: number;
  /**
   * `suspect`: the last sign of life is older than the window by the clocks at hand; `isStale` finds out. `detached`:
   * nobody keeps it alive, until somebody attaches to it.
   */
  readonly state: 'alive' | 'suspect' | 'detached';
}

/** What the storage shows of a lock at one glance: information, not a verdict. */
export interface LockInfo {
  readonly id: string;
  readonly kind: LedgerKind;
  /** How many permits a semaphore has; `undefined` for all else, and if it has not said so. */
  readonly permits: number | undefined;
  /** `free`: nobody holds it. `suspect`: none of those that hold it looks alive. */
  readonly state: 'free' | 'held' | 'suspect';
  /** Who holds it: one, or several that share it. */
  readonly holders: readonly ClaimInfo[];
  /** Who waits, in order. */
  readonly waiters: readonly ClaimInfo[];
  /** Names in the lock's directory that are nobody's. They do no harm. Untrusted: see `printable`. */
  readonly ignored: readonly string[];
}

/** A lock that cannot be looked at, among others that can. */
export interface UnreadableLock {
  readonly id: string;
  readonly kind: LedgerKind;
  readonly state: 'unreadable';
  readonly error: unknown;
}

export interface InspectInit {
  /** For the result only. */
  readonly id: string;
  readonly kind: LedgerKind;
  readonly clock: Clock;
  readonly turn: TurnRule;
  readonly signal?: AbortSignal | undefined;
}

export async function inspectState(
  state: LockState,
  { id, kind, clock, turn, signal }: InspectInit,
): Promise<LockInfo> {
  const look = await state.ledger.look(signal);
  const { holders, waiters } = holdersAndWaiters(look, turnIn(look, turn));
  const describe = (numbered: Numbered): Promise<ClaimInfo> => claimInfo(state, numbered, clock, signal);
  const [holding, waiting] = await Promise.all([inTurns(holders, describe), inTurns(waiters, describe)]);
  const suspect = holding.length > 0 && holding.every((claim) => claim.state === 'suspect');
  return {
    id,
    kind,
    permits: look.permits,
    state: holding.length === 0 ? 'free' : suspect ? 'suspect' : 'held',
    holders: holding,
    waiters: waiting,
    ignored: look.ignored,
  };
}

async function claimInfo(
  { ledger, records }: LockState,
  numbered: Numbered,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<ClaimInfo> {
  const [record, mtimeMs] = await Promise.all([
    records.of(numbered, ledger, clock, signal),
    lastBeatOf(ledger, numbered, signal),
  ]);
  const windowMs = windowOf(numbered);
  const ageMs = mtimeMs === undefined ? undefined : clock.wall() - mtimeMs;
  const isOld = ageMs !== undefined && Math.abs(ageMs) > windowMs;
  return {
    ...heldClaim(numbered.number, record),
    mode: numbered.shared ? 'shared' : 'exclusive',
    permits: numbered.permits,
    lastBeat: mtimeMs === undefined ? undefined : new Date(mtimeMs),
    ageMs,
    windowMs,
    state: numbered.detached === undefined ? (isOld ? 'suspect' : 'alive') : 'detached',
  };
}

/** At once, so that a mount with slow calls is not flooded. */
const AT_ONCE = 4;

/** Every lock, semaphore and election in `dir`, by id; those that cannot be read among the others. A directory that does not exist has none. */
export async function inspectAll(
  vfs: VFS,
  dir: string,
  { clock = systemClock, signal }: CallOptions & { readonly clock?: Clock } = {},
): Promise<(LockInfo | UnreadableLock)[]> {
  assertVFS(vfs);
  const locks: Found[] = [];
  try {
    for (const { name, type } of await vfs.ls(dir, { signal })) {
      const ledger = type === 'file' ? undefined : ledgerOf(name);
      if (ledger !== undefined) locks.push({ ...ledger, name });
    }
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return [];
    throw error;
  }
  locks.sort((a, b) => (a.id === b.id ? (a.name < b.name ? -1 : 1) : a.id < b.id ? -1 : 1));
  const inspectOne = async ({ id, kind, name }: Found): Promise<LockInfo | UnreadableLock> => {
    // As many as there are, if it does not say so itself.
    const turn: TurnRule =
      kind === 'semaphore' ? { kind: 'permits', permits: MOST_PERMITS } : { kind: 'readers-writer' };
    try {
      const state = lockStateOf(vfs, clock, { dir, directory: name, kind });
      return await inspectState(state, { id, kind, clock, turn, signal });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      if (!isVFSError(error) && !isLockError(error)) throw error;
      return { id, kind, state: 'unreadable', error };
    }
  };
  return inTurns(locks, inspectOne);
}

interface Found {
  readonly id: string;
  readonly kind: LedgerKind;
  readonly name: string;
}

/** `work` on each of `items`, a few at once, in their order. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}
