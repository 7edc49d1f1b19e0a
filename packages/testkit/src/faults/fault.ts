import type { Operation, Outcome, VFSErrorCode } from '@holdfast/vfs';
import type { Gate } from './gate.js';

/** What happens to a call instead of what should; the last three, to its answer if it is `ls` or `stat`. */
export type Fault =
  /** The call stands at the gate before it is made (`before`), or its reply does (`after`). */
  | { readonly kind: 'park'; readonly at: 'before' | 'after'; readonly gate: Gate }
  /** As `park`, for so many milliseconds. */
  | { readonly kind: 'delay'; readonly at: 'before' | 'after'; readonly ms: number }
  /** Rejects without any effect, or with outcome `unknown` as if nobody knew. Default outcome `failed`. */
  | { readonly kind: 'fail'; readonly code: VFSErrorCode; readonly outcome?: Outcome }
  /** Rejects with something that is no `VFSError`, as a defective adapter may. */
  | { readonly kind: 'throw'; readonly error: unknown }
  /** The call is made, and its reply is lost: rejects with `ECONN`, outcome `unknown`. */
  | { readonly kind: 'lose-reply' }
  /** The call is lost: rejects with `ECONN`, outcome `unknown`, and never has an effect. */
  | { readonly kind: 'lose-call' }
  /**
   * The caller gives up, and the call takes effect when the gate opens: rejects at once with `ETIMEDOUT`, outcome
   * `unknown`. `settled` of the error tells of the effect.
   */
  | { readonly kind: 'late'; readonly gate: Gate }
  /** The call is made twice, as by a layer below that repeats what it heard nothing of; the second reply counts. */
  | { readonly kind: 'twice' }
  /** `ls` and `stat` answer what they answered the last time, as from a cache. */
  | { readonly kind: 'old-answer' }
  /** `ls` and `stat` show each mtime as it was first seen. */
  | { readonly kind: 'frozen-mtime' }
  /** `ls` and `stat` show whole multiples of so many milliseconds. */
  | { readonly kind: 'coarse-mtime'; readonly ms: number };

/** Which calls a fault hits. What is left out matches all. */
export interface FaultRule {
  readonly fault: Fault;
  /** By the name given to `faulty`. */
  readonly actor?: string | undefined;
  readonly op?: Operation | readonly Operation[] | undefined;
  /** The whole path, or a pattern that is found in it. */
  readonly path?: string | RegExp | undefined;
  /** How many calls that match go unharmed first. Default 0. */
  readonly skip?: number | undefined;
  /** How many calls are hit then. Default: all. */
  readonly times?: number | undefined;
}

/** Kinds of {@link Fault} that chance can choose. */
export type RandomFaultKind = 'fail' | 'lose-reply' | 'lose-call' | 'twice' | 'delay';

/** Faults by chance, the same for the same seed and the same calls. */
export interface RandomFaults {
  /** Any number; it decides what happens. */
  readonly seed: number;
  /** How likely a call is hit, from 0 to 1. */
  readonly rate: number;
  /** Default: all. */
  readonly kinds?: readonly RandomFaultKind[] | undefined;
  /** Longest delay, in milliseconds. Default 100. */
  readonly longestDelayMs?: number | undefined;
}
