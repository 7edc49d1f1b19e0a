import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HalfDone, Refusal } from './errno.js';
import type { AnswerOf, ArgumentsOf, OperationName } from './operations.js';
import type { Place } from './place.js';
import { fromFault, type Report } from './wire.js';

/** Starts the helper process; a test passes its own. */
export type StartHelper = (threads: number) => ChildProcess;

const ADVICE = 'Retry; where no processes may be started, pass { isolate: false }';

/**
 * A process that makes calls on a mount in this one's stead.
 *
 * A call that hangs in the kernel occupies its thread until the server answers, and Node waits for every thread before
 * it ends: one such call in this process would keep `process.exit` from ever ending it.
 */
export class Helper {
  readonly #threads: number;
  readonly #start: StartHelper;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #lastId = 0;
  #dismissed = false;

  constructor(threads: number, start: StartHelper = startHelper) {
    this.#threads = threads;
    this.#start = start;
  }

  run<N extends OperationName>(place: Place, name: N, rest: ArgumentsOf<N>): Promise<AnswerOf<N>> {
    return new Promise((resolve, reject) => {
      const child = this.#running();
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      child.send({ id, place, name, rest }, (error) => {
        if (error !== null) this.#settle(id, (call) => call.reject(unheard(error)));
      });
    });
  }

  /** Ends the process once it has nothing left to do. A call that hangs may put that off to the end of this process. */
  dismiss(): void {
    this.#dismissed = true;
    this.#endIfIdle();
  }

  #running(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    let child: ChildProcess;
    try {
      child = this.#start(this.#threads);
    } catch (error) {
      throw notStarted(error);
    }
    this.#child = child;
    child.on('message', (report: Report) => {
      this.#settle(report.id, (call) => {
        if ('fault' in report) call.reject(fromFault(report.fault));
        else call.resolve(report.answer);
      });
    });
    child.once('error', (error) =>
      this.#lost(child, child.pid === undefined ? notStarted(error) : unheard(error)),
    );
    child.once('exit', () => this.#lost(child, unheard()));
    // Only its caller's deadline may keep this process alive.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #lost(child: ChildProcess, reason: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const id of this.#waiting.keys()) this.#settle(id, (call) => call.reject(reason));
  }

  #settle(id: number, how: (call: Waiting) => void): void {
    const call = this.#waiting.get(id);
    if (call === undefined) return;
    this.#waiting.delete(id);
    how(call);
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (!this.#dismissed || this.#waiting.size > 0) return;
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

interface Waiting {
  /** With what the helper reports: an order is answered with what its operation gives. */
  resolve(answer: unknown): void;
  reject(reason: Error): void;
}

function startHelper(threads: number): ChildProcess {
  // Run from its sources, as the tests do, the package uses what was built of the helper.
  const built = import.meta.url.endsWith('.ts') ? '../dist/agent.js' : './agent.js';
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return fork(fileURLToPath(new URL(built, import.meta.url)), {
    // Neither a debugger's port nor a loader of the parent's is for the child.
    execArgv: [],
    env: { ...environment, UV_THREADPOOL_SIZE: String(threads) },
    serialization: 'advanced',
    // A working directory on a mount that hangs would hang the start.
    cwd: process.platform === 'win32' ? undefined : '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function notStarted(cause: unknown): Error {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new Refusal('ECONN', `the helper process for the mount did not start${why}`, ADVICE);
}

/** The process ended, or the channel broke, with orders given and not reported on. */
function unheard(cause?: Error): Error {
  const why = cause === undefined ? '' : `: ${cause.message}`;
  return new HalfDone(new Refusal('ECONN', `the helper process for the mount ended${why}`, ADVICE));
}
