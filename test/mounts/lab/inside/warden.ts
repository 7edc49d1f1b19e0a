import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { signalTree } from '../../../servers/process.js';
import { lines, Peer } from './peer.js';

// The first process of the lab's own pid, network and mount namespaces. When it ends, the kernel ends every other
// process in there and takes down the network and the mounts: see pid_namespaces(7). It ends with the test that
// started it, however that ends: the channel to it closes then.

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where the process can be talked to in lines, once it listens there. */
  readonly channel?: { readonly host: string; readonly port: number };
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

const CONNECT_EVERY_MS = 50;

const started = new Map<string, ChildProcess>();
const channels = new Map<string, Socket>();

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

  async start(name, { command, args, env = {}, channel }) {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      // A group of its own, so that one signal reaches it with all it starts.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => tell({ name, output: chunk.toString() }));
    }
    if (channel !== undefined) open(name, channel);
    child.once('exit', (code, signal) => {
      started.delete(name);
      channels.get(name)?.destroy();
      channels.delete(name);
      tell({ name, exit: signal ?? String(code) });
    });
    await new Promise((resolve, reject) =>
      child.once('spawn', () => resolve(undefined)).once('error', reject),
    );
  },

  async signal(name, signal, whom) {
    const pid = started.get(name)?.pid;
    if (pid === undefined) return;
    if (whom === 'all') signalTree(pid, signal);
    else process.kill(pid, signal);
  },
} satisfies WardenMethods;

const outside = new Peer(
  (message) => process.send?.(message),
  methods,
  (name, line) => {
    channels.get(name)?.write(`${String(line)}\n`);
  },
);

/** Tries until the process listens, or has ended. */
function open(name: string, { host, port }: { host: string; port: number }): void {
  const socket = connect({ host, port, noDelay: true });
  // A machine that is starting does not even refuse; to wait for TCP to try again would take a second.
  const impatience = setTimeout(() => socket.destroy(), 4 * CONNECT_EVERY_MS);
  let connected = false;
  socket.once('connect', () => {
    clearTimeout(impatience);
    connected = true;
    channels.set(name, socket);
  });
  socket.on(
    'data',
    lines((line) => tell({ name, line })),
  );
  socket.on('error', () => undefined); // It is followed by close.
  socket.once('close', () => {
    clearTimeout(impatience);
    if (!connected && started.has(name)) setTimeout(() => open(name, { host, port }), CONNECT_EVERY_MS);
  });
}

function tell(note: WardenNote): void {
  outside.note('process', note);
}

process.on('message', (message) => outside.receive(message));
process.on('disconnect', () => process.exit());
outside.note('ready', undefined);
