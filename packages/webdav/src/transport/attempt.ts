import type { Clock, Timer } from '@holdfast/vfs';
import { FailedAttempt, type Failure } from '@holdfast/vfs/adapter';
import type { ClientRequest } from 'node:http';
import { CROSS_ORIGIN, GIVEN_UP, networkFailure, SILENT } from '../errors.js';
import type { Exchange } from './exchange.js';
import { CLOSED, FOREIGN } from './pool.js';

/** One request on its way: what is known of it, and what ends it. */
export class Attempt {
  readonly signal: AbortSignal;
  onHeard: (() => void) | undefined;
  /** It has its status. What is left of the answer counts for nothing, and is not waited for for ever. */
  isAnswered = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #isPatient: boolean;
  readonly #leave: () => void;
  #lingering: Timer | undefined;
  #request: ClientRequest | undefined;
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
      if (lingerMs === 0 || !this.#wasSent()) leave();
      else this.#lingering = clock.schedule(leave, lingerMs, { background: true });
    };
    outer.addEventListener('abort', this.#leave, { once: true });
  }

  isMadeBy(request: ClientRequest): void {
    this.#request = request;
  }

  heard(): void {
    this.onHeard?.();
  }

  giveUp(as: Failure): void {
    this.#givenUp = as;
    this.#controller.abort();
  }

  /** One that must not be repeated is waited for, once it was sent. */
  giveUpForSilence(): void {
    if (this.#isPatient && !this.isAnswered && this.#wasSent()) return;
    this.giveUp(SILENT);
  }

  end(): void {
    this.#lingering?.cancel();
    this.#outer.removeEventListener('abort', this.#leave);
  }

  /** Keeps the code alone: the errors of the client carry URLs, and lead to sockets that hold the credentials. */
  failureOf(error: unknown): FailedAttempt {
    if (this.signal.aborted) {
      const wasSent = this.#wasSent();
      return new FailedAttempt(wasSent ? this.#givenUp : { ...this.#givenUp, outcome: 'failed' });
    }
    const { code, erroredSysCall } = (typeof error === 'object' && error !== null ? error : {}) as {
      code?: unknown;
      erroredSysCall?: unknown;
    };
    if (code === FOREIGN) return new FailedAttempt(CROSS_ORIGIN);
    if (code === CLOSED) return new FailedAttempt({ ...GIVEN_UP, outcome: 'failed' });
    const isUnsent = erroredSysCall === 'connect' || erroredSysCall === 'getaddrinfo';
    return networkFailure(typeof code === 'string' ? code : undefined, !isUnsent);
  }

  /** Not while there is no connection yet. */
  #wasSent(): boolean {
    const socket = this.#request?.socket;
    return socket !== null && socket !== undefined && !socket.connecting;
  }
}
