import type { Clock, Operation, VFSPath } from '@holdfast/vfs';
import { FailedAttempt, failure, outcomeOfSilence, retry, toVFSError } from '@holdfast/vfs/adapter';
import { mayHaveTakenEffect } from './errors.js';
import { meaningOf } from './requests/refusal.js';
import type { Channel } from './transport/channel.js';
import type { Connection } from './transport/connection.js';
import { ServerRefusal } from './transport/server-refusal.js';

/** Where all calls of a VFS go. */
export interface Target {
  readonly adapter: string;
  readonly connection: Connection;
  /** `host:port`, for errors. */
  readonly server: string;
  /** The directory on the server that is `/`. */
  readonly base: string;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface CallOptions {
  readonly op: Operation;
  readonly path: VFSPath;
  readonly exclusive?: boolean;
  readonly signal: AbortSignal | undefined;
}

/** How often a call is tried where its connection fails. The deadline of the call ends it sooner. */
const MOST_ATTEMPTS = 3;

/** Calls that may be carried out twice. An exclusive creation is not one of them. */
const REPEATABLE: ReadonlySet<Operation> = new Set(['readFile', 'ls', 'stat', 'chtimes']);

/**
 * One call of the VFS: how far it has got, so that its error can tell whether it may have taken effect, and whether it may
 * be repeated on another connection where this one failed.
 */
export class Call {
  readonly #target: Target;
  readonly #options: CallOptions;
  /**
   * `looking`: nothing was sent that changes anything. `sent`: the connection knows whether it was. `took effect`: a part
   * of it is done.
   */
  #stage: 'looking' | 'sent' | 'took effect' = 'looking';

  constructor(target: Target, options: CallOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** The path as the server knows it. */
  get at(): string {
    const { base } = this.#target;
    const { path } = this.#options;
    if (path === '/') return base;
    return base === '/' ? path : `${base}${path}`;
  }

  /** From now on it sends what may change something. */
  sends(): void {
    this.#stage = 'sent';
  }

  tookEffect(): void {
    this.#stage = 'took effect';
  }

  /** @throws `VFSError`, or the reason of the caller's signal */
  async run<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const { connection, clock, random, adapter } = this.#target;
    const { op, path, exclusive, signal } = this.#options;
    let connected = false;
    const attempt = (): Promise<T> => {
      this.#stage = 'looking';
      connected = false;
      return connection.use((channel) => {
        connected = true;
        return this.#attempt(channel, work);
      }, signal);
    };
    try {
      return await retry(attempt, {
        idempotent: REPEATABLE.has(op) || (op === 'writeFile' && exclusive !== true),
        failureOf: (error) => {
          if (!(error instanceof FailedAttempt)) throw error;
          // If no connection can be had, say why at once. Repeating would only end at the deadline, whose error says less.
          return connected ? error : new FailedAttempt({ ...error.failure, retryable: false });
        },
        attempts: MOST_ATTEMPTS,
        clock,
        random,
        signal,
      });
    } catch (error) {
      throw error instanceof FailedAttempt ? toVFSError(error, { op, path, adapter }) : error;
    }
  }

  async #attempt<T>(channel: Channel, work: (channel: Channel) => Promise<T>): Promise<T> {
    try {
      return await work(channel);
    } catch (error) {
      if (error instanceof ServerRefusal) throw await this.#refused(channel, error);
      throw error instanceof FailedAttempt ? this.#judged(error) : error;
    }
  }

  /** What the connection knows of its last request is not yet what is known of the whole call. */
  #judged(failed: FailedAttempt): FailedAttempt {
    if (this.#stage === 'took effect') return failed.inDoubt();
    if (this.#stage === 'sent') return failed;
    return new FailedAttempt({ ...failed.failure, outcome: 'failed' });
  }

  async #refused(channel: Channel, refusal: ServerRefusal): Promise<FailedAttempt> {
    const { op, exclusive = false } = this.#options;
    const { server, base } = this.#target;
    const inDoubt = this.#stage === 'took effect' || mayHaveTakenEffect(refusal.status);
    const outcome = inDoubt ? outcomeOfSilence(op) : 'failed';
    const refused = { op, path: this.at, base, server, exclusive };
    try {
      const { code, ...explained } = await meaningOf(channel, refusal, refused);
      return new FailedAttempt(failure(code, { outcome, ...explained }), { cause: refusal });
    } catch (error) {
      if (!(error instanceof FailedAttempt)) throw error;
      // The server had already refused it: do not repeat it only because the connection failed after that.
      return new FailedAttempt({ ...error.failure, outcome, retryable: false }, { cause: refusal });
    }
  }
}
