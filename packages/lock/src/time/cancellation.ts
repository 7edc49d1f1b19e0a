import type { Clock, Timer } from '@holdfast/vfs';
import { whenAborted } from '@holdfast/vfs/adapter';

/** Marks that time ran out, until it is made the error that the caller sees. */
export const OUT_OF_TIME: unique symbol = Symbol('out of time');

/** How long a caller is willing to wait: a timeout, an abort signal, both or neither. */
export interface Cancellation {
  readonly cancelled: boolean;
  /** The abort's reason, or `OUT_OF_TIME`. */
  readonly reason: unknown;
  /** Aborts when the caller leaves, for calls that are worth stopping; `undefined` if it never does. */
  readonly signal: AbortSignal | undefined;
  throwIfCancelled(): void;
  /** `work`, or the caller's leaving if that comes first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Calls `leave` once, if the caller leaves. @returns what takes the wish back */
  onCancel(leave: (reason: unknown) => void): () => void;
  /** To be called when the waiting is over, whatever came of it. */
  dispose(): void;
}

/** Of a caller that waits for ever. */
const NEVER: Cancellation = {
  cancelled: false,
  reason: undefined,
  signal: undefined,
  throwIfCancelled: () => undefined,
  race: (work) => work,
  onCancel: () => () => undefined,
  dispose: () => undefined,
};

export function cancellation(
  clock: Clock,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Cancellation {
  if (timeoutMs === undefined && signal === undefined) return NEVER;
  return new RealCancellation(clock, timeoutMs, signal);
}

class RealCancellation implements Cancellation {
  reason: unknown;
  #cancelled = false;
  #controller: AbortController | undefined;
  readonly #leaving = new Set<(reason: unknown) => void>();
  readonly #forget: (() => void) | undefined;
  readonly #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    if (signal?.aborted === true) {
      this.#end(signal.reason);
      return;
    }
    if (signal !== undefined) this.#forget = whenAborted(signal, () => this.#end(signal.reason));
    if (timeoutMs !== undefined) this.#timer = clock.schedule(() => this.#end(OUT_OF_TIME), timeoutMs);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  throwIfCancelled(): void {
    if (this.#cancelled) throw this.reason;
  }

  /** Not by `Promise.race`, which would leave something behind for each of the many pauses of one long wait. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const forget = this.onCancel(reject);
      work.then(
        (result) => {
          forget();
          resolve(result);
        },
        (error: unknown) => {
          forget();
          reject(error);
        },
      );
    });
  }

  onCancel(leave: (reason: unknown) => void): () => void {
    if (this.#cancelled) {
      leave(this.reason);
      return () => undefined;
    }
    this.#leaving.add(leave);
    return () => this.#leaving.delete(leave);
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#forget?.();
    this.#leaving.clear();
  }

  #end(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.reason = reason;
    const leaving = Array.from(this.#leaving);
    this.dispose();
    for (const leave of leaving) leave(reason);
    this.#controller?.abort(reason);
  }
}
