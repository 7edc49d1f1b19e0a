import { constants } from 'node:os';

/** What ends a program unless it says otherwise, as sent by a terminal, a service manager or `kill`. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const OTHER = ['SIGUSR1', 'SIGUSR2'] as const;

export type RelayedSignal = (typeof ENDING)[number] | (typeof OTHER)[number];

export function isEnding(signal: RelayedSignal): boolean {
  return ENDING.some((name) => name === signal);
}

/** What a shell reports for a process that `signal` ended. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Takes the signals that are sent to this process, for as long as it lives, and hands them on. */
export class SignalRelay {
  #receiver: (signal: RelayedSignal) => void;

  constructor(receiver: (signal: RelayedSignal) => void) {
    this.#receiver = receiver;
    for (const signal of [...ENDING, ...OTHER]) {
      if (signal in constants.signals) process.on(signal, () => this.#receiver(signal));
    }
  }

  to(receiver: (signal: RelayedSignal) => void): void {
    this.#receiver = receiver;
  }
}
