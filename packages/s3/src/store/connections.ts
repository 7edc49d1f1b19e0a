import type { Clock } from '@holdfast/vfs';
import { Backoff, FailedAttempt, whenAborted, type Attempt } from '@holdfast/vfs/adapter';
import { failureOf } from '../errors.js';
import { nodeAgents, type Agents } from './agents.js';
import { ABORTED } from './failures.js';

/** Most requests that wait for an answer at a time. */
const MOST_AT_A_TIME = 64;
/** Most of them that there is no open connection for. */
const MOST_DIALS = 8;
/** Most time between two knocks at a store that cannot be reached: a call has time for a few. */
const LONGEST_PAUSE_MS = 1_000;

export interface ConnectionsOptions {
  readonly clock: Clock;
  /** Longest wait of a request for a store that cannot be reached, before it fails without being sent. */
  readonly patienceMs: number;
  /** Default: those of Node. */
  readonly agents?: Agents | undefined;
}

export interface UseOptions {
  readonly signal: AbortSignal | undefined;
  /** Aborts when the VFS is closed. */
  readonly closed: AbortSignal;
}

/** The connections of one VFS, and who may use them when. */
export class Connections {
  readonly agents: Agents;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #backoff: Backoff;
  readonly #waiting = new Set<() => void>();
  #taken = 0;
  /** Why the store cannot be reached, as long as it cannot. */
  #away: FailedAttempt | undefined;

  constructor({ clock, patienceMs, agents = nodeAgents() }: ConnectionsOptions) {
    this.agents = agents;
    agents.onOpen(() => this.#callNext());
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#backoff = new Backoff({ clock, longestMs: LONGEST_PAUSE_MS });
  }

  /**
   * Runs a request when it is its turn: not too many at a time, and while the store cannot be reached one at a time,
   * however many calls there are.
   *
   * @param run - gets what gives its place to the next before it is over, for a request that may be long
   * @throws `FailedAttempt`
   */
  async use<T>(options: UseOptions, run: (giveBack: () => void) => Promise<T>): Promise<T> {
    const { giveBack, attempt } = await this.#enter(options);
    try {
      const result = await run(giveBack);
      this.#reached(attempt);
      return result;
    } catch (error) {
      const failed = failureOf(error);
      const { code, retryable } = failed.failure;
      if (code === 'ECONN' && retryable) this.#missed(attempt, failed);
      // Silence tells nothing.
      else if (code !== 'ETIMEDOUT') this.#reached(attempt);
      throw failed;
    } finally {
      giveBack();
    }
  }

  #reached(attempt: Attempt): void {
    this.#away = undefined;
    attempt.reached();
  }

  #missed(attempt: Attempt, failed: FailedAttempt): void {
    this.#away = failed;
    attempt.missed();
  }

  async #enter({ signal, closed }: UseOptions): Promise<{ giveBack: () => void; attempt: Attempt }> {
    const gate = new AbortController();
    const onAbort = (): void => gate.abort(new FailedAttempt({ ...ABORTED, outcome: 'failed' }));
    const onPatience = (): void => {
      // Nothing was sent, so that it surely had no effect.
      if (this.#away !== undefined) gate.abort(unsent(this.#away));
      else timer = this.#clock.schedule(onPatience, this.#patienceMs);
    };
    let timer = this.#clock.schedule(onPatience, this.#patienceMs);
    if (signal?.aborted === true || closed.aborted) onAbort();
    const forgets = [signal, closed].map((given) => given && whenAborted(given, onAbort));
    try {
      const giveBack = await this.#take(gate.signal);
      try {
        return { giveBack, attempt: await this.#backoff.begin(gate.signal) };
      } catch (error) {
        giveBack();
        throw error;
      }
    } finally {
      timer.cancel();
      for (const forget of forgets) forget?.();
    }
  }

  #hasPlace(): boolean {
    return this.#taken < Math.min(MOST_AT_A_TIME, this.agents.open + MOST_DIALS);
  }

  /** Waits for a place; resolves with what gives it back. */
  async #take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#hasPlace()) this.#taken += 1;
    else await this.#turn(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken -= 1;
      this.#callNext();
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(go);
        signal.removeEventListener('abort', onAbort);
      };
      const go = (): void => {
        end();
        resolve();
      };
      const onAbort = (): void => {
        end();
        reject(signal.reason);
      };
      this.#waiting.add(go);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Hands free places to those who have waited longest. */
  #callNext(): void {
    for (const go of this.#waiting) {
      if (!this.#hasPlace()) return;
      this.#taken += 1;
      go();
    }
  }
}

function unsent({ failure, cause }: FailedAttempt): FailedAttempt {
  return new FailedAttempt({ ...failure, outcome: 'failed', retryable: false }, { cause });
}
