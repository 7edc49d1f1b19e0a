import type { Clock, Timer } from '@holdfast/vfs';
import { FailedAttempt, type Failure } from '@holdfast/vfs/adapter';
import type { ClientRequest } from 'node:http';
import { TLSSocket } from 'node:tls';
import { CROSS_ORIGIN, GIVEN_UP, networkFailure, SILENT } from '../errors.js';
import type { Exchange } from './exchange.js';
import { CLOSED, FOREIGN } from './pool.js';

/** One request on its way: how far it got, and what ends it. */
export class Attempt {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** It has its status. What is left of the answer counts for nothing, and is not waited for for long. */
  isAnswered = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #isPatient: boolean;
  readonly #leave: () => void;
  #lingering: Timer | undefined;
  /** There is a connection that it could go out on. */
  #isConnected = false;
  #givenUp: Failure = GIVEN_UP;

  constructor(
    outer: AbortSignal,
    clock: Clock,
    { isPatient = false, lingerMs = 0 }: Pick<Exchange, 'isPatient' | 'lingerMs'>,
  ) {
    this.signal = this.#controller.signal;
    this.#outer = outer;
    this.#isPatient = isPatient;
    this.#leave = () => {
      const leave = (): void => this.giveUp(GIVEN_UP);
      if (lingerMs === 0 || !this.#isConnected) leave();
      else this.#lingering = clock.schedule(leave, lingerMs, { background: true });
    };
    outer.addEventListener('abort', this.#leave, { once: true });
  }

  /** Follows the request that the client makes of it. */
  isMadeBy(request: ClientRequest): void {
    request.once('socket', (socket) => {
      const connected = (): void => {
        this.#isConnected = true;
      };
      if (request.reusedSocket) connected();
      else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', connected);
    });
  }

  giveUp(as: Failure): void {
    this.#givenUp = as;
    this.#controller.abort();
  }

  /** One that must not be repeated is waited for, once it was sent. */
  giveUpForSilence(): void {
    if (this.#isPatient && !this.isAnswered && this.#isConnected) return;
    this.giveUp(SILENT);
  }

  end(): void {
    this.#lingering?.cancel();
    this.#outer.removeEventListener('abort', this.#leave);
  }

  /** Keeps the code alone: the errors of the client carry URLs, and lead to sockets that hold the credentials. */
  failureOf(error: unknown): FailedAttempt {
    const wasSent = this.#isConnected;
    if (this.signal.aborted) {
      return new FailedAttempt(wasSent ? this.#givenUp : { ...this.#givenUp, outcome: 'failed' });
    }
    const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown };
    if (code === FOREIGN) return new FailedAttempt(CROSS_ORIGIN);
    if (code === CLOSED) return new FailedAttempt({ ...GIVEN_UP, outcome: 'failed' });
    return networkFailure(typeof code === 'string' ? code : undefined, wasSent);
  }
}
