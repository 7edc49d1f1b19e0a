import { counterFaults } from './counter.js';
import type { HistoryEvent } from './event.js';
import { highestTokens, holdsOf, type Hold } from './hold.js';
import type { HistoryFault, HistoryViolation } from './violation.js';

/** What {@link checkHistory} found, with the history itself. */
export interface HistoryReport {
  /** Whether there is no violation. */
  readonly ok: boolean;
  /** In the order of the moments at which they began. */
  readonly violations: readonly HistoryViolation[];
  /** All events, in the order of time. */
  readonly events: readonly HistoryEvent[];
  /** How often a lock was granted, by how many processes anything was written down, and how often a counter changed. */
  readonly grants: number;
  readonly processes: number;
  readonly updates: number;
}

/** What {@link checkHistory} is told beside the history. */
export interface CheckHistoryOptions {
  /** The value of each lock's counter in the end, if it began at 0 and each update added 1. By lock. */
  readonly counters?: Readonly<Record<string, number>>;
}

/**
 * Decides whether what processes wrote down of one or more locks is how locks may behave.
 *
 * A hold counts from the moment its grant was known to the last moment it was proved (`held`, `release`), and no
 * longer: a process that was killed, or stopped past its lease, has proved nothing since. What cannot be told for certain
 * counts as right. So a violation is one for certain, if
 * - `at` was taken on one clock and before the lease was asked, as `HistoryRecorder` does;
 * - each line was kept before its process went on;
 * - the counter of a lock has each value once, and each change of it is written down before its hold is given back.
 *
 * @example
 * const events = files.flatMap((file) => parseHistory(readFileSync(file, 'utf8')));
 * const report = checkHistory(events, { counters: { deploy: 100 } });
 * if (!report.ok) console.log(describeHistory(report));
 */
export function checkHistory(
  events: Iterable<HistoryEvent>,
  { counters = {} }: CheckHistoryOptions = {},
): HistoryReport {
  const sorted = [...events].sort((a, b) => a.at - b.at);
  const { holds, strays, revivals, awaited } = holdsOf(sorted);
  const violations: HistoryViolation[] = [
    ...strays.map((event) => saying(event, 'never-granted', 'that it was not granted')),
    ...revivals.map((event) => saying(event, 'revived', 'that it had given back or lost')),
  ];
  const holdsByLock = byLock(holds);
  for (const [lock, group] of holdsByLock) {
    violations.push(...overlaps(lock, group), ...tokenFaults(lock, group));
  }
  const updates = sorted.filter((event) => event.type === 'update');
  const breaks = byLock(sorted.filter((event) => event.type === 'broken'));
  for (const [lock, group] of byLock(updates)) {
    const story = {
      lock,
      updates: group,
      holds: holdsByLock.get(lock) ?? [],
      breaks: breaks.get(lock) ?? [],
      awaited: awaited.has(lock),
      final: counters[lock],
    };
    violations.push(...counterFaults(story));
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

/** What is wrong with `event` itself. */
function saying(
  { process, lock, type, at }: HistoryEvent,
  fault: HistoryFault,
  why: string,
): HistoryViolation {
  const message = `process ${process} says "${type}" of a token ${why}`;
  return { fault, lock, message, from: at, until: at, processes: [process] };
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
  const highestBefore = highestTokens(holds);
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
