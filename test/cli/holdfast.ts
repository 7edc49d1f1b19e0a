import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspectAll, localVFS, type LockInfo } from 'holdfast';
import { afterEach, beforeEach } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { lives } from '../processes/lives.js';

export const MAIN: string = fileURLToPath(
  new URL('../../packages/holdfast/dist/cli/main.js', import.meta.url),
);

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Words as a shell has to read them. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}

/** A running command line, and what it has printed so far. */
export class Running {
  readonly pid: number;
  readonly ended: Promise<Result>;
  stdout = '';
  stderr = '';
  over = false;
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    // A session of its own, without a terminal, wherever the tests are run from.
    this.#process = spawn(file, args, { detached: true, env });
    if (this.#process.pid === undefined) throw new Error(`${file} cannot be started`);
    this.pid = this.#process.pid;
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#process.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (status) => {
        this.over = true;
        resolve({ status, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  type(text: string): void {
    this.#process.stdin.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async prints(text: string): Promise<void> {
    await eventually(
      () => this.stdout.includes(text) || this.stderr.includes(text),
      `it prints ${text}`,
      () => ({ stdout: this.stdout, stderr: this.stderr, over: this.over }),
    );
  }
}

/** A command that runs under the lock. */
export interface Holding {
  readonly run: Running;
  /** The process that the lock names as its holder. */
  readonly guardian: number;
  readonly token: number;
}

/** A folder for each test, in which it runs the command line. Whatever was started is ended after it. */
export class Bench {
  folder = '';
  #started: Running[] = [];
  #guardians: number[] = [];

  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
    });
    afterEach(async () => {
      for (const running of this.#started) {
        if (!running.over) running.kill('SIGKILL'); // Its guardian ends the command that it leaves.
        await running.ended;
      }
      await eventually(() => !this.#guardians.some((pid) => lives(pid)), 'every guardian has ended');
      this.#started = [];
      this.#guardians = [];
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /**
   * Starts `holdfast` with these arguments; `HOLDFAST_URL` is the folder of this test, and so is `FOLDER`, which commands
   * get too. What is `undefined` in `env` is not set.
   */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}, main: string = MAIN): Running {
    return this.#keep(new Running(process.execPath, [main, ...args], this.#env(env)));
  }

  /** As `start`, on a terminal of 100 columns. */
  startOnTerminal(args: readonly string[]): Running {
    return this.startShellOnTerminal(`exec ${quoted([process.execPath, MAIN, ...args])}`);
  }

  /** As `startOnTerminal`, a script for a shell, to which `quoted` may be of use. */
  startShellOnTerminal(script: string): Running {
    const sized = `stty cols 100 rows 30; ${script}`;
    return this.#keep(new Running('script', ['-qefc', sized, '/dev/null'], this.#env({ SHELL: '/bin/sh' })));
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}, main: string = MAIN): Promise<Result> {
    return this.start(args, env, main).ended;
  }

  /** Runs a shell script under a lock, and waits until the storage names its holder. */
  async hold(script: string, options: readonly string[] = [], id = 'default'): Promise<Holding> {
    const run = this.start(['run', '--id', id, ...options, '--', 'sh', '-c', `echo ready; ${script}`]);
    await run.prints('ready');
    let info: LockInfo | undefined;
    await eventually(
      async () => {
        info = await this.inspect(id);
        return info?.holders[0]?.holder !== undefined;
      },
      'the storage names the holder',
      () => info,
    );
    const holder = info?.holders[0];
    const guardian = holder?.holder?.pid ?? 0;
    this.#guardians.push(guardian);
    return { run, guardian, token: holder?.token ?? 0 };
  }

  async inspect(id: string): Promise<LockInfo | undefined> {
    await using vfs = localVFS(this.folder);
    const found = (await inspectAll(vfs, '/')).find((info) => info.id === id);
    if (found?.state === 'unreadable') throw found.error;
    return found;
  }

  /** Waits until so many wait for a lock. */
  async waiting(id: string, count: number): Promise<void> {
    let info: LockInfo | undefined;
    await eventually(
      async () => {
        info = await this.inspect(id);
        return info?.waiters.length === count && info.waiters.every(({ holder }) => holder !== undefined);
      },
      `${count} wait for lock ${id}`,
      () => info,
    );
  }

  read(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** Waits until a file holds `text`. */
  async written(name: string, text: string): Promise<void> {
    await eventually(
      () => this.read(name).includes(text),
      `${name} holds ${text}`,
      () => this.read(name),
    );
  }

  #env(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.folder,
      TERM: 'xterm',
      HOLDFAST_URL: this.folder,
      FOLDER: this.folder,
      ...env,
    };
  }

  #keep(running: Running): Running {
    this.#started.push(running);
    return running;
  }
}
