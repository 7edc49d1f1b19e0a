import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { ExitStatus } from '../exit-status.js';
import { CommandError } from '../failure.js';
import { isEnding, signalStatus, type RelayedSignal } from '../signals.js';

/** The command that runs under the lock. */
export class Command {
  readonly pid: number;
  /**
   * Whether it leads a session and process group of its own, so that all it starts can be ended with it. Not where
   * there is a terminal, from which that would cut it off.
   */
  readonly ownGroup: boolean;
  /** Its exit status, or 128 and the number of the signal that ended it. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;

  private constructor(started: ChildProcess, pid: number, ownGroup: boolean) {
    this.#process = started;
    this.pid = pid;
    this.ownGroup = ownGroup;
    this.ended = new Promise((resolve) => {
      started.once('exit', (code, signal) => {
        resolve(signal === null ? (code ?? ExitStatus.defect) : signalStatus(signal));
      });
    });
  }

  /**
   * @param onStarted called within the same turn of the event loop
   * @throws `CommandError` with the status that a shell would give
   */
  static async start(
    argv: readonly string[],
    environment: Record<string, string>,
    onStarted: (command: Command) => void,
  ): Promise<Command> {
    const [file = '', ...args] = argv;
    const ownGroup = process.platform !== 'win32' && !hasTerminal();
    const started = attempt(() =>
      spawn(file, args, { stdio: 'inherit', detached: ownGroup, env: environment }),
    );
    if (started instanceof Error) throw notStarted(argv, started);
    if (started.pid === undefined) {
      const [error] = (await once(started, 'error')) as [Error];
      throw notStarted(argv, error);
    }
    const command = new Command(started, started.pid, ownGroup);
    onStarted(command);
    return command;
  }

  /**
   * Hands a signal on. In a group of its own, all that the command started gets what is meant to end it, as it would
   * have from a terminal.
   */
  relay(signal: RelayedSignal): void {
    // The terminal sends these to everybody in the group; a second one would often mean "now, without tidying up".
    if (!this.ownGroup && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    if (!this.ownGroup || !isEnding(signal)) {
      this.#process.kill(signal);
      return;
    }
    attempt(() => process.kill(-this.pid, signal));
  }

  /** Ends it at once, with what it started. For where there is no guardian to do so with more care. */
  async kill(): Promise<void> {
    if (process.platform === 'win32') {
      const killer = spawn('taskkill', ['/pid', String(this.pid), '/T', '/F'], { stdio: 'ignore' });
      killer.once('error', () => this.#process.kill('SIGKILL'));
    } else {
      attempt(() => process.kill(this.ownGroup ? -this.pid : this.pid, 'SIGKILL'));
    }
    await this.ended;
  }
}

/** Whether this process has a controlling terminal, wherever its input comes from. */
function hasTerminal(): boolean {
  const terminal = attempt(() => openSync('/dev/tty', 'r'));
  if (typeof terminal !== 'number') return false;
  closeSync(terminal);
  return true;
}

function attempt<T>(action: () => T): T | Error {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function notStarted([file = '', ...args]: readonly string[], error: Error): CommandError {
  const code = 'code' in error ? error.code : undefined;
  const name = JSON.stringify(file);
  if (code !== 'ENOENT') {
    const why = code === 'EACCES' ? 'permission denied' : error.message;
    return new CommandError(`${name} cannot be run: ${why}`, ExitStatus.cannotRun);
  }
  if (file.includes('/') && existsSync(file)) {
    return new CommandError(
      `${name} names a program in its first line that was not found`,
      ExitStatus.notFound,
    );
  }
  const hint =
    args.length === 0 && /\s/.test(file)
      ? `; it was passed as one word: leave out the quotes, or have a shell read it: sh -c ${name}`
      : '';
  return new CommandError(`${name} was not found${hint}`, ExitStatus.notFound);
}
