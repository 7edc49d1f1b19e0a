import { VFSError, type Operation, type VFSErrorCode, type VFSPath } from '@holdfast/vfs';

/** What memfs refuses a call with, and what that is in the contract. Anything else is a defect of ours or of memfs. */
export const CODES: ReadonlyMap<string, VFSErrorCode> = new Map([
  ['ENOENT', 'ENOENT'],
  ['EEXIST', 'EEXIST'],
  ['ENOTDIR', 'ENOTDIR'],
  ['EISDIR', 'EISDIR'],
  ['EFBIG', 'EFBIG'],
  ['ENOTEMPTY', 'ENOTEMPTY'],
  ['EINVAL', 'EINVAL'],
]);

/** A refusal in the shape that memfs gives its own. */
export function refusal(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** `error` of a call on the tree as the contract has it; a defect is left as it is. Nothing refused ever took effect. */
export function toVFSError(
  error: unknown,
  about: { readonly op: Operation; readonly path: VFSPath; readonly adapter: string },
): unknown {
  const code = error instanceof Error && 'code' in error ? CODES.get(String(error.code)) : undefined;
  return code === undefined ? error : new VFSError({ ...about, code, cause: error });
}
