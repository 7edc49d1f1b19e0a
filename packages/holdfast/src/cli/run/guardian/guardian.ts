import type { HostIdentity } from '@holdfast/lock';
import { identityOf, nodeIdentity } from '@holdfast/lock/node';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { parseStat } from './processes.js';
import { guardianSource } from './source.js';

/** How long a command has between TERM and KILL, in milliseconds. */
export const GRACE_MS = 5_000;

/** How long a guardian may take to start. It takes a twentieth of a second, beside what this process has to load. */
const STARTING_MS = 10_000;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * A small process that outlives this one, to end the command should this process be killed, see guard.ts.
 *
 * The lock names it as its holder. So the proof that the holder is dead, by which others on this host take over at
 * once, is a proof that the command is gone too.
 */
export class Guardian {
  readonly identity: HostIdentity;
  /** Fulfils when it has ended, whether it should have or not. */
  readonly gone: Promise<void>;
  readonly #child: Child;
  readonly #mark: string;

  private constructor(child: Child, pid: number, mark: string) {
    this.#child = child;
    this.#mark = mark;
    this.identity = identityOf(pid);
    this.gone = new Promise((resolve) => child.once('exit', () => resolve()));
    // That it is gone is told by its exit; a write that comes too late says nothing more.
    child.stdin.on('error', () => undefined);
  }

  /**
   * Starts one. Where it does not start there is none: then the lock must not name a process that may die without its
   * command, see `unguardedIdentity`. Windows needs none: there the system ends the command with this process.
   */
  static async start(): Promise<Guardian | undefined> {
    if (process.platform === 'win32') return undefined;
    const mark = randomUUID();
    const child = spawnNode(guardianSource({ mark }));
    if (child instanceof Error) return undefined;
    const { pid } = child;
    const ready = await isReady(child);
    if (!ready || pid === undefined) {
      child.kill('SIGKILL');
      return undefined;
    }
    return new Guardian(child, pid, mark);
  }

  /** What the environment of the command must hold. */
  get environment(): Record<string, string> {
    return { HOLDFAST_GUARDIAN: this.#mark };
  }

  /**
   * To be called before the command is started.
   *
   * @param staleAfterMs the command must be gone before others may take the lock over by the window alone
   */
  begin(staleAfterMs: number): void {
    this.#tell(`begin ${Math.round(Math.min(GRACE_MS, staleAfterMs / 2))}`);
  }

  /** To be called as soon as the command is started. @param ownGroup whether it leads a process group of its own */
  guard(pid: number, ownGroup: boolean): void {
    this.#tell(`${ownGroup ? 'group' : 'tree'} ${pid} ${startOf(pid) ?? '-'}`);
  }

  /** The command has ended: from now on its pid may mean another process. */
  over(): void {
    this.#tell('over');
  }

  /** Has the command and what it started ended: TERM, and after a while KILL. Fulfils when all of it is gone. */
  async end(): Promise<void> {
    this.#tell(`lost ${GRACE_MS}`);
    this.#child.ref();
    this.#child.stdin.end();
    await this.gone;
  }

  /** There is nothing left to guard. */
  dismiss(): void {
    if (this.#child.stdin.writableEnded) return;
    this.#tell('done');
    this.#child.stdin.end();
  }

  #tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }
}

function spawnNode(source: string): Child | Error {
  try {
    const child = spawn(process.execPath, ['-e', source], {
      // A session of its own: what a terminal sends, and what a caller sends to a whole group, does not reach it.
      detached: true,
      cwd: '/',
      env: environment(),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.unref();
    return child;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Neither a password nor options of Node that were not meant for it: only what this very Node may need to start. */
function environment(): Record<string, string> {
  const needed = ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];
  return Object.fromEntries(needed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Whether it says that it is ready, and not something else: an executable that was made of a program runs only that. */
async function isReady(child: Child): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<boolean>((resolve) => {
      child.once('error', () => resolve(false));
      child.once('exit', () => resolve(false));
      child.stdout.once('data', (word) => resolve(String(word).startsWith('ready\n')));
      timer = setTimeout(() => resolve(false), STARTING_MS);
    });
  } finally {
    clearTimeout(timer);
    child.stdout.destroy();
  }
}

/** Asked before anybody has waited for the process, so that its pid cannot mean another one yet. */
function startOf(pid: number): string | undefined {
  try {
    // Else this is the /proc of another pid namespace, and shows other processes under the same numbers.
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).start;
  } catch {
    return undefined;
  }
}

/** Says for people who this process is, and lets nobody conclude from its death that its command is gone. */
export function unguardedIdentity(): HostIdentity {
  const identity = nodeIdentity();
  return { self: { ...identity.self, start: undefined }, isDead: (other) => identity.isDead(other) };
}
