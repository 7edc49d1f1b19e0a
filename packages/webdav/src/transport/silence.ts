import type { Clock, Timer } from '@holdfast/vfs';

export interface SilenceRules {
  readonly clock: Clock;
  /** Milliseconds without a sign of life after which `onPause` is called, once. */
  readonly pauseMs: number;
  readonly onPause: () => void;
  /** Milliseconds without a sign of life after which `onSilence` is called, and after as many again. */
  readonly silenceMs: number;
  readonly onSilence: () => void;
}

/** Watches one request for signs of life. What goes on slowly is no silence, however long it takes. */
export class Silence {
  readonly #rules: SilenceRules;
  #heardAt: number;
  #timer: Timer | undefined;
  #hasPaused = false;

  constructor(rules: SilenceRules) {
    this.#rules = rules;
    this.#heardAt = rules.clock.monotonic();
    this.#wait(rules.pauseMs);
  }

  /** Something was sent or has arrived. */
  heard(): void {
    this.#heardAt = this.#rules.clock.monotonic();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    const { clock } = this.#rules;
    this.#timer = clock.schedule(
      () => {
        // After a stall of the process, timers come before what has long arrived: that is read one turn later.
        this.#timer = clock.schedule(() => this.#look(), 0, { background: true });
      },
      ms,
      { background: true },
    );
  }

  #look(): void {
    const { clock, pauseMs, silenceMs, onPause, onSilence } = this.#rules;
    const silentMs = clock.monotonic() - this.#heardAt;
    if (silentMs >= pauseMs && !this.#hasPaused) {
      this.#hasPaused = true;
      onPause();
    }
    if (silentMs < silenceMs) {
      this.#wait(Math.max(1, (this.#hasPaused ? silenceMs : pauseMs) - silentMs));
      return;
    }
    this.#wait(silenceMs);
    onSilence();
  }
}
