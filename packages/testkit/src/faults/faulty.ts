import {
  intercept,
  joinPath,
  systemClock,
  VFSError,
  type Call,
  type Clock,
  type Entry,
  type FileInfo,
  type VFS,
} from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';
import type { Fault } from './fault.js';
import type { FaultPlan } from './plan.js';

/** Whose storage fails, and by which clock. */
export interface FaultyOptions {
  /** Whose view of the storage it is, for rules that name an actor. Default: the adapter's name. */
  readonly actor?: string;
  /** By which delays pass. Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * `vfs`, to whose calls happens what `plan` says. The same plan on the same calls does the same each time.
 *
 * A call that is parked or delayed does not listen to its signal: put `withDeadline` around, or a real caller, to let
 * go of it.
 *
 * @example
 * const plan = new FaultPlan([{ actor: 'A', op: 'mkdir', times: 1, fault: { kind: 'lose-reply' } }]);
 * const vfs = faulty(memoryVFS({ store }), plan, { actor: 'A', clock });
 */
export function faulty(vfs: VFS, plan: FaultPlan, options: FaultyOptions = {}): VFS {
  const { actor = vfs.adapter, clock = systemClock } = options;
  const memory = new Memory();
  return intercept(vfs, async (call, next) => {
    const surroundings = { clock, memory, adapter: vfs.adapter };
    const faults = plan.faultsOf(actor, call);
    let make = async (): Promise<unknown> => memory.keep(call, await next(call));
    for (const fault of [faults.answer, faults.call]) {
      const inner = make;
      if (fault !== undefined) make = () => strike(fault, call, inner, surroundings);
    }
    return make();
  });
}

interface Surroundings {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly adapter: string;
}

async function strike(
  fault: Fault,
  call: Call,
  make: () => Promise<unknown>,
  { clock, memory, adapter }: Surroundings,
): Promise<unknown> {
  const about = { op: call.op, path: call.path, adapter };
  const outcome = outcomeOfSilence(call.op);
  switch (fault.kind) {
    case 'park':
      return around(fault.at, () => fault.gate.pass(), make);
    case 'delay':
      return around(fault.at, () => new Promise<void>((resolve) => clock.schedule(resolve, fault.ms)), make);
    case 'fail':
      throw new VFSError({ ...about, code: fault.code, outcome: fault.outcome });
    case 'throw':
      throw fault.error;
    case 'lose-reply':
      await make();
      throw new VFSError({ ...about, code: 'ECONN', outcome, detail: 'the reply was lost' });
    case 'lose-call':
      throw new VFSError({ ...about, code: 'ECONN', outcome, detail: 'the call was lost' });
    case 'late': {
      const settled = fault.gate.pass().then(async () => void (await make()));
      throw new VFSError({ ...about, code: 'ETIMEDOUT', outcome, settled });
    }
    case 'twice':
      await make().catch(() => undefined);
      return make();
    case 'old-answer':
      return memory.last(call) ?? make();
    case 'frozen-mtime':
      return memory.withMtimes(call, await make(), (path, mtimeMs) => memory.firstMtime(path, mtimeMs));
    case 'coarse-mtime':
      return memory.withMtimes(call, await make(), (_, ms) => Math.floor(ms / fault.ms) * fault.ms);
  }
}

async function around(
  at: 'before' | 'after',
  hold: () => Promise<void>,
  make: () => Promise<unknown>,
): Promise<unknown> {
  if (at === 'before') await hold();
  try {
    return await make();
  } finally {
    if (at === 'after') await hold();
  }
}

/** What one view of the storage has shown before. */
class Memory {
  readonly #answers = new Map<string, unknown>();
  readonly #mtimes = new Map<string, number>();

  keep(call: Call, answer: unknown): unknown {
    if (call.op === 'ls' || call.op === 'stat') this.#answers.set(`${call.op} ${call.path}`, answer);
    return answer;
  }

  last(call: Call): unknown {
    return this.#answers.get(`${call.op} ${call.path}`);
  }

  firstMtime(path: string, mtimeMs: number): number {
    const first = this.#mtimes.get(path) ?? mtimeMs;
    this.#mtimes.set(path, first);
    return first;
  }

  withMtimes(call: Call, answer: unknown, change: (path: string, mtimeMs: number) => number): unknown {
    // The casts state what the contract says that these two operations resolve to.
    if (call.op === 'stat') {
      const info = answer as FileInfo;
      return info.mtimeMs === undefined ? info : { ...info, mtimeMs: change(call.path, info.mtimeMs) };
    }
    if (call.op !== 'ls') return answer;
    return (answer as Entry[]).map((entry) =>
      entry.mtimeMs === undefined
        ? entry
        : Object.assign({}, entry, { mtimeMs: change(joinPath(call.path, entry.name), entry.mtimeMs) }),
    );
  }
}
