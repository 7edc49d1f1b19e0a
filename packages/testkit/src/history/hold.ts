import type { HistoryEvent } from './event.js';

/** One grant of one lock, as far as the history proves it. */
export interface Hold {
  readonly process: string;
  readonly lock: string;
  readonly token: number;
  /** It was not asked for before this moment; `-Infinity` if nobody said. */
  readonly askedAt: number;
  /** When it was known to be granted. */
  readonly from: number;
  /** The last moment at which it was proved to be held; `from` if it never was. */
  readonly until: number;
  /** When it was known to be over, given back or lost; `Infinity` if nobody said. */
  readonly closedAt: number;
  /** When it had been given back, without a loss before; `Infinity` if it was not. */
  readonly releasedAt: number;
  /** Whether it was given back while it was held: then all changes made under it are written down. */
  readonly orderly: boolean;
  /** Somebody broke it on purpose at this moment: from then on it says nothing of the lock. */
  readonly brokenAt: number;
}

/** What {@link holdsOf} makes of a history. */
export interface Holds {
  readonly holds: readonly Hold[];
  /** Events of a hold that was never granted. */
  readonly strays: readonly HistoryEvent[];
  /** Proofs of a hold that was over by then. */
  readonly revivals: readonly HistoryEvent[];
  /** Locks that somebody asked for without telling of an answer. */
  readonly awaited: ReadonlySet<string>;
}

type Growing = { -readonly [K in keyof Hold]: Hold[K] };

/** Puts together what belongs together. `events` must be in the order of time. */
export function holdsOf(events: readonly HistoryEvent[]): Holds {
  const requests = new Requests();
  const open = new Map<string, Growing>();
  const holds: Growing[] = [];
  const strays: HistoryEvent[] = [];
  const revivals: HistoryEvent[] = [];
  const breaks = events.flatMap((event) => ('token' in event && event.type === 'broken' ? [event] : []));
  for (const event of events) {
    const { process, lock, at } = event;
    if (event.type === 'acquire') requests.add(event);
    if (event.type === 'refused') requests.answer(event);
    if (!('token' in event) || event.type === 'broken') continue;
    const { token, type } = event;
    const key = JSON.stringify([process, lock, token]);
    if (type === 'acquired') {
      const hold: Growing = {
        process,
        lock,
        token,
        askedAt: requests.answer(event),
        from: at,
        until: at,
        closedAt: Infinity,
        releasedAt: Infinity,
        orderly: false,
        brokenAt: breaks.find((broken) => broken.lock === lock && broken.token === token)?.at ?? Infinity,
      };
      open.set(key, hold);
      holds.push(hold);
      continue;
    }
    const hold = open.get(key);
    if (hold === undefined) strays.push(event);
    // Of one moment nobody can tell what came first.
    else if ((type === 'held' || type === 'release') && at > hold.closedAt) revivals.push(event);
    else follow(hold, type, at);
  }
  return { holds, strays, revivals, awaited: requests.awaited };
}

function follow(hold: Growing, type: HistoryEvent['type'], at: number): void {
  switch (type) {
    case 'held':
      hold.until = at;
      break;
    case 'release':
      hold.until = at;
      hold.orderly = true;
      break;
    case 'released':
      if (hold.closedAt < Infinity) break;
      hold.closedAt = at;
      hold.releasedAt = at;
      hold.orderly = true;
      break;
    case 'lost':
      hold.closedAt = Math.min(hold.closedAt, at);
      break;
    default:
      break;
  }
}

/** Finds the grant with the highest token that was known before a moment. */
export function highestTokens(holds: readonly Hold[]): (before: number) => Hold | undefined {
  const byGrant = holds.toSorted((a, b) => a.from - b.from);
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

/**
 * What processes have asked for and not been answered. Which of several requests of one process an answer belongs to
 * is not known; so the oldest stays the bound of all of them until there are as many answers as requests.
 */
class Requests {
  readonly #pending = new Map<string, { readonly lock: string; readonly since: number; count: number }>();

  get awaited(): ReadonlySet<string> {
    return new Set([...this.#pending.values()].map(({ lock }) => lock));
  }

  add({ process, lock, at }: HistoryEvent): void {
    const key = JSON.stringify([process, lock]);
    const pending = this.#pending.get(key);
    if (pending === undefined) this.#pending.set(key, { lock, since: at, count: 1 });
    else pending.count++;
  }

  /** The moment before which what is answered was not asked for. */
  answer({ process, lock }: HistoryEvent): number {
    const key = JSON.stringify([process, lock]);
    const pending = this.#pending.get(key);
    if (pending === undefined) return -Infinity;
    if (--pending.count === 0) this.#pending.delete(key);
    return pending.since;
  }
}
