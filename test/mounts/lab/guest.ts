import { monotonic } from './inside/instant.js';
import { Peer, type Methods } from './inside/peer.js';
import type { AgentMethods, AgentNote } from './inside/agent.js';
import { CONTROL_PORT } from './inside/control.js';
import { LAB, PROGRAMS, SOURCE } from './folders.js';
import { clockOf, type GuestClock } from './guest-clock.js';
import { ADDRESSES, cardsOf, CONTROL, type Member } from './network.js';
import type { Job, Warden } from './warden.js';

const READY_WITHIN_MS = 60_000;

/** One of the lab's machines: a Linux kernel of its own, run as a process. */
export class Guest {
  readonly name: Member;
  readonly #warden: Warden;
  readonly #kernel: Kernel;
  #boots = 0;
  #job: Job | undefined;
  #agent: Peer<AgentMethods> | undefined;
  readonly #processes = new Map<string, GuestProcess>();

  constructor(warden: Warden, name: Member, kernel: Kernel) {
    this.#warden = warden;
    this.name = name;
    this.#kernel = kernel;
  }

  /** Starts the machine, and resolves once it can be talked to. */
  async boot(): Promise<void> {
    const name = `${this.name}-${++this.#boots}`;
    const { memoryMb, disk } = this.#kernel;
    const line = [
      `umid=${name}`,
      `uml_dir=${LAB}/uml`,
      `mem=${memoryMb}M`,
      'rootfstype=hostfs',
      'rootflags=/',
      'ro',
      `init=${SOURCE}inside/guest-init`,
      ...(disk === undefined ? [] : [`ubd0=${disk}`]),
      ...cardsOf(this.name),
      'con=null',
      'con0=null,fd:1',
      'ssl=null',
      'quiet',
      `MEMBER=${this.name}`,
      `ADDRESS=${ADDRESSES[this.name]}`,
      `CONTROL=${CONTROL[this.name]}`,
      `NODE=${process.execPath}`,
      `AGENT=${PROGRAMS}agent.js`,
      `MODULES=${this.#kernel.modules}`,
    ];
    let onReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (onReady = resolve));
    const agent: Peer<AgentMethods> = new Peer(
      (message) => job.write(JSON.stringify(message)),
      {},
      (topic, data) => (topic === 'ready' ? onReady() : this.#heard(data as AgentNote)),
    );
    const { command, env } = this.#kernel;
    const channel = { host: CONTROL[this.name], port: CONTROL_PORT };
    const job = await this.#warden.start(name, { command, args: line, env, channel }, (text) =>
      agent.receive(JSON.parse(text)),
    );
    const gone = job.ended.then((how): never => {
      agent.end(`${name} is down (${how})`);
      for (const process of this.#processes.values()) process.exited('with its machine');
      this.#processes.clear();
      throw new Error(`${name} went down (${how}):\n${job.output()}`);
    });
    gone.catch(() => undefined);
    this.#job = job;
    this.#agent = agent;
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    const never = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(new Error(`${name} did not come up:\n${job.output()}`)));
    });
    await Promise.race([ready, gone, never]);
  }

  /** Runs a shell script. Rejects if it fails. Resolves to what it wrote. */
  async sh(script: string): Promise<string> {
    const { code, output } = await this.#running.call('sh', script);
    if (code !== 0) throw new Error(`on ${this.name}, ${script} ended with ${code}: ${output}`);
    return output;
  }

  /** Starts a program of `../inside` as a process of the guest. `onNote` hears its notes. */
  async start(
    name: string,
    program: string,
    onNote: (topic: string, data: unknown) => void = () => undefined,
  ): Promise<GuestProcess> {
    const agent = this.#running;
    const process = new GuestProcess(name, agent, onNote);
    this.#processes.set(name, process);
    await agent.call('start', name, program);
    return process;
  }

  /** How the guest's monotonic clock stands to that of this machine. */
  clock(): Promise<GuestClock> {
    return clockOf({ here: monotonic, there: () => this.#running.call('monotonic') });
  }

  /** Resolves once the clock has gone on that the file at `path` is stamped with when it is written. */
  tick(path: string): Promise<void> {
    return this.#running.call('tick', path);
  }

  /** What the machine has written to its console. */
  console(): string {
    return this.#job?.output() ?? '';
  }

  /** Stands still at once, as a suspended virtual machine does; the network goes on without it. */
  async freeze(): Promise<void> {
    await this.#job?.signal('SIGSTOP', 'itself');
  }

  async thaw(): Promise<void> {
    await this.#job?.signal('SIGCONT', 'itself');
  }

  /** Ends at once, as by a pulled plug. */
  async kill(): Promise<void> {
    await this.#job?.signal('SIGKILL', 'all');
    await this.#job?.ended;
  }

  get #running(): Peer<AgentMethods> {
    if (this.#agent === undefined) throw new Error(`${this.name} was not booted`);
    return this.#agent;
  }

  #heard(note: AgentNote): void {
    const process = this.#processes.get(note.name);
    if ('message' in note) process?.received(note.message);
    else process?.exited(note.exit);
  }
}

/** What all guests are started with. */
export interface Kernel {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly modules: string;
  readonly memoryMb: number;
  /** A file that the guest sees as its disk. */
  readonly disk?: string;
}

/** A process of a guest, talked to through the guest's agent. */
export class GuestProcess {
  readonly name: string;
  readonly ended: Promise<string>;
  readonly #agent: Peer<AgentMethods>;
  readonly #peer: Peer<Methods>;
  #end: (how: string) => void = () => undefined;

  constructor(name: string, agent: Peer<AgentMethods>, onNote: (topic: string, data: unknown) => void) {
    this.name = name;
    this.#agent = agent;
    this.#peer = new Peer((message) => agent.note(name, message), {}, onNote);
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** The conversation with the program, whose methods are `M`. */
  as<M extends Methods>(): Peer<M> {
    return this.#peer;
  }

  signal(signal: NodeJS.Signals): Promise<void> {
    return this.#agent.call('signal', this.name, signal);
  }

  received(message: unknown): void {
    this.#peer.receive(message);
  }

  exited(how: string): void {
    this.#peer.end(`${this.name} ended (${how})`);
    this.#end(how);
  }
}
