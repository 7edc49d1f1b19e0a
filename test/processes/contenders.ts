import { checkHistory, parseHistory, type HistoryReport } from '@holdfast/testkit/history';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('contender.js', import.meta.url));

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
export class Contenders implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'holdfast-torture-'));
  readonly #conduct: Conduct;
  readonly #running = new Map<string, ChildProcess>();
  #count = 0;

  constructor(conduct: Conduct) {
    this.#conduct = conduct;
    mkdirSync(join(this.folder, 'locks'));
    writeFileSync(join(this.folder, 'counter'), '0');
  }

  /** Those that have neither ended nor been killed. */
  get names(): string[] {
    return [...this.#running.keys()];
  }

  /** Starts one, and waits until it contends. */
  async start(conduct: Conduct = {}): Promise<string> {
    const name = `p${++this.#count}`;
    const child = spawn(
      process.execPath,
      [SCRIPT, JSON.stringify({ folder: this.folder, name, ...this.#conduct, ...conduct })],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#running.set(name, child);
    child.once('exit', () => this.#running.delete(name));
    await once(child.stdout, 'data');
    return name;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#running.get(name)?.kill(signal);
  }

  async kill(name: string): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Waits until all have ended, by themselves or because they are told to. */
  async end(): Promise<void> {
    const gone = [...this.#running.values()].map((child) => once(child, 'exit'));
    if (this.#conduct.turns === undefined) {
      for (const child of this.#running.values()) child.stdin?.end();
    }
    await Promise.all(gone);
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.names.map((name) => this.kill(name)));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
