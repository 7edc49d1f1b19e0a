import type { HistoryEvent } from './event.js';

/** One grant of one lock, as far as the history proves it. */
export interface Hold {
  readonly process: string;
  readonly lock: string;
  readonly token: number;
  /** When it was asked for; that of the grant if nobody said. */
  readonly askedAt: number;
  /** When it was known to be granted. */
  readonly from: number;
  /** The last moment at which it was proved to be held; `from` if it never was. */
  readonly until: number;
  /** Somebody broke it on purpose at this moment: from then on it says nothing of the lock. */
  readonly brokenAt: number;
}

export interface Holds {
  readonly holds: readonly Hold[];
  /** Events of a hold that was never granted. */
  readonly strays: readonly HistoryEvent[];
}

/** Puts together what belongs together. `events` must be in the order of time. */
export function holdsOf(events: readonly HistoryEvent[]): Holds {
  const asked = new Map<string, number>();
  const open = new Map<string, Hold & { until: number }>();
  const holds: Hold[] = [];
  const strays: HistoryEvent[] = [];
  const breaks = events.filter((event) => event.type === 'broken');
  const brokenAt = (lock: string, token: number): number =>
    breaks.find((event) => event.lock === lock && 'token' in event && event.token === token)?.at ?? Infinity;
  for (const event of events) {
    const { process, lock, at } = event;
    const who = JSON.stringify([process, lock]);
    if (event.type === 'acquire') asked.set(who, at);
    if (!('token' in event)) continue;
    const { token, type } = event;
    const key = JSON.stringify([process, lock, token]);
    const hold = open.get(key);
    switch (type) {
      case 'acquired': {
        const askedAt = asked.get(who) ?? at;
        const granted = {
          process,
          lock,
          token,
          askedAt,
          from: at,
          until: at,
          brokenAt: brokenAt(lock, token),
        };
        open.set(key, granted);
        holds.push(granted);
        break;
      }
      case 'held':
      case 'release':
        if (hold === undefined) strays.push(event);
        else hold.until = at;
        break;
      case 'update':
      case 'released':
      case 'lost':
        if (hold === undefined) strays.push(event);
        break;
      case 'broken':
        break; // Taken into account with the grant.
    }
  }
  return { holds, strays };
}
