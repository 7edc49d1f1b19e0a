import { systemClock, type Clock } from '../contract/clock.js';
import { intercept } from './intercept.js';
import { pending } from '../facade/pending.js';
import type { VFS } from '../contract/vfs.js';

export interface WithDeadlineOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * `vfs` with a longest wait for every call: after `deadlineMs` milliseconds it rejects with `ETIMEDOUT`, outcome
 * `unknown` if it may change something. A shorter deadline of `vfs` itself still holds.
 *
 * @throws `RangeError` unless `deadlineMs` is above 0
 */
export function withDeadline(
  vfs: VFS,
  deadlineMs: number,
  { clock = systemClock }: WithDeadlineOptions = {},
): VFS {
  if (!(deadlineMs > 0)) throw new RangeError(`deadlineMs must be a number above 0, not ${deadlineMs}`);
  return intercept(vfs, async (call, next) =>
    pending((signal) => next({ ...call, options: { ...call.options, signal } }), {
      signal: call.options.signal,
      deadlineMs,
      clock,
      about: { op: call.op, path: call.path, adapter: vfs.adapter },
    }),
  );
}
