import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Processes that all run one script in one folder: each as it is told by its first argument, and until its input ends. */
export abstract class ProcessGroup implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'holdfast-group-'));
  readonly #script: string;
  readonly #running = new Map<string, ChildProcess>();
  #count = 0;

  constructor(script: URL) {
    this.#script = fileURLToPath(script);
  }

  /** Those that have neither ended nor been killed. */
  get names(): string[] {
    return [...this.#running.keys()];
  }

  /** Starts one, and waits until it says that it works. @returns its name */
  protected async startOne(order: (name: string) => object): Promise<string> {
    const name = `p${++this.#count}`;
    const child = spawn(process.execPath, [this.#script, JSON.stringify(order(name))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#running.set(name, child);
    child.once('exit', () => this.#running.delete(name));
    const ready = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (typeof ready[0] === 'number') throw new Error(`${name} ended with ${ready[0]}`);
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

  /** Waits until all have ended: by themselves, or because they are `told` to. */
  protected async endAll(told: boolean): Promise<void> {
    const running = [...this.#running.values()];
    const gone = running.map((child) => once(child, 'exit'));
    if (told) for (const child of running) child.stdin?.end();
    await Promise.all(gone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.names.map((name) => this.kill(name)));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
