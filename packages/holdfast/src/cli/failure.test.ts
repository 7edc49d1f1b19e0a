import {
  LedgerError,
  LockedError,
  LockLostError,
  LockTimeoutError,
  StaleLockError,
  UnsafeStorageError,
} from '@holdfast/lock';
import { VFSError } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { CommandError, Interrupted, messageOf, statusOf, UsageError } from './failure.js';

const CLAIM = { token: 4, holder: { host: 'h\u001B[2J', pid: 1, label: 'l\u0007' }, since: undefined };
const at = { path: '/', adapter: 'local' } as const;

it.each([
  [64, new UsageError('x')],
  [64, new VFSError({ ...at, code: 'EINVAL', op: 'open' })],
  [69, new VFSError({ ...at, code: 'EINVAL', op: 'mkdir' })],
  [69, new VFSError({ ...at, code: 'ENOENT', op: 'open' })],
  [69, new VFSError({ ...at, code: 'ECONN', op: 'ls' })],
  [69, new UnsafeStorageError({ ...at, evidence: 'x' })],
  [69, new LedgerError('/lockfile-a', 'first')],
  [70, new TypeError('x')],
  [70, 'x'],
  [75, new LockTimeoutError('a', 5, CLAIM)],
  [75, new LockedError('a', CLAIM)],
  [75, new StaleLockError('a', CLAIM)],
  [76, new LockLostError('a', 4, 'broken')],
  [127, new CommandError('x', 127)],
  [143, new Interrupted('SIGTERM')],
])('ends with %d for what it stands for', (status, error) => {
  expect(statusOf(error)).toBe(status);
  expect(messageOf(error)).not.toMatch(/\p{Cc}/u);
});
