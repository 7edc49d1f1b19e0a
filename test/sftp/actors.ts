import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LockOptions } from '@holdfast/lock';
import type { SftpVFSOptions } from '@holdfast/sftp';
import { checkHistory, describeHistory, parseHistory, type HistoryReport } from '@holdfast/testkit';
import { eventually } from '../processes/eventually.js';

const PROGRAM = fileURLToPath(new URL('holder.mjs', import.meta.url));

export interface Cast {
  readonly options: SftpVFSOptions;
  readonly lock: LockOptions;
  /** The file that all of them write down in what happens. */
  readonly history: string;
  /** Contenders in one process, each with a connection of its own. Default 1. */
  readonly contenders?: number;
}

/** What a process says by itself. */
interface Said {
  readonly type: string;
  readonly token: number | undefined;
}

interface Answer {
  readonly answer: number;
  readonly failure?: string;
  readonly token?: number;
  readonly held?: boolean;
}

/** A process that takes and releases locks as it is told. */
export class Actor {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<never>;
  #orders = 0;

  constructor() {
    this.#child = fork(PROGRAM);
    this.#ended = new Promise((_, reject) => {
      this.#child.once('exit', () => reject(new Error('the process ended')));
    });
    this.#ended.catch(() => undefined);
    this.#child.on('message', (message: Answer | Said) => {
      if ('answer' in message) this.#pending.get(message.answer)?.(message);
      else this.said.push(message);
    });
  }

  begin(cast: Cast): Promise<Answer> {
    return this.#order('begin', { contenders: 1, ...cast });
  }

  async acquire(): Promise<number> {
    return (await this.#order('acquire')).token ?? 0;
  }

  async release(): Promise<boolean> {
    return (await this.#order('release')).held === true;
  }

  async held(): Promise<boolean> {
    return (await this.#order('held')).held === true;
  }

  count(file: string, times: number): Promise<Answer> {
    return this.#order('count', { file, times });
  }

  /** Waits until it has said `type` so many times more. */
  async says(type: string, times = 1): Promise<void> {
    const count = (): number => this.said.filter((said) => said.type === type).length;
    const before = count();
    await eventually(
      () => count() >= before + times,
      `it says "${type}"`,
      () => this.said.slice(-10),
    );
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #order(order: string, more: object = {}): Promise<Answer> {
    const id = ++this.#orders;
    const answered = new Promise<Answer>((resolve) => this.#pending.set(id, resolve));
    this.#child.send({ order, id, ...more });
    const answer = await Promise.race([answered, this.#ended]);
    if (answer.failure !== undefined) throw new Error(answer.failure);
    return answer;
  }
}

/** What the processes wrote down, judged. */
export function judged(history: string, counters: Readonly<Record<string, number>> = {}): HistoryReport {
  const report = checkHistory(parseHistory(readFileSync(history, 'utf8')), { counters });
  if (!report.ok) console.error(describeHistory(report));
  return report;
}
