/** Holds calls up until a test lets them through. */
export class Gate {
  /** Settles once the first call stands at the gate. */
  readonly reached: Promise<void>;
  readonly #opened: Promise<void>;
  #reach: (() => void) | undefined;
  #open: (() => void) | undefined;
  #waiting = 0;

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  /** How many calls stand at it. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Lets all calls through, from now on. */
  open(): void {
    this.#open?.();
  }

  /** Waits at the gate. For whoever holds a call up. */
  async pass(): Promise<void> {
    this.#waiting++;
    this.#reach?.();
    await this.#opened;
    this.#waiting--;
  }
}
