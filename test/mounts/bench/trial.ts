import { checkHistory, describeHistory, type HistoryEvent } from '@holdfast/testkit';
import type { TrialLock } from '../lab/inside/contender.js';
import { EXPORT } from '../lab/nfs-server.js';
import { listsFresh, pointOf, type MountKind } from '../lab/mounts.js';
import { LARGEST_CLOCK_ERROR_MS, type Bench, type HostName } from './bench.js';
import type { Contender } from './contender.js';

/** Short for a test, long enough for an emulated machine that shares two cores. Everything else is as by default. */
export const STALE_AFTER_MS = 5000;
/** The default on a mount. */
export const POLL_MS = 1000;
/**
 * What an emulated machine may add to what is bounded: three kernels share two cores with whatever else runs there, so that
 * timers and answers come late, and a poll is up to 1.3 times as long as it is called, so that many do not meet.
 */
export const SLACK_MS = 1500;
/** From when a holder shows no more life to when another has the lock: the window, two polls, and the slack. */
const LONGEST_TAKEOVER_MS: number = STALE_AFTER_MS + 2 * POLL_MS + SLACK_MS;

/**
 * The longest time, in milliseconds, that the takeover of a lock on `kind` may take. Where listings are late, a contender
 * looks past them once a window has gone by; if that shows a beat that it had not seen, a window begins anew.
 */
export function longestTakeoverMs(kind: MountKind): number {
  return LONGEST_TAKEOVER_MS + (listsFresh(kind) ? 0 : STALE_AFTER_MS);
}

/** One process that contends for the lock of one mount in one trial. */
export interface Party {
  readonly id: string;
  readonly contender: Contender;
}

/** One fault, tried on the locks of all mounts of a bench at once: each mount has a lock of its own. */
export class Trial {
  readonly bench: Bench;
  readonly name: string;
  readonly #lock: TrialLock;
  /** Parties of processes that may be gone by now. */
  readonly #contenders = new Set<Contender>();

  constructor(bench: Bench, name: string, lock: Partial<TrialLock> = {}) {
    this.bench = bench;
    this.name = name;
    this.#lock = { id: name, staleAfterMs: STALE_AFTER_MS, ...lock };
  }

  /** Opens the lock of `kind` in a process of `host`. */
  async party(kind: MountKind, host: HostName, role = 'a'): Promise<Party> {
    const contender = await this.bench.contender(host, role);
    this.#contenders.add(contender);
    const id = this.idOf(kind);
    await contender.keep(pointOf(kind));
    await contender.open(id, `${pointOf(kind)}/${id}`, { create: true }, this.#lock);
    return { id, contender };
  }

  /** Opens the lock of `kind`, a mount of the NFS server, on that server's own disk. */
  async partyOnServer(kind: MountKind): Promise<Party> {
    const contender = await this.bench.contenderOnServer();
    this.#contenders.add(contender);
    const id = this.idOf(kind);
    await contender.open(id, `${EXPORT}/${id}`, { create: true }, this.#lock);
    return { id, contender };
  }

  idOf(kind: MountKind): string {
    return `${kind.id}-${this.name}`;
  }

  /** What all processes wrote down of the lock of `kind`. */
  historyOf(kind: MountKind): HistoryEvent[] {
    const id = this.idOf(kind);
    return [...this.#contenders].flatMap(({ journal }) => journal.history.filter(({ lock }) => lock === id));
  }

  /** The events of the lock of `kind`, of all processes. */
  eventsOf(kind: MountKind): Contender['journal']['events'] {
    const id = this.idOf(kind);
    return [...this.#contenders].flatMap(({ journal }) => journal.events.filter((event) => event.id === id));
  }

  /** What the history of `kind` shows to be wrong, for people; `undefined` if nothing. @param counter its final value */
  faultIn(kind: MountKind, counter: number): string | undefined {
    const { clockErrorMs } = this.bench;
    if (clockErrorMs >= LARGEST_CLOCK_ERROR_MS) {
      return `the clocks of two hosts are known to ${clockErrorMs} ms only, by which nothing can be judged`;
    }
    const counters = { [this.idOf(kind)]: counter };
    const report = checkHistory(understated(this.historyOf(kind), clockErrorMs), { counters });
    return report.ok ? undefined : describeHistory(report);
  }
}

/**
 * The history with each proof of holding, and each change made meanwhile, moved back by as much as the clocks of two hosts
 * may differ from what was measured. What is wrong with it then is wrong for certain; an overlap shorter than that goes
 * unseen. It is a fraction of a millisecond, while a hand-over takes three round trips at least, and the counter needs no
 * clock but for the order of two holders.
 */
function understated(history: readonly HistoryEvent[], errorMs: number): HistoryEvent[] {
  const grants = new Map<string, number>();
  for (const event of history) {
    if (event.type === 'acquired') grants.set(`${event.process} ${event.token}`, event.at);
  }
  return history.map((event) => {
    if (event.type !== 'held' && event.type !== 'update' && event.type !== 'release') return event;
    const grantedAt = grants.get(`${event.process} ${event.token}`) ?? -Infinity;
    return { ...event, at: Math.max(event.at - errorMs, grantedAt) };
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
