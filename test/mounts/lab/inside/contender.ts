import { readFile, rm, writeFile } from 'node:fs/promises';
import { Lock, type Lease, type LockEvent, type LockOptions, type WaitOptions } from 'holdfast';
import { localVFS, type LocalVFSOptions } from '@holdfast/local';
import { contend, hostTime, HistoryRecorder } from '@holdfast/testkit';
import type { Capabilities, VFS } from '@holdfast/vfs';
import { perform, type WireCall, type WireResult } from './call.js';
import { counterOf, increment, readCount, type Guard } from './counter.js';
import { Peer, toWire, type WireError } from './peer.js';
import { Work } from './work.js';

// A process of a guest that uses the project as any program would: opens directories on mounts, contends for locks,
// works under them, and writes down what happens.

export interface ContenderMethods {
  [method: string]: (...params: never[]) => unknown;
  /** Opens a directory of the guest as `id`. */
  open(id: string, root: string, options?: LocalVFSOptions): Capabilities;
  close(id: string): Promise<void>;
  /** One call of an open VFS. `callId` is for an `abort` note. */
  call(id: string, callId: number, call: WireCall): Promise<WireResult>;
  /** The conformance suite's part that runs in a process of its own. */
  race(id: string, job: string): Promise<string>;
  /** Makes ready to contend as `name` for the lock on the VFS `id`. Its history goes out as notes `history`. */
  lock(id: string, name: string, options: TrialLock): void;
  acquire(id: string, wait?: WaitOptions): Promise<Granted>;
  /** Ends its work first. */
  release(id: string): Promise<void>;
  /** Whether it holds, by its own judgement; `undefined` if it was never granted. */
  held(id: string): boolean | undefined;
  verify(id: string): Promise<void>;
  /** Takes the lock, changes the counter beside it and gives the lock back, again and again. Resolves to the losses. */
  contend(id: string, options: ContendOptions): Promise<number>;
  /** Adds to the counter, if the lease still stands right before the write. Resolves to whether it did. */
  increment(id: string, holdMs: number): Promise<boolean>;
  /** Works under the lease from now on: looks at it every few milliseconds, as long as it is held, and adds to the counter. */
  work(id: string, everyMs: number): void;
  /** Adds no more by itself. Resolves once nothing of it is under way. */
  rest(id: string): Promise<void>;
  /** The counter, read under the lease. */
  count(id: string): Promise<number>;
  /** Writes a file of the guest so many times, as most programs do: it is made empty first. */
  rewrite(path: string, times: number): Promise<void>;
  /** Reads a file of an open VFS again and again until `stop`. Resolves to how often it was found empty. */
  watchEmpty(id: string, path: string): Promise<number>;
  stop(): void;
  /** Looks after everything but the mounts: how late, in milliseconds, are timers, other files and name look-ups? */
  bystand(): Promise<Bystander>;
  /** Ends the process by `process.exit`. */
  exit(code: number): void;
}

/** A lock whose lease times are known. */
export type TrialLock = LockOptions & { readonly staleAfterMs: number };

export interface Granted {
  readonly token: number;
  /** When it was granted, on the guest's clock. */
  readonly at: number;
}

export interface ContendOptions {
  readonly rounds: number;
  readonly holdMs: number;
  readonly timeoutMs: number;
}

/** How long what has nothing to do with a mount takes while that hangs, in milliseconds. */
export interface Bystander {
  readonly timerMs: number;
  /** A write and a read of as many files at once as the thread pool has threads, twice over. */
  readonly filesMs: number;
}

/** The loss of a lease, as noted by `lost`. */
export interface LossNote {
  readonly id: string;
  readonly at: number;
  readonly token: number;
  readonly error: WireError;
}

/** What a lock told of itself, as noted by `event`. */
export interface EventNote {
  readonly id: string;
  readonly at: number;
  readonly type: LockEvent['type'];
  /** Why a claim was taken over; the code of an error. */
  readonly why: string | undefined;
  /** How long a beat took, in milliseconds. */
  readonly tookMs: number | undefined;
}

/** What `work` notes once it does not go on any more. */
export interface WorkNote {
  readonly id: string;
  readonly token: number;
  /** The last moment at which it worked, and that at which it saw that it may not. */
  readonly lastAt: number;
  readonly stoppedAt: number;
}

interface Contest {
  readonly lock: Lock;
  readonly record: HistoryRecorder;
  /** From a sign of life until when a lease is relied on for a write, in milliseconds. */
  readonly youngMs: number;
  lease: Lease | undefined;
  work: Work | undefined;
  /** When the last sign of life began. */
  aliveAt: number;
}

/** A lease ends a tenth of the window early, by default. A write that begins by then has this time to be done. */
const MARGIN = 0.1;
const FOR_A_WRITE_MS = 1000;

const opened = new Map<string, VFS>();
const contests = new Map<string, Contest>();
const calls = new Map<number, AbortController>();
let watch = new AbortController();

const vfsOf = (id: string): VFS => opened.get(id) ?? missing(id);
const contestOf = (id: string): Contest => contests.get(id) ?? missing(id);
const leaseOf = (id: string): Lease => contestOf(id).lease ?? missing(id);

function missing(id: string): never {
  throw new Error(`nothing is open as ${id}`);
}

/** What the counter of `contest` may be changed under. */
function guardOf(contest: Contest, lease: Lease): Guard {
  return {
    token: lease.token,
    async lasts() {
      while (lease.held) {
        if (hostTime() < contest.aliveAt + contest.youngMs) return true;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return false;
    },
  };
}

function tellEvent(id: string, event: LockEvent): void {
  if (event.type === 'beat') contestOf(id).aliveAt = hostTime() - event.tookMs;
  const note: EventNote = {
    id,
    at: hostTime(),
    type: event.type,
    why: 'why' in event ? event.why : 'error' in event ? toWire(event.error).message : undefined,
    tookMs: 'tookMs' in event ? event.tookMs : undefined,
  };
  outside.note('event', note);
}

const methods = {
  open(id, root, options = {}) {
    const vfs = localVFS(root, options);
    opened.set(id, vfs);
    return vfs.capabilities;
  },

  close: (id) => vfsOf(id).close(),

  async call(id, callId, call) {
    const controller = new AbortController();
    calls.set(callId, controller);
    try {
      return await perform(vfsOf(id), call, controller.signal);
    } finally {
      calls.delete(callId);
    }
  },

  race: (id, job) => contend(vfsOf(id), job),

  lock(id, name, options) {
    const write = (line: string): void => outside.note('history', line);
    contests.set(id, {
      lock: new Lock(vfsOf(id), { ...options, onEvent: (event) => tellEvent(id, event) }),
      record: new HistoryRecorder({ process: name, lock: id, write }),
      youngMs: (1 - MARGIN) * options.staleAfterMs - FOR_A_WRITE_MS,
      lease: undefined,
      work: undefined,
      aliveAt: 0,
    });
  },

  async acquire(id, wait = {}) {
    const contest = contestOf(id);
    contest.record.acquire();
    try {
      contest.lease = await contest.lock.acquire(wait);
    } catch (error) {
      contest.record.refused();
      throw error;
    }
    const at = (contest.aliveAt = hostTime());
    const { lease, record } = contest;
    record.acquired(lease);
    record.held(lease);
    lease.signal.addEventListener('abort', () => {
      const note: LossNote = { id, at: hostTime(), token: lease.token, error: toWire(lease.signal.reason) };
      outside.note('lost', note);
      record.lost(lease);
    });
    return { token: lease.token, at };
  },

  async release(id) {
    const { record } = contestOf(id);
    await methods.rest(id);
    const lease = leaseOf(id);
    record.release(lease);
    await lease.release();
    record.released(lease);
  },

  held: (id) => contestOf(id).lease?.held,
  verify: (id) => leaseOf(id).verify(),

  async contend(id, { rounds, holdMs, timeoutMs }) {
    let losses = 0;
    for (let round = 0; round < rounds; round++) {
      await methods.acquire(id, { timeoutMs });
      if (!(await methods.increment(id, holdMs))) losses++;
      await methods.release(id);
    }
    return losses;
  },

  async increment(id, holdMs) {
    const contest = contestOf(id);
    const lease = leaseOf(id);
    const change = await increment(vfsOf(counterOf(id)), guardOf(contest, lease), holdMs);
    if (change !== undefined) contest.record.update(lease, change.from, change.to);
    return change !== undefined;
  },

  work(id, everyMs) {
    const contest = contestOf(id);
    const lease = leaseOf(id);
    contest.work = new Work({
      everyMs,
      held: () => contest.record.held(lease),
      change: () => methods.increment(id, 0),
      onStop: (lastAt, stoppedAt) => {
        const note: WorkNote = { id, token: lease.token, lastAt, stoppedAt };
        outside.note('stopped', note);
      },
    });
  },

  async rest(id) {
    const { work } = contestOf(id);
    await work?.rest();
  },

  async count(id) {
    const { value } = await readCount(vfsOf(counterOf(id)));
    if (!leaseOf(id).held) throw new Error('the lease was over before the counter was read');
    return value;
  },

  async rewrite(path, times) {
    for (let time = 0; time < times; time++) await writeFile(path, `record ${time}`);
  },

  async watchEmpty(id, path) {
    let empty = 0;
    watch = new AbortController();
    const { signal } = watch;
    while (!signal.aborted) {
      if ((await vfsOf(id).readFile(path)).length === 0) empty++;
    }
    return empty;
  },

  stop: () => watch.abort(),

  async bystand() {
    const started = hostTime();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const timerMs = hostTime() - started - 10;
    const begun = hostTime();
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const path = `/run/bystander-${process.pid}-${index}`;
        await writeFile(path, 'x');
        await readFile(path);
        await rm(path);
      }),
    );
    return { timerMs, filesMs: hostTime() - begun };
  },

  exit: (code) => process.exit(code),
} satisfies ContenderMethods;

const outside = new Peer(
  (message) => process.send?.(message),
  methods,
  (topic, callId) => {
    if (topic === 'abort') calls.get(callId as number)?.abort();
  },
);
process.on('message', (message) => outside.receive(message));
process.on('SIGUSR2', () => outside.note('signalled', undefined));
