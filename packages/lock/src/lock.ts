import type { VFS } from '@holdfast/vfs';
import { LedgerLock, type Call, type CallParsers } from './ledger-lock.js';
import { lockStateOf } from './lock-state.js';
import {
  parseOptions,
  parseTry,
  parseWait,
  type LockOptions,
  type TryOptions,
  type WaitOptions,
} from './options.js';

/**
 * A lock with fencing tokens, over any VFS: first come, first served, between processes and hosts.
 *
 * `Lock` objects are cheap, hold nothing open, and share what they know with others of the same VFS, directory and id.
 *
 * @example
 * const lock = new Lock(vfs, { id: 'deploy', dir: '/locks' });
 * await lock.with(async (lease) => deploy({ fence: lease.token, signal: lease.signal }));
 */
export class Lock extends LedgerLock<TryOptions, WaitOptions> {
  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: LockOptions) {
    const settings = parseOptions(options, vfs);
    super(lockStateOf(vfs, settings.clock, settings), settings, PARSERS);
  }
}

const PARSERS: CallParsers<TryOptions, WaitOptions> = {
  parseTry: (options) => asCall(parseTry(options)),
  parseWait: (options) => asCall(parseWait(options)),
};

function asCall({ mode = 'exclusive', timeoutMs, signal }: WaitOptions): Call {
  return { wish: { mode, permits: 1 }, timeoutMs, signal };
}
