// These functions run in the guardian, as text: see source.ts. They may use nothing but their parameters and what every
// JavaScript has.

/** What the system tells of one process. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Whether it runs, or could: one that has ended and was not waited for does not. */
  readonly alive: boolean;
  /** When it began, in whatever unit the system has. A pid is used again; a pid and a start are not. */
  readonly start: string;
}

/** Every process of this machine that is alive, by pid. */
export type ProcessTable = ReadonlyMap<number, ProcessStat>;

/** Where processes are listed. */
export interface ProcessSources {
  /** `/proc`, as Linux has it. */
  readonly proc: string;
  /** Programs that are `ps`, by their paths; the first that works is used. */
  readonly ps: readonly string[];
}

/** What of Node the functions here need. */
export interface ProcessTools {
  readonly pid: number;
  readonly fs: typeof import('node:fs');
  readonly childProcess: typeof import('node:child_process');
}

/**
 * Reads the text of `/proc/PID/stat`. A process has any name it likes, in brackets, with brackets and line feeds: what
 * counts comes behind the last one.
 */
export function parseStat(text: string): ProcessStat {
  const [state = '', parent, group, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const numbers = { pid: Number.parseInt(text, 10), parent: Number(parent), group: Number(group) };
  return { ...numbers, alive: !/^[ZX]/.test(state), start: rest[16] ?? '' };
}

/** Reads one line of `ps -o pid= -o ppid= -o pgid= -o state= -o lstart=`. */
export function parsePs(line: string): ProcessStat | undefined {
  const fields = /^ *(\d+) +(\d+) +(\d+) +(\S+) +(\S.*?) *$/.exec(line);
  if (fields === null) return undefined;
  const [, pid, parent, group, state = '', start = ''] = fields;
  const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) };
  return { ...numbers, alive: !/^[ZX]/.test(state), start };
}

/**
 * Lists the processes of this machine.
 *
 * @returns `undefined` if they cannot be listed, which is not the same as none. That is so, too, if this very process is
 *   missing
 */
export function listProcesses(
  { pid: own, fs, childProcess }: ProcessTools,
  parse: { readonly stat: typeof parseStat; readonly ps: typeof parsePs },
  { proc, ps }: ProcessSources,
): ProcessTable | undefined {
  const tableOf = (found: readonly (ProcessStat | undefined)[]): ProcessTable | undefined => {
    const table = new Map<number, ProcessStat>();
    for (const each of found) if (each?.alive === true) table.set(each.pid, each);
    return table.has(own) ? table : undefined;
  };
  const readStat = (name: string): ProcessStat | undefined => {
    try {
      return parse.stat(fs.readFileSync(`${proc}/${name}/stat`, 'latin1'));
    } catch (error) {
      // It has ended, or belongs to another user and is hidden. Any other failure says nothing about any process.
      if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String((error as { code?: unknown }).code))) return;
      throw error;
    }
  };
  try {
    // Else these are pids of another namespace, and ps would list the same.
    if (fs.readlinkSync(`${proc}/self`) !== String(own)) return undefined;
    const names = fs.readdirSync(proc).filter((name) => /^\d+$/.test(name));
    const table = tableOf(names.map(readStat));
    if (table !== undefined) return table;
  } catch {
    // There is no such folder, or it cannot be read now.
  }
  const columns = ['pid=', 'ppid=', 'pgid=', 'state=', 'lstart='].flatMap((name) => ['-o', name]);
  for (const program of ps) {
    try {
      const text = childProcess.execFileSync(program, ['-A', ...columns], {
        encoding: 'latin1',
        env: { LC_ALL: 'C' },
        maxBuffer: 2 ** 26,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const table = tableOf(text.split('\n').map(parse.ps));
      if (table !== undefined) return table;
    } catch {
      // Not here, or one that takes other options.
    }
  }
  return undefined;
}
