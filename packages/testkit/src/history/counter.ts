import type { HistoryEvent } from './event.js';
import { highestTokens, type Hold } from './hold.js';
import type { HistoryFault, HistoryViolation } from './violation.js';

/** A change of a counter that a lock guards. */
export type Update = HistoryEvent & { readonly type: 'update' };

/** What a history tells of one lock and of the counter that it guards. */
export interface CounterStory {
  readonly lock: string;
  /** In the order of time. */
  readonly updates: readonly Update[];
  readonly holds: readonly Hold[];
  readonly breaks: readonly HistoryEvent[];
  /** Whether somebody asked for the lock of whom no more is known. */
  readonly awaited: boolean;
  /** Its value in the end, if that is known: then it began at 0 and each update added 1. */
  readonly final: number | undefined;
}

/** What has gone wrong with a counter. */
export function counterFaults(story: CounterStory): HistoryViolation[] {
  const { updates } = story;
  const outside = outsideHolds(story);
  const until = excusedFrom(story);
  const judged = updates.filter(({ at }) => at <= until);
  const rises = judged.every(({ from, to }) => to > from);
  const chain = rises ? risingFaults(judged, story) : twins(judged, story);
  return [...outside, ...chain, ...(until < Infinity ? [] : endFaults(judged, rises, story))];
}

/** From when on the holder of a claim that was broken may have changed the counter, which is excused. */
function excusedFrom({ holds, breaks }: CounterStory): number {
  const risky = breaks.filter((broken) => {
    const hold = holds.find(({ token }) => 'token' in broken && token === broken.token);
    return hold === undefined || hold.closedAt > broken.at;
  });
  return Math.min(...risky.map(({ at }) => at));
}

/**
 * An update is written down after the change, maybe long after, and a process can hear of a loss while its change is on
 * its way. So the moment of the line proves something only behind an orderly release; else that at which the change
 * began has to be known.
 */
function outsideHolds({ lock, updates, holds }: CounterStory): HistoryViolation[] {
  const highestBefore = highestTokens(holds);
  const own = new Map(holds.map((hold) => [JSON.stringify([hold.process, hold.token]), hold]));
  return updates.flatMap(({ process, token, from, at, since }) => {
    const hold = own.get(JSON.stringify([process, token]));
    if (hold === undefined) return [];
    const faultOf = (why: string, rival: Hold, moment: number): HistoryViolation => ({
      fault: 'unguarded-update',
      lock,
      message: `${process} changed the counter from ${from} under token ${token} ${why}`,
      from: Math.min(moment, at),
      until: at,
      processes: [...new Set([process, rival.process])],
    });
    if (at > hold.releasedAt) return faultOf('after it had given that back', hold, hold.releasedAt);
    if (since === undefined) return [];
    if (since > hold.closedAt) return faultOf('after that was over', hold, hold.closedAt);
    const heir = highestBefore(since);
    if (heir === undefined || heir.token <= token || hold.brokenAt < at) return [];
    return faultOf(`when token ${heir.token} had been granted to ${heir.process}`, heir, heir.from);
  });
}

/**
 * The changes of a counter that only goes up, by value: none may begin within another one, all must be in the order of
 * their tokens, and none may be missing where all had to be written down.
 */
function risingFaults(updates: readonly Update[], story: CounterStory): HistoryViolation[] {
  const violations: HistoryViolation[] = [];
  const start = story.final === undefined ? undefined : 0;
  let last: Update | undefined;
  let newest: Update | undefined;
  for (const update of [...updates].sort((a, b) => a.from - b.from)) {
    const reached = last?.to ?? start ?? update.from;
    if (last !== undefined && update.from < reached) {
      violations.push(clash(story, last, update));
    } else if (newest !== undefined && update.token < newest.token) {
      const how = `under token ${update.token}, when token ${newest.token} of ${newest.process} had changed it`;
      violations.push(
        fault(story, 'unguarded-update', `${changed(update)} ${how} from ${newest.from}`, [newest, update]),
      );
    } else if (update.from > reached && allTold(story, last?.token ?? 1, update.token)) {
      const jump = `from ${reached} to ${update.from} before ${update.process} changed it`;
      const told = last === undefined ? [update] : [last, update];
      violations.push(fault(story, 'unguarded-update', `nobody says who changed the counter ${jump}`, told));
    }
    if (last === undefined || update.to > last.to) last = update;
    if (newest === undefined || update.token > newest.token) newest = update;
  }
  return violations;
}

/** Of values that go up and down only this is certain: each is there once. */
function twins(updates: readonly Update[], story: CounterStory): HistoryViolation[] {
  const byOrigin = new Map<number, Update>();
  return updates.flatMap((update) => {
    const twin = byOrigin.get(update.from);
    byOrigin.set(update.from, update);
    return twin === undefined ? [] : [clash(story, twin, update)];
  });
}

function endFaults(updates: readonly Update[], rises: boolean, story: CounterStory): HistoryViolation[] {
  const { final, awaited, holds } = story;
  const last = rises ? updates.toSorted((a, b) => a.to - b.to).at(-1) : updates.at(-1);
  if (final === undefined || last === undefined) return [];
  if (rises && final < last.to)
    return [fault(story, 'lost-update', `the counter ended at ${final}, although ${changed(last)}`, [last])];
  if (final < updates.length)
    return [
      fault(story, 'lost-update', `the counter ended at ${final} after ${updates.length} updates`, [last]),
    ];
  const highest = highestTokens(holds)(Infinity)?.token ?? last.token;
  if (!rises || final === last.to || awaited || !allTold(story, last.token, highest)) return [];
  return [
    fault(story, 'unguarded-update', `nobody says who changed the counter from ${last.to} to ${final}`, [
      last,
    ]),
  ];
}

/**
 * Whether all changes under the tokens from `low` to `high` must have been written down. One that was killed or lost the
 * lock may not have come to it, and of a token that is missing nothing is known.
 */
function allTold({ holds }: CounterStory, low: number, high: number): boolean {
  const among = holds.filter(({ token }) => token >= low && token <= high);
  return (
    new Set(among.map(({ token }) => token)).size === high - low + 1 && among.every(({ orderly }) => orderly)
  );
}

function clash(story: CounterStory, a: Update, b: Update): HistoryViolation {
  const both =
    a.from === b.from
      ? `${a.process} and ${b.process} both changed the counter from ${a.from}`
      : `${changed(b)}, although ${a.process} changed it from ${a.from} to ${a.to}`;
  return fault(story, 'lost-update', both, [a, b]);
}

function changed({ process, from, to }: Update): string {
  return `${process} changed the counter from ${from} to ${to}`;
}

function fault(
  { lock }: CounterStory,
  kind: HistoryFault,
  message: string,
  about: readonly Update[],
): HistoryViolation {
  const moments = about.map(({ at }) => at);
  return {
    fault: kind,
    lock,
    message,
    from: Math.min(...moments),
    until: Math.max(...moments),
    processes: [...new Set(about.map(({ process }) => process))],
  };
}
