import type { ChildProcess } from 'node:child_process';
import { HalfDone, Refusal } from '../errors.js';
import type { AnswerOf, ArgumentsOf, OperationName } from '../operations/operations.js';
import type { RootConfig } from '../root-config.js';
import { fromFault, type Report } from './wire.js';

/** What to do about a helper process that is not there. */
const ADVICE = 'Retry; where no processes may be started, pass { isolate: false }';

interface Waiting {
  /** With what the helper reports: an order is answered with what its operation gives. */
  resolve(answer: unknown): void;
  reject(reason: unknown): void;
}

/** One process that makes calls, and the orders that it was given and has not reported on. */
export class HelperProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #state: 'taking orders' | 'to end when done' | 'ended' = 'taking orders';
  #lastId = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (report: Report) => {
      this.#settle(report.id, (call) => {
        if ('fault' in report) call.reject(fromFault(report.fault));
        else call.resolve(report.answer);
      });
    });
    child.on('error', (error) => this.#lost(this.#started ? unheard(error) : notStarted(error)));
    child.once('disconnect', () => this.#lost(unheard()));
    child.once('exit', () => this.#lost(unheard()));
    // With no process, the system's reason comes as an error in this turn of the event loop, if it comes.
    if (!this.#started) setImmediate(() => this.#lost(notStarted()));
    // Only its caller's deadline may keep this process alive.
    child.unref();
    child.channel?.unref();
  }

  get takesOrders(): boolean {
    return this.#state !== 'ended';
  }

  order<N extends OperationName>(config: RootConfig, name: N, rest: ArgumentsOf<N>): Promise<AnswerOf<N>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#state = 'taking orders';
      if (!this.#started) return;
      this.#child.send({ id, config, name, rest }, (error) => {
        if (error !== null) this.#unsent(id, error);
      });
    });
  }

  /** Ends the process as soon as it has reported on all that it was ordered, unless it is given a further order before. */
  endWhenDone(): void {
    if (this.#state === 'ended') return;
    this.#state = 'to end when done';
    if (this.#waiting.size === 0) this.#end();
  }

  /** Whether there is a process. With too many open files there is not even the means to speak to it. */
  get #started(): boolean {
    return this.#child.pid !== undefined;
  }

  /** It is of no more use, but may have reported on the other orders: those wait until its end is seen. */
  #unsent(id: number, error: Error): void {
    this.#end();
    this.#fail(id, unheard(error));
  }

  #lost(reason: unknown): void {
    this.#end();
    for (const id of this.#waiting.keys()) this.#fail(id, reason);
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (!this.#started || this.#child.kill('SIGKILL')) return;
    // A process that gave up its rights may not kill one that kept them; without its parent, the helper ends itself.
    if (this.#child.connected) this.#child.disconnect();
  }

  /** In a turn of its own: whoever retries without a pause must not keep everything else from its turn. */
  #fail(id: number, reason: unknown): void {
    setImmediate(() => this.#settle(id, (call) => call.reject(reason)));
  }

  #settle(id: number, how: (call: Waiting) => void): void {
    const call = this.#waiting.get(id);
    if (call === undefined) return;
    this.#waiting.delete(id);
    how(call);
    if (this.#state === 'to end when done' && this.#waiting.size === 0) this.#end();
  }
}

export function notStarted(cause?: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new Refusal('ECONN', `the helper process for the mount did not start${why}`, ADVICE);
}

/** The process ended, or the channel broke, with orders given and not reported on. */
function unheard(cause?: Error): Error {
  const why = cause === undefined ? '' : `: ${cause.message}`;
  return new HalfDone(new Refusal('ECONN', `the helper process for the mount ended${why}`, ADVICE));
}
