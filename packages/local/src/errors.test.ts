import { constants } from 'node:os';
import { VFSError, type Operation } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { ERRNO, errnoOf, HalfDone, Refusal, toVFSError, type About } from './errors.js';

const about = (changes: Partial<About> = {}): About => ({
  op: 'mkdir',
  path: '/locks/a',
  adapter: 'local',
  platform: 'linux',
  remote: false,
  ...changes,
});

function errnoError(code: string, errno?: number): Error {
  return Object.assign(new Error(`${code}: it failed, mkdir '/srv/locks/a'`), { code, errno });
}

/** Every row: the errno, the code it becomes, the outcome of a change on a local disk and on a mount. */
const ROWS = [
  ['ENOENT', 'ENOENT', 'failed', 'failed'],
  ['EEXIST', 'EEXIST', 'failed', 'failed'],
  ['ENOTDIR', 'ENOTDIR', 'failed', 'failed'],
  ['EISDIR', 'EISDIR', 'failed', 'failed'],
  ['ENOTEMPTY', 'ENOTEMPTY', 'failed', 'failed'],
  ['EACCES', 'EACCES', 'failed', 'failed'],
  ['EPERM', 'EACCES', 'failed', 'failed'],
  ['EROFS', 'EACCES', 'failed', 'failed'],
  ['EINVAL', 'EINVAL', 'failed', 'failed'],
  ['ENAMETOOLONG', 'EINVAL', 'failed', 'failed'],
  ['EILSEQ', 'EINVAL', 'failed', 'failed'],
  ['ECHARSET', 'EINVAL', 'failed', 'failed'],
  ['ELOOP', 'EINVAL', 'failed', 'failed'],
  ['EFBIG', 'EINVAL', 'failed', 'failed'],
  ['EMLINK', 'ENOSPC', 'failed', 'failed'],
  ['ENOTSUP', 'ENOTSUP', 'failed', 'failed'],
  ['EOPNOTSUPP', 'ENOTSUP', 'failed', 'failed'],
  ['ENOSYS', 'ENOTSUP', 'failed', 'failed'],
  ['EXDEV', 'ENOTSUP', 'failed', 'failed'],
  ['EBUSY', 'EBUSY', 'failed', 'failed'],
  ['ETXTBSY', 'EBUSY', 'failed', 'failed'],
  ['EAGAIN', 'EBUSY', 'failed', 'failed'],
  ['EDEADLK', 'EBUSY', 'failed', 'failed'],
  ['ENOLCK', 'EBUSY', 'failed', 'failed'],
  ['ENOMEM', 'EBUSY', 'failed', 'failed'],
  ['ENOBUFS', 'EBUSY', 'failed', 'failed'],
  ['EMFILE', 'EBUSY', 'failed', 'failed'],
  ['ENFILE', 'EBUSY', 'failed', 'failed'],
  ['EINTR', 'EBUSY', 'failed', 'unknown'],
  ['ENOSPC', 'ENOSPC', 'failed', 'failed'],
  ['EDQUOT', 'ENOSPC', 'failed', 'failed'],
  ['ETIMEDOUT', 'ETIMEDOUT', 'unknown', 'unknown'],
  ['ETIME', 'ETIMEDOUT', 'unknown', 'unknown'],
  ['ECONNABORTED', 'ECONN', 'unknown', 'unknown'],
  ['ECONNREFUSED', 'ECONN', 'unknown', 'unknown'],
  ['ECONNRESET', 'ECONN', 'unknown', 'unknown'],
  ['EHOSTDOWN', 'ECONN', 'unknown', 'unknown'],
  ['EHOSTUNREACH', 'ECONN', 'unknown', 'unknown'],
  ['ENETDOWN', 'ECONN', 'unknown', 'unknown'],
  ['ENETRESET', 'ECONN', 'unknown', 'unknown'],
  ['ENETUNREACH', 'ECONN', 'unknown', 'unknown'],
  ['ENOLINK', 'ECONN', 'unknown', 'unknown'],
  ['ENONET', 'ECONN', 'unknown', 'unknown'],
  ['ENOTCONN', 'ECONN', 'unknown', 'unknown'],
  ['EPIPE', 'ECONN', 'unknown', 'unknown'],
  ['EPROTO', 'ECONN', 'unknown', 'unknown'],
  ['ECOMM', 'ECONN', 'unknown', 'unknown'],
  ['ESHUTDOWN', 'ECONN', 'unknown', 'unknown'],
  ['ENODEV', 'ECONN', 'unknown', 'unknown'],
  ['ENXIO', 'ECONN', 'unknown', 'unknown'],
  ['ENOMEDIUM', 'ECONN', 'unknown', 'unknown'],
  ['ESTALE', 'ECONN', 'unknown', 'unknown'],
  ['ENOKEY', 'EAUTH', 'failed', 'failed'],
  ['EKEYEXPIRED', 'EAUTH', 'failed', 'failed'],
  ['EKEYREVOKED', 'EAUTH', 'failed', 'failed'],
  ['EKEYREJECTED', 'EAUTH', 'failed', 'failed'],
  ['EIO', 'EIO', 'unknown', 'unknown'],
  ['EREMOTEIO', 'EIO', 'unknown', 'unknown'],
  ['EUCLEAN', 'EIO', 'unknown', 'unknown'],
  ['UNKNOWN', 'EIO', 'unknown', 'unknown'],
] as const;

describe('the errno table', () => {
  it.each(ROWS)('turns %s into %s, a change on a disk %s, on a mount %s', (errno, code, onDisk, onMount) => {
    const error = errnoError(errno);
    expect(toVFSError(error, about())).toMatchObject({ code, outcome: onDisk, cause: error });
    expect(toVFSError(error, about({ remote: true }))).toMatchObject({ code, outcome: onMount });
  });

  it.each(ROWS)('knows that a read which ends with %s changed nothing', (errno) => {
    for (const op of ['readFile', 'ls', 'stat', 'watch'] satisfies Operation[]) {
      expect(toVFSError(errnoError(errno), about({ op, remote: true })).outcome).toBe('failed');
    }
  });

  it('is tested row by row', () => {
    expect(ROWS.map(([errno]) => errno).toSorted()).toEqual(Object.keys(ERRNO).toSorted());
  });

  it('takes what it does not know for an error of the storage of unknown outcome', () => {
    for (const stranger of [errnoError('EADDRINUSE'), new Error('a defect'), 'not even an error']) {
      expect(toVFSError(stranger, about())).toMatchObject({
        code: 'EIO',
        outcome: 'unknown',
        cause: stranger,
      });
    }
  });
});

describe('an errno that libuv has no name for', () => {
  const nameless = (errno: number): Error => errnoError(`Unknown system error -${errno}`, -errno);

  it('is told by its number', () => {
    expect(errnoOf(nameless(constants.errno.ESTALE))).toBe('ESTALE');
    expect(errnoOf(nameless(constants.errno.EDQUOT))).toBe('EDQUOT');
  });

  it.runIf(process.platform === 'linux').each([
    [117, 'EUCLEAN'],
    [123, 'ENOMEDIUM'],
    [126, 'ENOKEY'],
    [127, 'EKEYEXPIRED'],
    [128, 'EKEYREVOKED'],
    [129, 'EKEYREJECTED'],
  ])('is told by its number on Linux: %i is %s', (errno, name) => {
    expect(errnoOf(nameless(errno))).toBe(name);
  });

  it('stays unknown if the number is', () => {
    expect(errnoOf(nameless(4000))).toBe('UNKNOWN');
  });
});

describe('on Windows', () => {
  it.each(['mkdir', 'writeFile', 'rm', 'rename'] satisfies Operation[])(
    'EPERM of %s means that another process has it open',
    (op) => {
      const error = toVFSError(errnoError('EPERM'), about({ op, platform: 'win32' }));
      expect(error).toMatchObject({ code: 'EBUSY', outcome: 'failed' });
    },
  );

  it('EPERM of a read, and EACCES, mean that it is not permitted', () => {
    const windows = { platform: 'win32' } as const;
    expect(toVFSError(errnoError('EPERM'), about({ ...windows, op: 'ls' })).code).toBe('EACCES');
    expect(toVFSError(errnoError('EACCES'), about(windows)).code).toBe('EACCES');
  });
});

describe('an own error', () => {
  it('keeps code and advice of a refusal, and had no effect', () => {
    const error = toVFSError(new Refusal('EACCES', 'a link leads out', 'Remove it'), about({ remote: true }));
    expect(error).toMatchObject({
      code: 'EACCES',
      outcome: 'failed',
      detail: 'a link leads out',
      advice: 'Remove it',
    });
  });

  it('has an unknown outcome if it was done in part, whatever stopped it', () => {
    const error = toVFSError(new HalfDone(errnoError('ENOSPC')), about({ op: 'writeFile' }));
    expect(error).toMatchObject({ code: 'ENOSPC', outcome: 'unknown' });
  });

  it('that is a VFSError already passes unchanged', () => {
    const error = new VFSError({ code: 'ETIMEDOUT', op: 'ls', path: '/', adapter: 'local' });
    expect(toVFSError(error, about())).toBe(error);
  });
});
