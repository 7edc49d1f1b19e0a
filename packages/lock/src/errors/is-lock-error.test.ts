import { describe, expect, it } from 'vitest';
import { isLockError, LedgerError, LockedError, LockLostError } from './index.js';

const locked = new LockedError('deploy', {
  token: 7,
  holder: { host: 'h', pid: 1, label: undefined },
  since: undefined,
});

describe('an error of the lock', () => {
  it('is known by its code, and narrowed to its class', () => {
    const error: unknown = locked;
    expect(isLockError(error)).toBe(true);
    expect(isLockError(error, 'ELOCKSTALE')).toBe(false);
    expect(isLockError(error, 'ELOCKSTALE', 'ELOCKED') && error.token).toBe(7);
  });

  it('is known across two installs of the package', () => {
    expect(
      isLockError(Object.assign(new Error('x'), { name: 'LockedError', code: 'ELOCKED' }), 'ELOCKED'),
    ).toBe(true);
  });

  it('is no error of another library that uses the same code, and nothing that is no error', () => {
    const foreign = Object.assign(new Error('Lock file is already being held'), { code: 'ELOCKED' });
    expect(isLockError(foreign, 'ELOCKED')).toBe(false);
    expect(isLockError({ name: 'LockedError', code: 'ELOCKED' })).toBe(false);
    expect(isLockError(undefined)).toBe(false);
  });

  it('drives no terminal, whatever a ledger says', () => {
    const label = '\u001b[31m"}\u202e\n';
    const hostile = new LockedError('x', {
      token: 1,
      holder: { host: label, pid: 1, label },
      since: undefined,
    });
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(hostile.message).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(hostile.holder?.label).toBe(label);
  });

  it('says what is the matter, and what caused it', () => {
    const cause = new Error('no route');
    expect(new LockLostError('deploy', 7, 'expired', cause)).toMatchObject({ reason: 'expired', cause });
    expect(new LedgerError('/locks/lockfile-deploy', 'first')).toMatchObject({
      code: 'ELEDGER',
      fault: 'first',
    });
  });
});
