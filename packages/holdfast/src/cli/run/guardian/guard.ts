// Runs in the guardian, as text: see source.ts. It may use nothing but its parameters and what every JavaScript has.
import type { Guarded, membersOf } from './members.js';
import type { listProcesses, parsePs, parseStat, ProcessSources, ProcessTable } from './processes.js';

export interface GuardSettings extends ProcessSources {
  /** The value of HOLDFAST_GUARDIAN in the environment of the command. */
  readonly mark: string;
}

/** What `guard` is made of. */
export interface GuardParts {
  readonly process: NodeJS.Process;
  readonly fs: typeof import('node:fs');
  readonly childProcess: typeof import('node:child_process');
  readonly parsers: { readonly stat: typeof parseStat; readonly ps: typeof parsePs };
  readonly listProcesses: typeof listProcesses;
  readonly membersOf: typeof membersOf;
}

/**
 * The guardian of a command: outlives `holdfast run`, to end the command should that process die without having done so.
 *
 * It writes `ready` once nothing but KILL can end it, and reads, one a line:
 *
 *     begin MS          the command is about to be started; MS is the time that it has between TERM and KILL
 *     group PID START   it is the leader of a process group of its own; START is `-` if it is not known
 *     tree PID START    it shares the group of `holdfast run`, which others may belong to
 *     over              it has ended, and so there is nothing to end any more
 *     lost MS           the lock is lost: end the command, with so long between TERM and KILL
 *     done              the lock is released
 *
 * The end of the input without `over` or `done` means that the command is to be ended. The lock names this process as its
 * holder, so it must not end before the command has.
 */
export function guard(
  { process, fs, childProcess, parsers, ...parts }: GuardParts,
  { mark, ...sources }: GuardSettings,
): void {
  const FIRST_PAUSE_MS = 20;
  const LONGEST_PAUSE_MS = 250;
  const IGNORED = 'HUP INT QUIT TERM USR1 USR2 TSTP TTIN TTOU PIPE ALRM'.split(' ');

  let begun = false;
  let graceMs = 0;
  let guarded: Guarded | undefined;

  const listed = (): ProcessTable | undefined =>
    parts.listProcesses({ pid: process.pid, fs, childProcess }, parsers, sources);

  const obey = (line: string): void => {
    const [word, value = '', start] = line.split(' ');
    if (word === 'begin' || word === 'lost') graceMs = Number(value);
    if (word === 'begin') begun = true;
    if (word === 'over') begun = false;
    if (word === 'done') process.exit(0);
    if (word !== 'group' && word !== 'tree') return;
    const pid = Number(value);
    const began = start === '-' ? listed()?.get(pid)?.start : start;
    guarded =
      word === 'group'
        ? { kind: 'group', pid, start: began }
        : { kind: 'tree', known: new Map([[pid, began]]) };
  };

  /** The command by its environment, for where its pid was not told any more. */
  const find = (): Guarded => {
    const known = new Map<number, undefined>();
    for (const pid of listed()?.keys() ?? []) {
      try {
        const environment = fs.readFileSync(`${sources.proc}/${pid}/environ`, 'latin1');
        if (environment.split('\0').includes(`HOLDFAST_GUARDIAN=${mark}`)) known.set(pid, undefined);
      } catch {
        // That of another user, or of a process that has ended.
      }
    }
    return { kind: 'tree', known };
  };

  const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
    try {
      process.kill(pid, signal);
      return true;
    } catch (error) {
      return (error as { code?: unknown }).code !== 'ESRCH';
    }
  };

  /** What signals go to: a group, as a number below 0, or processes. None if all of it has ended. */
  const receivers = (): number[] => {
    if (guarded === undefined) return [];
    const table = listed();
    if (guarded.kind === 'group') {
      const group = -guarded.pid;
      // Where processes cannot be listed, the system still tells whether a group is empty.
      const lives = table === undefined ? send(group, 0) : parts.membersOf(guarded, table).size > 0;
      return lives ? [group] : [];
    }
    if (table === undefined) return [...guarded.known.keys()].filter((pid) => send(pid, 0));
    // What is known of it grows: a child is remembered when its parent has ended.
    guarded = { kind: 'tree', known: parts.membersOf(guarded, table) };
    return [...guarded.known.keys()];
  };

  const endAll = (): void => {
    const deadline = performance.now() + graceMs;
    let pauseMs = FIRST_PAUSE_MS;
    const sendAll = (...signals: NodeJS.Signals[]): void => {
      const pids = receivers();
      if (pids.length === 0) process.exit(0);
      for (const pid of pids) for (const signal of signals) send(pid, signal);
    };
    const goOn = (): void => {
      if (performance.now() < deadline) sendAll();
      else sendAll('SIGKILL');
      setTimeout(goOn, pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
    };
    // A stopped process gets its TERM when it goes on.
    sendAll('SIGTERM', 'SIGCONT');
    goOn();
  };

  const onEnd = (): void => {
    if (!begun) process.exit(0);
    if (guarded !== undefined) return endAll();
    // `holdfast run` died between `begin` and the next line. This input ended only when the new process, too, had closed
    // its copy, which it did by becoming the command; its environment may be visible a moment later.
    setTimeout(() => {
      guarded = find();
      endAll();
    }, LONGEST_PAUSE_MS);
  };

  process.title = 'holdfast guardian';
  // What reaches the processes of the terminal, or all of a service, is not meant for this one.
  for (const name of IGNORED) {
    try {
      process.on(`SIG${name}`, () => undefined);
    } catch {
      // This system has no such signal.
    }
  }
  // Nobody may be left to hear it.
  process.stdout.on('error', () => undefined);
  process.stdout.write('ready\n');

  let unread = '';
  process.stdin.setEncoding('latin1');
  process.stdin.on('data', (text) => {
    const lines = `${unread}${String(text)}`.split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines) obey(line);
  });
  process.stdin.on('error', () => undefined);
  process.stdin.on('close', onEnd);
}
