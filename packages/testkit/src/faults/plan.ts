import type { Call } from '@holdfast/vfs';
import { randomOf } from '../explore/walk.js';
import type { Fault, FaultRule, RandomFaultKind, RandomFaults } from './fault.js';
import { Gate } from './gate.js';

const RANDOM_KINDS: readonly RandomFaultKind[] = ['fail', 'lose-reply', 'lose-call', 'twice', 'delay'];

/** Which calls of a {@link FaultRule} a gate is for. */
export type FaultTarget = Omit<FaultRule, 'fault'>;

/** Faults of what `ls` and `stat` show. They change an answer, whatever else happens to the call. */
const OF_ANSWERS: ReadonlySet<Fault['kind']> = new Set(['old-answer', 'frozen-mtime', 'coarse-mtime']);

/** What happens to one call. */
export interface CallFaults {
  readonly call?: Fault | undefined;
  /** What happens to its answer beside: `old-answer`, `frozen-mtime` or `coarse-mtime`. */
  readonly answer?: Fault | undefined;
}

/**
 * What is to go wrong, for any number of VFSs. Rules can be added while a test runs; the first one that matches a call
 * hits it, and beside it the first that changes what `ls` and `stat` show.
 *
 * @example
 * const plan = new FaultPlan();
 * const vfs = faulty(memoryVFS(), plan, { actor: 'A' });
 * const gate = plan.park('before', { actor: 'A', op: 'mkdir' });
 */
export class FaultPlan {
  readonly #rules: { readonly rule: FaultRule; matched: number }[] = [];
  #chance: ((call: Call) => Fault | undefined) | undefined;

  constructor(rules: readonly FaultRule[] = []) {
    for (const rule of rules) this.add(rule);
  }

  /** Adds a rule behind those there are. Returns what takes it out again. */
  add(rule: FaultRule): () => void {
    const added = { rule, matched: 0 };
    this.#rules.push(added);
    return () => {
      const at = this.#rules.indexOf(added);
      if (at >= 0) this.#rules.splice(at, 1);
    };
  }

  /** Holds the next call that matches up, before it is made or before its reply arrives. */
  park(at: 'before' | 'after', target: FaultTarget = {}): Gate {
    const gate = new Gate();
    this.add({ times: 1, ...target, fault: { kind: 'park', at, gate } });
    return gate;
  }

  /** Has the caller of the next call that matches give up; the call takes effect when the gate opens. */
  late(target: FaultTarget = {}): Gate {
    const gate = new Gate();
    this.add({ times: 1, ...target, fault: { kind: 'late', gate } });
    return gate;
  }

  /** Lets chance strike wherever no rule does. */
  random({ seed, rate, kinds = RANDOM_KINDS, longestDelayMs = 100 }: RandomFaults): void {
    const random = randomOf(seed);
    this.#chance = () => {
      if (random() >= rate) return undefined;
      const kind = kinds[Math.floor(random() * kinds.length)];
      switch (kind) {
        case 'fail':
          return { kind, code: 'ECONN' };
        case 'delay':
          return { kind, at: random() < 0.5 ? 'before' : 'after', ms: random() * longestDelayMs };
        case undefined:
          return undefined;
        default:
          return { kind };
      }
    };
  }

  /** The faults that hit `call`. For `faulty`. */
  faultsOf(actor: string, call: Call): CallFaults {
    const answer =
      call.op === 'ls' || call.op === 'stat'
        ? this.#first(actor, call, (kind) => OF_ANSWERS.has(kind))
        : undefined;
    return {
      call: this.#first(actor, call, (kind) => !OF_ANSWERS.has(kind)) ?? this.#chance?.(call),
      answer,
    };
  }

  #first(actor: string, call: Call, concerns: (kind: Fault['kind']) => boolean): Fault | undefined {
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (!concerns(rule.fault.kind) || !matches(rule, actor, call)) continue;
      const { skip = 0, times = Infinity } = rule;
      const turn = entry.matched++;
      if (turn >= skip && turn < skip + times) return rule.fault;
    }
    return undefined;
  }
}

function matches({ actor, op, path }: FaultRule, who: string, call: Call): boolean {
  if (actor !== undefined && actor !== who) return false;
  if (op !== undefined && !(typeof op === 'string' ? op === call.op : op.includes(call.op))) return false;
  if (path === undefined) return true;
  // Not `test`, which goes on behind its last find if the pattern is a global one.
  return typeof path === 'string' ? path === call.path : call.path.search(path) >= 0;
}
