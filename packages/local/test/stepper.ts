import { OFFLOAD, type Steps } from '../src/operations/steps.js';

/** Runs an operation one system call at a time, so that a test can look or meddle in between. */
export class Stepper<T> {
  readonly #steps: Steps<T>;
  #turn: ReturnType<Steps<T>['next']>;
  /** The calls made so far, by name. */
  readonly made: string[] = [];

  constructor(steps: Steps<T>) {
    this.#steps = steps;
    this.#turn = steps.next();
    this.#skipOffloads();
  }

  get done(): boolean {
    return this.#turn.done === true;
  }

  /** The name of the call that would be made next. */
  get next(): string | undefined {
    return this.#turn.done === true || this.#turn.value === OFFLOAD ? undefined : this.#turn.value.name;
  }

  /** Makes the next call, or lets it fail with `failure` instead. */
  step(failure?: { readonly code: string }): void {
    const { value, done } = this.#turn;
    if (done === true || value === OFFLOAD) throw new Error('there is no further call');
    this.made.push(value.name);
    let answer: unknown;
    try {
      if (failure !== undefined) throw Object.assign(new Error(failure.code), failure);
      answer = value.now();
    } catch (error) {
      this.#turn = this.#steps.throw(error);
      this.#skipOffloads();
      return;
    }
    this.#turn = this.#steps.next(answer);
    this.#skipOffloads();
  }

  /** Makes calls until the next one is `name`. */
  until(name: string): void {
    while (this.next !== name) this.step();
  }

  /** Makes all calls that are left. */
  finish(): T {
    for (;;) {
      if (this.#turn.done === true) return this.#turn.value;
      this.step();
    }
  }

  #skipOffloads(): void {
    while (this.#turn.done !== true && this.#turn.value === OFFLOAD) this.#turn = this.#steps.next();
  }
}
