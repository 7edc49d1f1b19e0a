import type { LocalVFSOptions } from '@holdfast/local';
import type { WaitOptions } from 'holdfast';
import { parseHistory, type HistoryEvent } from '@holdfast/testkit';
import type {
  ContenderMethods,
  ContendOptions,
  EventNote,
  Granted,
  LossNote,
  TrialLock,
  WorkNote,
} from '../lab/inside/contender.js';
import { counterOf } from '../lab/inside/counter.js';
import { monotonic } from '../lab/inside/instant.js';
import type { Peer } from '../lab/inside/peer.js';
import type { GuestClock } from '../lab/guest-clock.js';
import type { Guest, GuestProcess } from '../lab/guest.js';

/** Every moment in here was brought to this machine's monotonic clock. */
interface Journal {
  readonly history: HistoryEvent[];
  readonly events: EventNote[];
  readonly losses: LossNote[];
  readonly stops: WorkNote[];
  /** When it took SIGUSR2. */
  readonly signals: number[];
}

/** A process of a guest that contends for locks, as seen from outside. */
export class Contender {
  readonly name: string;
  readonly journal: Journal = { history: [], events: [], losses: [], stops: [], signals: [] };
  readonly process: GuestProcess;
  readonly #clock: GuestClock;
  readonly #peer: Peer<ContenderMethods>;
  readonly #listeners = new Set<(heard: unknown) => void>();
  readonly #kept = new Map<string, Promise<void>>();

  private constructor(name: string, clock: GuestClock, start: (self: Contender) => GuestProcess) {
    this.name = name;
    this.#clock = clock;
    this.process = start(this);
    this.#peer = this.process.as<ContenderMethods>();
  }

  static async start(guest: Guest, role: string, clock: GuestClock): Promise<Contender> {
    const name = `${guest.name}-${role}`;
    let self: Contender | undefined;
    const process = await guest.start(name, 'contender', (topic, data) => self?.hear(topic, data));
    return (self = new Contender(name, clock, () => process));
  }

  get peer(): Peer<ContenderMethods> {
    return this.#peer;
  }

  async open(id: string, root: string, options: LocalVFSOptions, lock: TrialLock): Promise<void> {
    await this.#peer.call('open', id, root, options);
    await this.#peer.call('open', counterOf(id), root, { ...options, deadlineMs: 60_000 });
    await this.#peer.call('lock', id, this.name, lock);
  }

  /**
   * Has the mount at `root` stay open, once, and resolves when a call to it was answered. The adapter's helper process
   * starts with the first call on a device and ends with the last VFS on it: what comes later neither waits for a start
   * (seconds, on a machine with much else to do) nor ends it.
   */
  keep(root: string): Promise<void> {
    const kept = this.#kept.get(root) ?? this.#keep(root);
    this.#kept.set(root, kept);
    return kept;
  }

  async #keep(root: string): Promise<void> {
    await this.#peer.call('open', root, root, { deadlineMs: 60_000 });
    await this.#peer.call('call', root, 0, { op: 'ls', path: '/' });
  }

  async acquire(id: string, wait: WaitOptions = {}): Promise<Granted> {
    const { token, at } = await this.#peer.call('acquire', id, wait);
    return { token, at: at + this.#clock.offsetMs };
  }

  release(id: string): Promise<void> {
    return this.#peer.call('release', id);
  }

  contend(id: string, options: ContendOptions): Promise<number> {
    return this.#peer.call('contend', id, options);
  }

  /** The first entry of a part of the journal that fits, as soon as there is one. */
  async until<K extends keyof Journal>(
    part: K,
    fits: (entry: Journal[K][number]) => boolean,
    withinMs: number,
  ): Promise<Journal[K][number]> {
    const find = (): Journal[K][number] | undefined =>
      (this.journal[part] as readonly Journal[K][number][]).find((entry) => fits(entry));
    const late = AbortSignal.timeout(withinMs);
    const over = new Promise<unknown>((resolve) => {
      late.addEventListener('abort', resolve, { once: true });
    });
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (late.aborted)
        throw new Error(`${this.name} has noted nothing of the kind in ${part} within ${withinMs} ms`);
      await Promise.race([over, new Promise<unknown>((resolve) => this.#listeners.add(resolve))]);
    }
  }

  hear(topic: string, data: unknown): void {
    const { offsetMs } = this.#clock;
    switch (topic) {
      case 'history':
        for (const event of parseHistory(String(data))) {
          this.journal.history.push({ ...event, at: event.at + offsetMs });
        }
        break;
      case 'event': {
        const note = data as EventNote;
        this.journal.events.push({ ...note, at: note.at + offsetMs });
        break;
      }
      case 'lost': {
        const note = data as LossNote;
        this.journal.losses.push({ ...note, at: note.at + offsetMs });
        break;
      }
      case 'stopped': {
        const note = data as WorkNote;
        const { lastAt, stoppedAt } = note;
        this.journal.stops.push({ ...note, lastAt: lastAt + offsetMs, stoppedAt: stoppedAt + offsetMs });
        break;
      }
      case 'signalled':
        this.journal.signals.push(monotonic());
        break;
    }
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(undefined);
  }
}
