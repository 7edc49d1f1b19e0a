import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A line of output that shows that it serves, or a port of 127.0.0.1 that accepts connections. */
  readonly ready: RegExp | number;
  /** Milliseconds until a server that does not get ready is given up. Default 60,000. */
  readonly timeoutMs?: number;
}

/** A server of the test's own, running in a process group of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** What it has written to stdout and stderr, the last 64 KiB of it. */
  output(): string;
  /** Sends a signal to it and everything it started: SIGSTOP and SIGCONT freeze and thaw. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it and everything it started, by pid. Resolves once it is gone; twice is fine. */
  stop(): Promise<void>;
}

/** Has Linux end a server along with the process that started it, also if that is killed and can do nothing itself. */
const SETPRIV = '/usr/bin/setpriv';
const KEPT_OUTPUT = 64 * 1024;
const running = new Set<ChildProcess>();

// A test run that ends early, by process.exit say, must not leave servers behind.
process.on('exit', () => {
  for (const child of running) signalTree(child.pid, 'SIGKILL');
});

/** Starts a server and waits until it serves. If it does not, it is ended and the error shows what it wrote. */
export async function startServer(options: ServerCommand): Promise<ServerProcess> {
  const { command, args, cwd, env = process.env, ready, timeoutMs = 60_000 } = options;
  const [file, ...rest] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', command] : [command];
  const child = spawn(file, [...rest, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  let failure: Error | undefined;
  let stopped = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
  }).then(() => running.delete(child));
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-KEPT_OUTPUT)));
  }

  const server: ServerProcess = {
    pid: child.pid ?? -1,
    output: () => text,
    signal: (signal) => signalTree(child.pid, signal),
    async stop() {
      // Also when it has ended by itself: what it started may live on in its group.
      if (!stopped) signalTree(child.pid, 'SIGKILL');
      stopped = true;
      await gone;
    },
  };

  const giveUpAt = performance.now() + timeoutMs;
  while (typeof ready === 'number' ? !(await accepts(ready)) : !ready.test(text)) {
    const ended = child.exitCode !== null || child.signalCode !== null || failure !== undefined;
    if (ended || performance.now() > giveUpAt) {
      await server.stop();
      const what = failure?.message ?? (ended ? `ended with ${child.exitCode}` : 'did not get ready in time');
      throw new Error(`${command} ${what}:\n${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return server;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** The pids of a process and all that descends from it, children last. Where there is no /proc, the process alone. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of procs()) {
    const parent = parentPid(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const at of tree) tree.push(...(children.get(at) ?? []));
  return tree;
}

/** Signals a process, its group and its descendants, also those that left the group (a daemon's sessions). */
export function signalTree(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || pid <= 1) return;
  for (const target of [...processTree(pid), -pid]) {
    try {
      process.kill(target, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function procs(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function parentPid(name: string): number | undefined {
  try {
    // The command name, in parentheses, may hold anything; the fields after it do not.
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
