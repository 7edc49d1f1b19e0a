import type { HostIdentity } from '@holdfast/lock';
import { identityOf, nodeIdentity } from '@holdfast/lock/node';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../guardian.sh', import.meta.url));

/** How long a command has between TERM and KILL, in seconds. */
export const GRACE_S = 5;

/**
 * A tiny shell that outlives this process, to end the command should this process be killed, see guardian.sh.
 *
 * The lock names it as its holder. So the proof that the holder is dead, by which others on this host take over at
 * once, is a proof that the command is gone too.
 */
export class Guardian {
  readonly identity: HostIdentity;
  /** Fulfils when it has ended, whether it should have or not. */
  readonly gone: Promise<void>;
  readonly #shell: ChildProcessByStdio<Writable, null, null>;
  readonly #mark: string;

  private constructor(shell: ChildProcessByStdio<Writable, null, null>, pid: number, mark: string) {
    this.#shell = shell;
    this.#mark = mark;
    this.identity = identityOf(pid);
    this.gone = new Promise((resolve) => shell.once('exit', () => resolve()));
    // That it is gone is told by its exit; a write that comes too late says nothing more.
    shell.stdin.on('error', () => undefined);
  }

  /**
   * Starts one. Where there is no `/bin/sh` there is none: then the lock must not name a process that may die without
   * its command, see `unguardedIdentity`.
   *
   * @param staleAfterMs the command must be gone before others may take the lock over by the window alone
   */
  static async start(staleAfterMs: number): Promise<Guardian | undefined> {
    if (process.platform === 'win32') return undefined;
    const mark = randomUUID();
    const graceS = Math.min(GRACE_S, staleAfterMs / 2_000).toFixed(1);
    const shell = spawn('/bin/sh', [SCRIPT, graceS, mark], {
      // A session of its own: what a terminal sends, and what a caller sends to a whole group, does not reach it.
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    shell.unref();
    if (shell.pid === undefined) {
      await once(shell, 'error');
      return undefined;
    }
    return new Guardian(shell, shell.pid, mark);
  }

  /** What the environment of the command must hold. */
  get environment(): Record<string, string> {
    return { HOLDFAST_GUARDIAN: this.#mark };
  }

  /** To be called before the command is started. */
  begin(): void {
    this.#tell('begin');
  }

  /** To be called as soon as the command is started. @param ownGroup whether it leads a process group of its own */
  guard(pid: number, ownGroup: boolean): void {
    this.#tell(`${ownGroup ? 'group' : 'tree'} ${pid}`);
  }

  /** Has the command and what it started ended: TERM, and after a while KILL. Fulfils when all of it is gone. */
  async end(): Promise<void> {
    this.#tell(`lost ${GRACE_S}`);
    this.#shell.ref();
    this.#shell.stdin.end();
    await this.gone;
  }

  /** There is nothing left to guard. */
  dismiss(): void {
    this.#tell('done');
    this.#shell.stdin.end();
  }

  #tell(line: string): void {
    this.#shell.stdin.write(`${line}\n`);
  }
}

/** Says for people who this process is, and lets nobody conclude from its death that its command is gone. */
export function unguardedIdentity(): HostIdentity {
  const identity = nodeIdentity();
  return { self: { ...identity.self, start: undefined }, isDead: (other) => identity.isDead(other) };
}
