import { constants } from 'node:os';
import { isVFSError, VFSError, type Operation, type VFSErrorCode } from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';

/**
 * What an errno says of a call that changes something.
 * - `failed`: the kernel refused it; nothing happened.
 * - `unknown`: the request may have reached a disk or a server.
 * - `local`: `failed` on a local filesystem, `unknown` where a server may have had the request already.
 */
type Certainty = 'failed' | 'unknown' | 'local';

interface Meaning {
  readonly code: VFSErrorCode;
  readonly certainty: Certainty;
  readonly detail?: string;
  readonly advice?: string;
}

const failed = (code: VFSErrorCode, detail?: string, advice?: string): Meaning => ({
  code,
  certainty: 'failed',
  ...(detail === undefined ? {} : { detail }),
  ...(advice === undefined ? {} : { advice }),
});
const unknown = (code: VFSErrorCode, detail?: string, advice?: string): Meaning => ({
  ...failed(code, detail, advice),
  certainty: 'unknown',
});

const MOUNT_ADVICE = 'Check that the mount is there and its server can be reached, then retry';
const unreachable = (detail: string): Meaning => unknown('ECONN', detail, MOUNT_ADVICE);

/** Every errno that a filesystem call is known to give. What is not here is `EIO`, and its outcome is unknown. */
export const ERRNO: Readonly<Record<string, Meaning>> = {
  ENOENT: failed('ENOENT'),
  EEXIST: failed('EEXIST'),
  ENOTDIR: failed('ENOTDIR'),
  EISDIR: failed('EISDIR'),
  ENOTEMPTY: failed('ENOTEMPTY'),

  EACCES: failed('EACCES'),
  EPERM: failed('EACCES', 'the operation is not permitted'),
  EROFS: failed('EACCES', 'the filesystem is read-only', 'Mount it read-write, or choose another place'),

  EINVAL: failed('EINVAL'),
  ENAMETOOLONG: failed('EINVAL', 'the name is too long for this filesystem', 'Use a shorter name'),
  EILSEQ: failed('EINVAL', 'this filesystem cannot write that name', 'Use plain characters'),
  ECHARSET: failed('EINVAL', 'this filesystem cannot write that name', 'Use plain characters'),
  ELOOP: failed('EINVAL', 'symbolic links lead in a circle', 'Correct the links'),
  EMLINK: failed('ENOSPC', 'the directory holds as many directories as it can', 'Use another directory'),
  EFBIG: failed('EINVAL', 'the file would be too large', 'Write less'),

  ENOTSUP: failed('ENOTSUP'),
  EOPNOTSUPP: failed('ENOTSUP'),
  ENOSYS: failed('ENOTSUP'),
  EXDEV: failed('ENOTSUP', 'the two paths lie on different filesystems', 'Keep both on one filesystem'),

  EBUSY: failed('EBUSY'),
  ETXTBSY: failed('EBUSY', 'the file is a program that is running'),
  EAGAIN: failed('EBUSY', 'it is leased to another process', 'Retry later'),
  EDEADLK: failed('EBUSY', 'the kernel would have waited for itself', 'Retry later'),
  ENOLCK: failed('EBUSY', 'no lock is left in the kernel or on the server', 'Retry later'),
  ENOMEM: failed('EBUSY', 'no memory left', 'Free some memory'),
  ENOBUFS: failed('EBUSY', 'no memory left', 'Free some memory'),
  EMFILE: failed('EBUSY', 'too many files are open in this process', 'Raise its limit: ulimit -n'),
  ENFILE: failed('EBUSY', 'too many files are open on this machine', 'Raise the limit: sysctl fs.file-max'),
  EINTR: { ...failed('EBUSY', 'a signal came in between', 'Retry'), certainty: 'local' },

  ENOSPC: failed('ENOSPC'),
  EDQUOT: failed('ENOSPC', 'the quota is used up', 'Free some space, or raise the quota'),

  ETIMEDOUT: unknown('ETIMEDOUT', 'the server did not answer', MOUNT_ADVICE),
  ETIME: unknown('ETIMEDOUT', 'the server did not answer', MOUNT_ADVICE),

  ECONNABORTED: unreachable('the connection to the server broke'),
  ECONNREFUSED: unreachable('the server refused the connection'),
  ECONNRESET: unreachable('the connection to the server broke'),
  EHOSTDOWN: unreachable('the server is down'),
  EHOSTUNREACH: unreachable('there is no way to the server'),
  ENETDOWN: unreachable('the network is down'),
  ENETRESET: unreachable('the network was reset'),
  ENETUNREACH: unreachable('there is no way to the server'),
  ENOLINK: unreachable('the link to the server is cut'),
  ENONET: unreachable('the machine is not on the network'),
  ENOTCONN: unreachable('the mount is not connected'),
  EPIPE: unreachable('the connection to the server broke'),
  EPROTO: unreachable('the server answered what the mount does not understand'),
  ECOMM: unreachable('the server could not be spoken to'),
  ESHUTDOWN: unreachable('the filesystem was shut down'),
  ENODEV: unreachable('the device is gone'),
  ENXIO: unreachable('the device is gone'),
  ENOMEDIUM: unreachable('the medium is gone'),
  ESTALE: unreachable('the server no longer knows this file or export'),

  ENOKEY: failed('EAUTH', 'the mount has no credentials for this user'),
  EKEYEXPIRED: failed('EAUTH', 'the credentials of the mount have expired'),
  EKEYREVOKED: failed('EAUTH', 'the credentials of the mount were revoked'),
  EKEYREJECTED: failed('EAUTH', 'the server rejected the credentials of the mount'),

  EIO: unknown('EIO'),
  EREMOTEIO: unknown('EIO'),
  EUCLEAN: unknown('EIO', 'the filesystem is damaged', 'Check it with fsck'),
  UNKNOWN: unknown('EIO'),
};

/** Linux errnos that neither libuv nor `os.constants` has a name for. */
const NAMELESS_ON_LINUX: Readonly<Record<number, string>> = {
  70: 'ECOMM',
  112: 'EHOSTDOWN',
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  126: 'ENOKEY',
  127: 'EKEYEXPIRED',
  128: 'EKEYREVOKED',
  129: 'EKEYREJECTED',
};

/** Where and on what a call was made. */
export interface About {
  readonly op: Operation;
  readonly path: string;
  readonly adapter: string;
  /** The root, as it was opened. */
  readonly place?: string;
  readonly platform: NodeJS.Platform;
  /** Whether a server may have had the request. */
  readonly remote: boolean;
  /** The code says all: the error of the system is not kept as the cause. Default false. */
  readonly plain?: boolean;
}

/**
 * Thrown by an operation that refuses on its own account, without a word from the kernel. No `Error`: nobody sees it
 * before it became one, and to write down a stack takes longer than a call on a disk.
 */
export class Refusal {
  readonly name = 'Refusal';
  readonly code: VFSErrorCode;
  readonly message: string;
  readonly advice: string | undefined;

  constructor(code: VFSErrorCode, message: string, advice?: string) {
    this.code = code;
    this.message = message;
    this.advice = advice;
  }
}

/** Thrown by an operation that failed after a first part of it took effect. */
export class HalfDone extends Error {
  override readonly name = 'HalfDone';

  constructor(cause: unknown) {
    super('it was done in part', { cause });
  }
}

/** What any failure of a call means to the caller. */
export function toVFSError(error: unknown, about: About): VFSError {
  if (isVFSError(error)) return error;
  if (error instanceof HalfDone) {
    const whole = toVFSError(error.cause, about);
    const { code, detail, advice, cause } = whole;
    return new VFSError({
      ...named(about),
      code,
      detail,
      advice,
      cause,
      outcome: outcomeOfSilence(about.op),
    });
  }
  if (error instanceof Refusal) {
    return new VFSError({ ...named(about), code: error.code, detail: error.message, advice: error.advice });
  }
  const meaning = meaningOf(error, about);
  const uncertain = meaning.certainty === 'unknown' || (meaning.certainty === 'local' && about.remote);
  return new VFSError({
    ...named(about),
    code: meaning.code,
    detail: meaning.detail,
    advice: meaning.advice,
    outcome: uncertain ? outcomeOfSilence(about.op) : 'failed',
    cause: about.plain === true ? undefined : error,
  });
}

/** The symbolic name of the errno that `error` carries, or `UNKNOWN`. */
export function errnoOf(error: unknown): string {
  if (error instanceof Refusal) return error.code;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return 'UNKNOWN';
  if (Object.hasOwn(ERRNO, error.code)) return error.code;
  // Of an errno that libuv has no name for, only the number arrives: "Unknown system error -116".
  const errno = 'errno' in error && typeof error.errno === 'number' ? Math.abs(error.errno) : NaN;
  const name = SYSTEM_NAMES.get(errno) ?? error.code;
  return Object.hasOwn(ERRNO, name) ? name : 'UNKNOWN';
}

const SYSTEM_NAMES: ReadonlyMap<number, string> = new Map([
  ...(process.platform === 'linux'
    ? Object.entries(NAMELESS_ON_LINUX).map(([number, name]): [number, string] => [Number(number), name])
    : []),
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
]);

function meaningOf(error: unknown, { op, platform }: About): Meaning {
  const name = errnoOf(error);
  if (platform === 'win32' && name === 'EPERM' && IN_USE.has(op)) {
    // Windows refuses so what another process has open, and for a moment what is being removed.
    return failed('EBUSY', 'it is open in another process, or not permitted', 'Retry later');
  }
  return ERRNO[name] ?? unknown('EIO');
}

const IN_USE: ReadonlySet<Operation> = new Set(['mkdir', 'writeFile', 'rm', 'rename']);

function named({ op, path, adapter, place }: About): Pick<About, 'op' | 'path' | 'adapter' | 'place'> {
  return { op, path, adapter, ...(place !== undefined && { place }) };
}
