import { isVFSError, type CallOptions, type VFS, type Watcher } from '@holdfast/vfs';
import { LockTimeoutError, NotLeaderError } from '../errors/index.js';
import { inspectState, type LockInfo } from '../inspect.js';
import { parseLedgerName } from '../ledger/index.js';
import { lockStateOf, type LockState } from '../lock-state.js';
import {
  parseCall,
  parseCampaign,
  parseElectionOptions,
  type CampaignOptions,
  type ElectionOptions,
  type Settings,
} from '../options.js';
import { cancellation, isTransient, OUT_OF_TIME, type Cancellation } from '../time/index.js';
import { Acquisition, Pauses } from '../wait/index.js';
import { LeaderView, type View } from './leader-view.js';
import { Leadership } from './leadership.js';
import type { Leader } from './published.js';

/**
 * One leader among any number of candidates, over all processes and hosts, and a value of it that all can read: the address
 * of a service, say.
 *
 * An `Election` object is one candidate, or somebody who only looks. A leader that shows no life for its window is replaced;
 * a value is read under the token of the leadership that proclaimed it, and never passes for that of another one.
 *
 * Source of the words: etcd, `client/v3/concurrency`, `Election`.
 *
 * @example
 * const election = new Election(vfs, { id: 'scheduler', value: 'http://10.0.0.7:8080', dir: '/locks' });
 * const leadership = await election.campaign();
 * await serve({ fence: leadership.token, signal: leadership.signal });
 */
export class Election {
  readonly id: string;
  readonly #state: LockState;
  readonly #settings: Settings & { readonly value: string };
  #leadership: Leadership | undefined;
  #campaigning: Promise<unknown> | undefined;

  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: ElectionOptions) {
    this.#settings = parseElectionOptions(options, vfs);
    this.id = this.#settings.id;
    this.#state = lockStateOf(vfs, this.#settings.clock, this.#settings);
  }

  /**
   * Waits until it leads, and has published its value. Candidates are served in the order in which they came. Who leads
   * already gets the leadership that it has.
   *
   * @throws as `Lock.acquire`; if its value could not be published, the `VFSError`, and the lead is given back
   */
  async campaign(options?: CampaignOptions): Promise<Leadership> {
    const { timeoutMs, signal } = parseCampaign(options);
    const { clock } = this.#settings;
    const startedAt = clock.monotonic();
    const caller = cancellation(clock, timeoutMs, signal);
    try {
      caller.throwIfCancelled();
      while (this.#campaigning !== undefined) await caller.race(this.#campaigning.catch(() => undefined));
    } catch (error) {
      throw error === OUT_OF_TIME ? new LockTimeoutError(this.id, timeoutMs ?? 0, undefined) : error;
    } finally {
      caller.dispose();
    }
    if (this.#leadership?.held === true) return this.#leadership;
    const campaign = this.#campaign(signal, () =>
      timeoutMs === undefined ? undefined : Math.max(0, timeoutMs - (clock.monotonic() - startedAt)),
    );
    this.#campaigning = campaign;
    return campaign.finally(() => (this.#campaigning = undefined));
  }

  /** The leadership that it has, or had last; `undefined` if it never led. */
  get leadership(): Leadership | undefined {
    return this.#leadership;
  }

  /** Changes what others read. @throws `NotLeaderError` if it has never led; else as `Leadership.proclaim` */
  async proclaim(value: string, options?: CallOptions): Promise<void> {
    if (this.#leadership === undefined) throw new NotLeaderError(this.id);
    return this.#leadership.proclaim(value, options);
  }

  /** Gives the lead up, if it has it: others can have it at once. A campaign under way goes on: end it by its signal. */
  async resign(): Promise<void> {
    await this.#leadership?.resign();
  }

  /**
   * Who leads; `undefined` if nobody does, or who does has not published its value yet. Answers at once, with one
   * exception: a leader that looks dead by its age is observed for up to its window.
   *
   * That age is told by the clocks of this host and of the storage. Where they may differ by more than a window, use `observe`.
   */
  async leader(options?: CallOptions): Promise<Leader | undefined> {
    const { signal } = parseCall(options);
    signal?.throwIfAborted();
    return this.#view().verdict(signal);
  }

  /**
   * Who leads, and then each change: another leader, another value of it, or `undefined` once nobody leads any more. A leader
   * without a sign of life is told of as lost once it was seen so for its window. Ends when `signal` aborts.
   *
   * Looks as often as a leader shows life, `heartbeatMs`, and where the storage tells of changes at once too.
   *
   * @throws a `VFSError` if the storage fails for good, or for a whole `staleAfterMs`: then nobody knows who leads
   */
  async *observe(options?: CallOptions): AsyncGenerator<Leader | undefined, void, undefined> {
    const { signal } = parseCall(options);
    const { clock, heartbeatMs } = this.#settings;
    const caller = cancellation(clock, undefined, signal);
    const pauses = new Pauses(this.#settings);
    const forget = this.#state.onWake(() => pauses.wake());
    const view = this.#view();
    let watcher: Watcher | undefined;
    let last: Leader | undefined;
    try {
      while (!caller.cancelled) {
        watcher ??= await this.#watch(() => pauses.wake());
        const { leader, remainingMs } = await caller.race(this.#patiently(view, pauses, caller));
        if (leader?.token !== last?.token || leader?.value !== last?.value) {
          last = leader;
          yield leader;
        }
        await pauses.pause(Math.min(heartbeatMs, remainingMs), caller);
      }
    } catch (error) {
      if (!caller.cancelled) throw error;
    } finally {
      watcher?.close();
      forget();
      caller.dispose();
    }
  }

  /** Who leads and who waits to lead, with tokens, as the storage shows it at this moment. */
  async inspect(options?: CallOptions): Promise<LockInfo> {
    const { signal } = parseCall(options);
    const { kind, clock, turn } = this.#settings;
    return inspectState(this.#state, { id: this.id, kind, clock, turn, signal });
  }

  async #campaign(signal: AbortSignal | undefined, leftMs: () => number | undefined): Promise<Leadership> {
    const wish = { mode: 'exclusive', permits: 1 } as const;
    const { value } = this.#settings;
    for (;;) {
      const init = { wish, timeoutMs: leftMs(), signal };
      const lease = await new Acquisition(this.#state, this.#settings, init).acquire();
      const leadership = new Leadership(this.#state, this.#settings, lease);
      try {
        await leadership.proclaim(value, { signal });
        this.#leadership = leadership;
        return leadership;
      } catch (error) {
        await leadership[Symbol.asyncDispose]();
        // Who loses its place queues again.
        if (error !== leadership.signal.reason) throw error;
      }
    }
  }

  /** What was seen of a leader before is known to all views of this process; what was read of it is not. */
  #view(): LeaderView {
    return new LeaderView(this.#state, this.#settings);
  }

  async #patiently(view: LeaderView, pauses: Pauses, caller: Cancellation): Promise<View> {
    const { clock, staleAfterMs, heartbeatMs, emit } = this.#settings;
    const since = clock.monotonic();
    for (;;) {
      try {
        return await view.glance(caller.signal);
      } catch (error) {
        if (!isTransient(error) || clock.monotonic() - since > staleAfterMs) throw error;
        emit({ type: 'storage-error', during: 'observe', error });
        await pauses.pause(heartbeatMs / 4, caller);
      }
    }
  }

  /** A hint: one that is missing costs latency only. */
  async #watch(onChange: () => void): Promise<Watcher | undefined> {
    const { vfs, path } = this.#state.ledger;
    if (!vfs.capabilities.watch) return undefined;
    try {
      return await vfs.watch(path, (name) => {
        if (name === undefined || parseLedgerName(name)?.kind !== 'beat') onChange();
      });
    } catch (error) {
      // Nobody has campaigned yet.
      if (!isVFSError(error, 'ENOENT'))
        this.#settings.emit({ type: 'storage-error', during: 'observe', error });
      return undefined;
    }
  }
}
