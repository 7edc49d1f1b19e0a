import type { HistoryEvent } from './event.js';
import { holdsOf, type Hold } from './hold.js';

/**
 * What a history can show to have gone wrong.
 * - `overlap`: two held one lock at the same time.
 * - `outlived`: one was still held, by its own judgement, after a higher token had been granted.
 * - `token-repeated`: one token was granted twice.
 * - `token-order`: a grant that was asked for only after another one was known has a lower token than that.
 * - `lost-update`: two changed the guarded counter from the same value, or it ended too low.
 * - `never-granted`: a process speaks of a token that it was never granted.
 */
export type HistoryFault =
  'overlap' | 'outlived' | 'token-repeated' | 'token-order' | 'lost-update' | 'never-granted';

export interface HistoryViolation {
  readonly fault: HistoryFault;
  readonly lock: string;
  readonly message: string;
  /** The moments that it is about, in milliseconds, the first and the last. */
  readonly from: number;
  readonly until: number;
  readonly processes: readonly string[];
}

export interface HistoryReport {
  readonly ok: boolean;
  readonly violations: readonly HistoryViolation[];
  /** All events, in the order of time. */
  readonly events: readonly HistoryEvent[];
  readonly grants: number;
  readonly processes: number;
  readonly updates: number;
}

export interface CheckHistoryOptions {
  /** The value of each lock's counter in the end, if it began at 0 and each update added 1. By lock. */
  readonly counters?: Readonly<Record<string, number>>;
}

/**
 * Decides whether what processes wrote down of one or more locks is how locks may behave.
 *
 * A hold counts from the moment its grant was known to the last moment it was proved (`held`, `release`), and no
 * longer: a process that was killed, or stopped past its lease, has proved nothing since. So a violation is one for
 * certain, if `at` was taken on one clock and before the lease was asked, as `HistoryRecorder` does.
 */
export function checkHistory(
  events: Iterable<HistoryEvent>,
  { counters = {} }: CheckHistoryOptions = {},
): HistoryReport {
  const sorted = [...events].sort((a, b) => a.at - b.at);
  const { holds, strays } = holdsOf(sorted);
  const violations: HistoryViolation[] = strays.map((event) => ({
    fault: 'never-granted',
    lock: event.lock,
    message: `process ${event.process} says "${event.type}" of a token that it was not granted`,
    from: event.at,
    until: event.at,
    processes: [event.process],
  }));
  for (const [lock, group] of byLock(holds)) {
    violations.push(...overlaps(lock, group), ...tokenFaults(lock, group));
  }
  const updates = sorted.filter((event) => event.type === 'update');
  for (const [lock, group] of byLock(updates)) {
    violations.push(...lostUpdates(lock, group, counters[lock]));
  }
  violations.sort((a, b) => a.from - b.from);
  return {
    ok: violations.length === 0,
    violations,
    events: sorted,
    grants: holds.length,
    processes: new Set(sorted.map(({ process }) => process)).size,
    updates: updates.length,
  };
}

function overlaps(lock: string, holds: readonly Hold[]): HistoryViolation[] {
  const violations: HistoryViolation[] = [];
  const intervals = holds
    .map((hold) => ({ hold, from: hold.from, until: Math.min(hold.until, hold.brokenAt) }))
    .filter(({ from, until }) => from < until)
    .sort((a, b) => a.from - b.from);
  let last: (typeof intervals)[number] | undefined;
  for (const interval of intervals) {
    if (last !== undefined && interval.from < last.until) {
      const from = interval.from;
      const until = Math.min(last.until, interval.until);
      violations.push({
        fault: 'overlap',
        lock,
        message: `${named(last.hold)} and ${named(interval.hold)} both held it for ${(until - from).toFixed(3)} ms`,
        from,
        until,
        processes: [last.hold.process, interval.hold.process],
      });
    }
    if (last === undefined || interval.until > last.until) last = interval;
  }
  return violations;
}

function tokenFaults(lock: string, holds: readonly Hold[]): HistoryViolation[] {
  const violations: HistoryViolation[] = [];
  const pair = (fault: HistoryFault, message: string, a: Hold, b: Hold): void => {
    const moments = [a.from, a.until, b.from];
    const processes = [a.process, b.process];
    violations.push({
      fault,
      lock,
      message,
      from: Math.min(...moments),
      until: Math.max(...moments),
      processes,
    });
  };
  const byGrant = [...holds].sort((a, b) => a.from - b.from);
  const granted = new Map<number, Hold>();
  for (const hold of byGrant) {
    const twin = granted.get(hold.token);
    if (twin !== undefined)
      pair(
        'token-repeated',
        `token ${hold.token} was granted to ${twin.process} and to ${hold.process}`,
        twin,
        hold,
      );
    granted.set(hold.token, hold);
  }
  const highestBefore = highestTokens(byGrant);
  for (const hold of holds) {
    const rival = highestBefore(hold.askedAt);
    if (rival !== undefined && rival.token > hold.token)
      pair('token-order', `${named(hold)} was asked for after ${named(rival)} had been granted`, hold, rival);
    const heir = highestBefore(Math.min(hold.until, hold.brokenAt));
    if (heir !== undefined && heir.token > hold.token && hold.until > hold.from)
      pair('outlived', `${named(hold)} was held still when ${named(heir)} had been granted`, hold, heir);
  }
  return violations;
}

/** Finds the grant with the highest token that was known before a moment. */
function highestTokens(byGrant: readonly Hold[]): (before: number) => Hold | undefined {
  const highest: Hold[] = [];
  for (const hold of byGrant) {
    const last = highest.at(-1);
    highest.push(last !== undefined && last.token >= hold.token ? last : hold);
  }
  return (before) => {
    let [low, high] = [0, byGrant.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((byGrant[middle]?.from ?? Infinity) < before) low = middle + 1;
      else high = middle;
    }
    return highest[low - 1];
  };
}

type Update = HistoryEvent & { readonly type: 'update' };

function lostUpdates(
  lock: string,
  updates: readonly Update[],
  final: number | undefined,
): HistoryViolation[] {
  const violations: HistoryViolation[] = [];
  const byOrigin = new Map<number, Update>();
  for (const update of updates) {
    const twin = byOrigin.get(update.from);
    byOrigin.set(update.from, update);
    if (twin === undefined) continue;
    violations.push({
      fault: 'lost-update',
      lock,
      message: `${twin.process} and ${update.process} both changed the counter from ${update.from}`,
      from: twin.at,
      until: update.at,
      processes: [twin.process, update.process],
    });
  }
  const last = updates.at(-1);
  if (final !== undefined && last !== undefined && final < updates.length) {
    violations.push({
      fault: 'lost-update',
      lock,
      message: `the counter ended at ${final} after ${updates.length} updates`,
      from: last.at,
      until: last.at,
      processes: [last.process],
    });
  }
  return violations;
}

function named({ process, token }: Hold): string {
  return `token ${token} of ${process}`;
}

function byLock<T extends { readonly lock: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.lock);
    if (group === undefined) groups.set(item.lock, [item]);
    else group.push(item);
  }
  return groups;
}
