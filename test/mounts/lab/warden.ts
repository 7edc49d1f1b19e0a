import { spawn, type ChildProcess } from 'node:child_process';
import { Peer } from './inside/peer.js';
import type { StartOptions, WardenMethods, WardenNote } from './inside/warden.js';
import { LAB, PROGRAMS } from './folders.js';

/** A process of the lab. */
export interface Job {
  /** Sends a line over its channel. */
  write(line: string): void;
  /** Signals the process alone, or `all` that it started too. */
  signal(signal: NodeJS.Signals, whom?: 'itself' | 'all'): Promise<void>;
  /** Fulfils with its exit code or signal. */
  readonly ended: Promise<string>;
  /** The last that it wrote to stdout and stderr. */
  output(): string;
  /** Resolves once it has written what fits. Rejects if it ends before. */
  wrote(pattern: RegExp): Promise<void>;
}

const KEPT_OUTPUT = 64 * 1024;

/** The outside's end of the lab's first process. Everything in the lab is started, signalled and ended through it. */
export class Warden {
  readonly #process: ChildProcess;
  readonly #peer: Peer<WardenMethods>;
  readonly #jobs = new Map<
    string,
    { line(line: string): void; output(text: string): void; exit(how: string): void }
  >();
  readonly #ended: Promise<unknown>;

  private constructor(process: ChildProcess, onReady: () => void) {
    this.#process = process;
    this.#peer = new Peer(
      (message) => process.send(message as object, () => undefined),
      {},
      (topic, data) => {
        if (topic === 'ready') onReady();
        else this.#heard(data as WardenNote);
      },
    );
    process.on('message', (message) => this.#peer.receive(message));
    this.#ended = new Promise((resolve) => process.once('exit', resolve));
    void this.#ended.then(() => this.#peer.end('the lab is gone'));
  }

  /** Opens the namespaces. They cannot outlive the returned object's process: see warden.ts of `../inside`. */
  static async start(): Promise<Warden> {
    // The numbers of processes in there are their own, so nothing in there can even name a process out here.
    const namespaces = ['--net', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];
    const command = ['-n', '5', 'unshare', ...namespaces, process.execPath, `${PROGRAMS}warden.js`];
    const child = spawn('nice', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
    const warden = await new Promise<Warden>((resolve, reject) => {
      const made: Warden = new Warden(child, () => resolve(made));
      child.once('error', reject);
      child.once('exit', (code) =>
        reject(new Error(`the lab could not be opened: unshare ended with ${code}`)),
      );
    });
    try {
      for (const place of [LAB, '/run'])
        await warden.run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', place);
      await warden.run('ip', 'link', 'set', 'lo', 'up');
      return warden;
    } catch (error) {
      await warden.close();
      throw error;
    }
  }

  /** Of the process on this machine whose descendants are all of the lab. */
  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** Runs a command to its end. Rejects if it fails. Resolves to what it wrote. */
  async run(command: string, ...args: string[]): Promise<string> {
    const { code, output } = await this.#peer.call('run', command, args);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${output}`);
    return output;
  }

  /** Writes a file, its folders included. */
  async write(path: string, text: string, mode = 0o644): Promise<void> {
    await this.#peer.call('write', path, text, mode);
  }

  async start(
    name: string,
    options: StartOptions,
    onLine: (line: string) => void = () => undefined,
  ): Promise<Job> {
    let text = '';
    let look: () => void = () => undefined;
    const ended = new Promise<string>((resolve) => {
      this.#jobs.set(name, {
        line: onLine,
        output: (more) => {
          text = (text + more).slice(-KEPT_OUTPUT);
          look();
        },
        exit: resolve,
      });
    });
    await this.#peer.call('start', name, options);
    return {
      write: (line) => this.#peer.note(name, line),
      signal: (signal, whom = 'all') => this.#peer.call('signal', name, signal, whom),
      ended,
      output: () => text,
      wrote: async (pattern) => {
        const written = new Promise<void>((resolve) => {
          look = (): void => {
            if (pattern.test(text)) resolve();
          };
          look();
        });
        await Promise.race([
          written,
          ended.then((how) => Promise.reject(new Error(`${name} ended (${how}): ${text}`))),
        ]);
      },
    };
  }

  /** Ends every process of the lab, its network and its mounts. Resolves once they are gone. */
  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#ended;
  }

  #heard(note: WardenNote): void {
    const job = this.#jobs.get(note.name);
    if ('line' in note) job?.line(note.line);
    else if ('output' in note) job?.output(note.output);
    else job?.exit(note.exit);
  }
}
