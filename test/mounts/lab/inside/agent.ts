import { exec, fork, type ChildProcess } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CONTROL_PORT } from './control.js';
import { monotonic } from './instant.js';
import { lines, Peer } from './peer.js';
import type { RunResult } from './warden.js';

// The one program that runs in every guest from its start: it carries out what the test asks over a network of its own,
// which goes on working when that of the file servers is cut.

/** What the outside can ask of a guest. */
export interface AgentMethods {
  [method: string]: (...params: never[]) => unknown;
  sh(script: string): Promise<RunResult>;
  /** See `monotonic` in instant.ts. */
  monotonic(): number;
  /** Resolves once the clock that files are stamped with has gone on, by the stamps of the file at `path`. */
  tick(path: string): Promise<void>;
  /** Starts a program of this folder as a process of its own, to be talked to by notes to and from `name`. */
  start(name: string, program: string): Promise<void>;
  signal(name: string, signal: NodeJS.Signals): void;
}

/** A message of a process of the guest, or its end. */
export type AgentNote =
  { readonly name: string; readonly message: unknown } | { readonly name: string; readonly exit: string };

const started = new Map<string, ChildProcess>();

const methods = {
  sh: (script) =>
    new Promise((resolve) => {
      exec(script, { maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? 1), output: stdout + stderr });
      });
    }),

  monotonic,

  async tick(path) {
    const stamp = async (): Promise<bigint> => {
      await writeFile(path, '');
      return (await stat(path, { bigint: true })).mtimeNs;
    };
    const began = await stamp();
    while ((await stamp()) === began);
  },

  async start(name, program) {
    const child = fork(fileURLToPath(new URL(`${program}.js`, import.meta.url)), [], {
      // What it prints shows on the guest's console.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    started.set(name, child);
    child.on('message', (message) => tell({ name, message }));
    child.once('exit', (code, signal) => {
      started.delete(name);
      tell({ name, exit: signal ?? String(code) });
    });
    await new Promise((resolve, reject) =>
      child.once('spawn', () => resolve(undefined)).once('error', reject),
    );
  },

  signal(name, signal) {
    started.get(name)?.kill(signal);
  },
} satisfies AgentMethods;

let outside: Peer<Record<string, never>> | undefined;

function tell(note: AgentNote): void {
  outside?.note('process', note);
}

createServer((socket) => {
  const peer = new Peer<Record<string, never>>(
    (message) => socket.write(`${JSON.stringify(message)}\n`),
    methods,
    (name, message) => {
      const child = started.get(name);
      // A process that has just ended shows as such in a note of its own.
      if (child?.connected === true) child.send(message as object, () => undefined);
    },
  );
  outside = peer;
  socket.setNoDelay(true);
  socket.on(
    'data',
    lines((line) => peer.receive(JSON.parse(line))),
  );
  socket.on('error', () => undefined); // Nobody is there any more who would have to know.
  peer.note('ready', undefined);
}).listen(CONTROL_PORT, process.env['CONTROL']);
