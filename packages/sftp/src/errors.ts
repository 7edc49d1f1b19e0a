import type { VFSErrorCode } from '@holdfast/vfs';
import { ServerRefusal } from './transport/server-refusal.js';

interface StatusMeaning {
  readonly code: VFSErrorCode;
  /** The number says too little: what there is at the path decides, see `requests/refusal.ts`. */
  readonly look?: true;
}

/**
 * What the numbers of a status reply mean. Version 3 of the protocol, the one that servers speak, has 0 to 8; several
 * servers send numbers of later drafts all the same.
 *
 * `look` stands at 4, which means "exists", "not empty", "is a directory", "disk full" and anything else; at 2, which
 * OpenSSH also sends where a part of the path is a file; and at 3, which ProFTPD sends for a directory in place of a file.
 */
export const STATUS: ReadonlyMap<number, StatusMeaning> = new Map<number, StatusMeaning>([
  [1, { code: 'EIO' }], // end of file, where nothing was read
  [2, { code: 'ENOENT', look: true }],
  [3, { code: 'EACCES', look: true }],
  [4, { code: 'EIO', look: true }],
  [5, { code: 'EINVAL' }], // bad message: OpenSSH says so of a name that is too long
  [6, { code: 'ECONN' }],
  [7, { code: 'ECONN' }],
  [8, { code: 'ENOTSUP' }],
  [9, { code: 'EIO' }], // invalid handle
  [10, { code: 'ENOENT' }], // no such path
  [11, { code: 'EEXIST' }],
  [12, { code: 'EACCES' }], // write protected
  [13, { code: 'EIO' }], // no medium in the drive
  [14, { code: 'ENOSPC' }],
  [15, { code: 'ENOSPC' }], // quota
  [16, { code: 'EINVAL' }], // unknown principal
  [17, { code: 'EBUSY' }], // locked by another
  [18, { code: 'ENOTEMPTY' }],
  [19, { code: 'ENOTDIR' }],
  [20, { code: 'EINVAL' }], // invalid name
  [21, { code: 'ENOENT' }], // a loop of links leads nowhere
  [22, { code: 'EACCES' }], // cannot be deleted
  [23, { code: 'EINVAL' }],
  [24, { code: 'EISDIR' }],
  [25, { code: 'EBUSY' }],
  [26, { code: 'EBUSY' }],
  [27, { code: 'EBUSY' }], // a deletion is pending
  [28, { code: 'EIO' }], // corrupt
  [29, { code: 'EINVAL' }],
  [30, { code: 'EINVAL' }],
  [31, { code: 'EBUSY' }],
]);

const END_OF_FILE = 1;
const PERMISSION_DENIED = 3;
/** Numbers of later drafts, for what is known here although the server's own number said too little. */
export const ALREADY_EXISTS = 11;
export const IS_A_DIRECTORY = 24;

export function isEndOfFile(error: unknown): boolean {
  return error instanceof ServerRefusal && error.status === END_OF_FILE;
}

export function meansDenied(status: number): boolean {
  return status === PERMISSION_DENIED;
}

export function saysTooLittle(status: number): boolean {
  return STATUS.get(status)?.look === true;
}

/** What a refusal says by its text alone, where the number says nothing: ProFTPD and others send the system's own words. */
export function saysNoSpace(text: string): boolean {
  return /no space left|out of disk space|disk quota|quota exceeded|disk full/i.test(text);
}

/** Statuses 6 and 7 are the server's word that it lost its own storage: what was asked may have been done. */
export function mayHaveTakenEffect(status: number): boolean {
  return status === 6 || status === 7;
}
