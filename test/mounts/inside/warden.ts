import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { lines, Peer } from './peer.js';

// The first process of the lab's own pid, network and mount namespaces. When it ends, the kernel ends every other
// process in there and takes down the network and the mounts: see pid_namespaces(7). It ends with the test that
// started it, however that ends: the channel to it closes then.

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gives the process a two-way stream of lines as file descriptor 3. */
  readonly channel?: boolean;
}

export interface RunResult {
  readonly code: number;
  readonly output: string;
}

/** What the outside can ask. */
export interface WardenMethods {
  [method: string]: (...params: never[]) => unknown;
  run(command: string, args: readonly string[]): Promise<RunResult>;
  write(path: string, text: string, mode: number): Promise<void>;
  start(name: string, options: StartOptions): Promise<void>;
  /** Signals the process alone, or `all` that it started too. */
  signal(name: string, signal: NodeJS.Signals, whom: 'itself' | 'all'): Promise<void>;
}

/** What the outside is told, by the name of the process. */
export type WardenNote =
  | { readonly name: string; readonly line: string }
  | { readonly name: string; readonly output: string }
  | { readonly name: string; readonly exit: string };

const started = new Map<string, ChildProcess>();

const methods = {
  run: (command, args) =>
    new Promise((resolve) => {
      execFile(command, args, { maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, output: stdout + stderr + (error !== null && stderr === '' ? error.message : '') });
      });
    }),

  async write(path, text, mode) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode });
  },

  async start(name, { command, args, env = {}, channel = false }) {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      // A group of its own, so that one signal reaches it with all it starts.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', channel ? 'pipe' : 'ignore'],
    });
    started.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => tell({ name, output: chunk.toString() }));
    }
    const line = child.stdio[3] as Duplex | null | undefined;
    line?.on('data', lines((text) => tell({ name, line: text })));
    line?.on('error', () => undefined); // Its end shows as the process's.
    child.once('exit', (code, signal) => {
      started.delete(name);
      tell({ name, exit: signal ?? String(code) });
    });
    await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject));
  },

  async signal(name, signal, whom) {
    const pid = started.get(name)?.pid;
    if (pid !== undefined) process.kill(whom === 'all' ? -pid : pid, signal);
  },
} satisfies WardenMethods;

const outside = new Peer((message) => process.send?.(message), methods, (name, line) => {
  (started.get(name)?.stdio[3] as Duplex | undefined)?.write(`${String(line)}\n`);
});

function tell(note: WardenNote): void {
  outside.note('process', note);
}

process.on('message', (message) => outside.receive(message));
process.on('disconnect', () => process.exit());
outside.note('ready', undefined);
