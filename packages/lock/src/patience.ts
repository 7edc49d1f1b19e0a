import type { Clock, Timer } from '@holdfast/vfs';

/** Marks that time ran out, until it is made the error that the caller sees. */
export const OUT_OF_TIME: unique symbol = Symbol('out of time');

/** How long a caller is willing to wait: a timeout, an abort signal, both or neither. */
export class Patience {
  /** Rejects with the abort's reason or `OUT_OF_TIME`, once, or never. Never reported as unhandled. */
  readonly gone: Promise<never>;
  /** Aborts at the same moment, for calls that are worth stopping. */
  readonly signal: AbortSignal;
  #over = false;
  readonly #leaving = new Set<(reason: unknown) => void>();
  readonly #dispose: () => void;

  constructor(clock: Clock, timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    const controller = new AbortController();
    this.signal = controller.signal;
    let timer: Timer | undefined;
    let onAbort: (() => void) | undefined;
    this.gone = new Promise<never>((_, reject) => {
      const end = (reason: unknown): void => {
        this.#over = true;
        reject(reason);
        for (const leave of Array.from(this.#leaving)) leave(reason);
        controller.abort(reason);
      };
      onAbort = (): void => end(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs !== undefined) timer = clock.schedule(() => end(OUT_OF_TIME), timeoutMs);
      if (signal?.aborted === true) onAbort();
    });
    this.gone.catch(() => undefined);
    this.#dispose = (): void => {
      timer?.cancel();
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    };
  }

  get over(): boolean {
    return this.#over;
  }

  /**
   * `work`, or the end of patience if that comes first. Not by `Promise.race`, which would leave something behind on
   * {@link gone} for each of the many pauses of one long wait.
   */
  race<T>(work: Promise<T>): Promise<T> {
    if (this.#over) return this.gone;
    return new Promise<T>((resolve, reject) => {
      this.#leaving.add(reject);
      const end = (): boolean => this.#leaving.delete(reject);
      work.then(
        (result) => {
          end();
          resolve(result);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  /** To be called when the waiting is done, whatever came of it. */
  dispose(): void {
    this.#dispose();
  }
}
