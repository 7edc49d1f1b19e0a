import { isVFSError, systemClock, type CallOptions, type Clock, type VFS } from '@holdfast/vfs';
import { heldClaim, recordOf } from './assessment.js';
import type { HeldClaim } from './holder.js';
import { lockId } from './id.js';
import { markOf } from './ledger.js';
import { placeOf, type Place } from './place.js';

/** What the storage shows of a lock, at one glance: information, not a verdict. */
export interface LockInfo extends Partial<HeldClaim> {
  readonly id: string;
  /**
   * `free`: nobody holds it. `held`: somebody does. `suspect`: somebody does, whose last sign of life is older than
   * the window by the clocks at hand; `isStale` finds out.
   */
  readonly state: 'free' | 'held' | 'suspect';
  /** The highest token ever granted or attempted; `undefined` if the lock was never claimed. */
  readonly token?: number;
  /** The last sign of life, by the storage's clock. */
  readonly lastBeat?: Date | undefined;
  /** Milliseconds from then to now by this machine's clock: negative where that one is behind. */
  readonly ageMs?: number | undefined;
  /** Milliseconds that the holder must be seen unchanged before it counts as stale; 0 if nobody said. */
  readonly windowMs: number;
}

/** @param id for the result only */
export async function inspectPlace(
  place: Place,
  id: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<LockInfo> {
  const view = await place.ledger.look(signal);
  const { highest: number, windowMs } = view;
  if (number === undefined) return { id, state: 'free', windowMs };
  if (number.freed) return { id, state: 'free', token: number.token, windowMs };
  const [record, mtimeMs] = await Promise.all([
    recordOf(place, markOf(view), number, clock, signal),
    place.ledger.mtimeOf(number, signal),
  ]);
  const ageMs = mtimeMs === undefined ? undefined : clock.wall() - mtimeMs;
  return {
    id,
    state: ageMs !== undefined && windowMs > 0 && Math.abs(ageMs) > windowMs ? 'suspect' : 'held',
    ...heldClaim(number.token, record),
    lastBeat: mtimeMs === undefined ? undefined : new Date(mtimeMs),
    ageMs,
    windowMs,
  };
}

/** At once, so that a mount with slow calls is not flooded. */
const AT_ONCE = 4;

/** Every lock in `dir`, by id. A directory that does not exist has none. */
export async function inspectAll(
  vfs: VFS,
  dir: string,
  { clock = systemClock, signal }: CallOptions & { readonly clock?: Clock } = {},
): Promise<LockInfo[]> {
  const locks: { id: string; name: string }[] = [];
  try {
    for (const { name, type } of await vfs.ls(dir, { signal })) {
      const id = type === 'directory' ? lockId(name) : undefined;
      if (id !== undefined) locks.push({ id, name });
    }
  } catch (error) {
    if (!isVFSError(error, 'ENOENT')) throw error;
  }
  locks.sort((a, b) => (a.id < b.id ? -1 : 1));
  const infos: LockInfo[] = [];
  for (let from = 0; from < locks.length; from += AT_ONCE) {
    const group = locks.slice(from, from + AT_ONCE);
    infos.push(
      ...(await Promise.all(
        group.map(({ id, name }) => inspectPlace(placeOf(vfs, clock, dir, name), id, clock, signal)),
      )),
    );
  }
  return infos;
}
