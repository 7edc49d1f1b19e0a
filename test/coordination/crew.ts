import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessGroup } from '../processes/process-group.js';

/** How a worker is to behave, and on what. See worker.mjs. */
export interface Work {
  readonly storage?: { readonly kind: 'local' | 'sftp' | 's3'; readonly options: unknown };
  readonly part?: 'semaphore' | 'lock' | 'candidate' | 'observer';
  readonly dir?: string;
  readonly staleAfterMs?: number;
  readonly pollMs?: number;
  readonly holdMs?: number;
  /** How many contenders one process has. */
  readonly contenders?: number;
  readonly permits?: number;
  /** Of a semaphore: how many permits each turn takes. Of a lock: how many of its contenders write. */
  readonly counts?: number | readonly number[];
}

/** What a worker wrote down. */
export interface Line {
  readonly name: string;
  readonly type: 'held' | 'leads' | 'observed';
  readonly at: number;
  readonly token?: number;
  readonly weight?: number;
  readonly mode?: 'exclusive' | 'shared';
  readonly waitedMs?: number;
  readonly value?: string;
}

/** Processes on one storage, and what they wrote down. */
export class Crew extends ProcessGroup {
  readonly storage: NonNullable<Work['storage']>;
  readonly #work: Work;
  readonly #lines: Line[] = [];
  readonly #tokens = new Set<number>();
  readonly #begun = new Map<string, number>();

  constructor(work: Work) {
    super(new URL('worker.mjs', import.meta.url));
    const locks = join(this.folder, 'locks');
    mkdirSync(locks);
    this.storage = work.storage ?? { kind: 'local', options: locks };
    this.#work = { ...work, storage: this.storage };
  }

  /** Starts one, and waits until it works. */
  start(work: Work = {}): Promise<string> {
    return this.startOne((name) => {
      const log = join(this.folder, `${name}.log`);
      return { name, log, ...this.#work, ...work };
    });
  }

  /** Lets all end their last turns. */
  end(): Promise<void> {
    return this.endAll(true);
  }

  /** In the order of time. Of a process that was killed the last line may be torn, and is left out. */
  lines(type: Line['type']): Line[] {
    this.#readOn();
    return this.#lines.filter((line) => line.type === type).toSorted((a, b) => a.at - b.at);
  }

  /** How many tokens were held so far. */
  get tokens(): number {
    this.#readOn();
    return this.#tokens.size;
  }

  /** How many were, of one mode. */
  tokensOf(mode: Line['mode']): number {
    return new Set(this.lines('held').flatMap((line) => (line.mode === mode ? [line.token] : []))).size;
  }

  /** Reads what was written down since the last time: it is asked often. */
  #readOn(): void {
    for (const file of readdirSync(this.folder).filter((name) => name.endsWith('.log'))) {
      const begun = this.#begun.get(file) ?? 0;
      const text = readFileSync(join(this.folder, file), 'utf8').slice(begun);
      const end = text.lastIndexOf('\n') + 1;
      this.#begun.set(file, begun + end);
      for (const line of text.slice(0, end).split('\n').slice(0, -1)) {
        const parsed = JSON.parse(line) as Line;
        this.#lines.push(parsed);
        if (parsed.type === 'held') this.#tokens.add(parsed.token ?? 0);
      }
    }
  }
}
