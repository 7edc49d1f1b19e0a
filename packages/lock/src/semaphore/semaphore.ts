import type { CallOptions, VFS } from '@holdfast/vfs';
import { z } from 'zod';
import { LedgerLock, type Call, type CallParsers } from '../ledger-lock.js';
import { lockStateOf } from '../lock-state.js';
import { parse, parseSemaphoreOptions, type SemaphoreOptions } from '../options.js';

export interface PermitTryOptions extends CallOptions {
  /** How many permits the lease takes, all at once. At most as many as there are. Default 1. */
  readonly count?: number | undefined;
}

export interface PermitWaitOptions extends PermitTryOptions {
  /** Rejects with `LockTimeoutError` after so many milliseconds. 0 tries once. Default: waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/**
 * At most so many permits are out at once, over all processes and hosts: first come, first served.
 *
 * Who asks for several gets them together, in its turn: those that come later wait behind it even if there would be enough
 * for them, so nobody is starved, and nobody holds some while it waits for more.
 *
 * How many there are stands in the storage, in the directory `semaphore-ID`. Who comes with another number is refused
 * (`LedgerError`, fault `permits`); if two begin with different ones at the same moment, the smaller one counts.
 *
 * @example
 * const slots = new Semaphore(vfs, { id: 'workers', permits: 4, dir: '/locks' });
 * await slots.with(async (lease) => work({ signal: lease.signal }));
 */
export class Semaphore extends LedgerLock<PermitTryOptions, PermitWaitOptions> {
  readonly permits: number;

  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: SemaphoreOptions) {
    const settings = parseSemaphoreOptions(options, vfs);
    const { permits } = options;
    super(lockStateOf(vfs, settings.clock, settings), settings, parsersFor(permits));
    this.permits = permits;
  }
}

function parsersFor(permits: number): CallParsers<PermitTryOptions, PermitWaitOptions> {
  const trySchema = z.strictObject({
    signal: z.instanceof(AbortSignal).optional(),
    // More than there are would wait for ever.
    count: z
      .int()
      .min(1)
      .max(permits, { error: `must be at most ${permits}, which is how many permits there are` })
      .optional(),
  });
  const waitSchema = trySchema.extend({ timeoutMs: z.number().nonnegative().optional() });
  return {
    parseTry: (given = {}) => asCall(parse(trySchema, given)),
    parseWait: (given = {}) => asCall(parse(waitSchema, given)),
  };
}

function asCall({ count = 1, timeoutMs, signal }: PermitWaitOptions): Call {
  return { wish: { mode: 'exclusive', permits: count }, timeoutMs, signal };
}
