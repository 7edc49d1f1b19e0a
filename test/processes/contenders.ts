import { checkHistory, parseHistory, type HistoryReport } from '@holdfast/testkit/history';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessGroup } from './process-group.js';

export interface Conduct {
  /** How often each takes the lock. Default: until told to end. */
  readonly turns?: number;
  /** Whether they change a common counter under the lock. */
  readonly counts?: boolean;
  /** For how long each holds it, if it does nothing else, in milliseconds. */
  readonly holdMs?: number;
  /** How long each call of it takes, in milliseconds. Then it is written down how many calls a number takes. */
  readonly callMs?: number;
  readonly staleAfterMs?: number;
}

/** Processes that contend for one lock on the local disk, and what they wrote down. */
export class Contenders extends ProcessGroup {
  readonly #conduct: Conduct;

  constructor(conduct: Conduct) {
    super(new URL('contender.js', import.meta.url));
    this.#conduct = conduct;
    mkdirSync(join(this.folder, 'locks'));
    writeFileSync(join(this.folder, 'counter'), '0');
  }

  /** Starts one, and waits until it contends. */
  start(conduct: Conduct = {}): Promise<string> {
    return this.startOne((name) => ({ folder: this.folder, name, ...this.#conduct, ...conduct }));
  }

  /** Waits until all have ended, by themselves or because they are told to. */
  end(): Promise<void> {
    return this.endAll(this.#conduct.turns === undefined);
  }

  report(): HistoryReport {
    const events = readdirSync(this.folder)
      .filter((file) => file.endsWith('.history'))
      .flatMap((file) => parseHistory(readFileSync(join(this.folder, file), 'utf8')));
    const counters = this.#conduct.counts === true ? { torture: this.counter } : {};
    return checkHistory(events, { counters });
  }

  /** How many calls each turn of a slow one took to obtain a number. */
  callsToNumbers(name: string): number[] {
    const text = readFileSync(join(this.folder, `${name}.calls`), 'utf8');
    return text.trimEnd().split('\n').map(Number);
  }

  get counter(): number {
    return Number(readFileSync(join(this.folder, 'counter'), 'utf8'));
  }

  /** How many grants all have written down so far. */
  get grants(): number {
    return readdirSync(this.folder)
      .filter((file) => file.endsWith('.history'))
      .reduce(
        (sum, file) => sum + readFileSync(join(this.folder, file), 'utf8').split('"acquired"').length - 1,
        0,
      );
  }
}
