import {
  isVFSError,
  VFS_ERROR_CODES,
  type Operation,
  type VFS,
  type VFSError,
  type VFSErrorCode,
} from '@holdfast/vfs';

/** Thrown by a case that found the adapter not to keep the contract. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ConformanceError(what);
}

export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  demand(is === should, `${what}: ${is}, and should be ${should}`);
}

export function demandBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  demandEqual(actual.byteLength, expected.byteLength, `${what}: number of bytes`);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  demand(at === -1, `${what}: byte ${at} is ${actual[at]}, and should be ${expected[at]}`);
}

/** A call that failed, or not: never throws, not even if the call does so synchronously. */
export type Result<T = unknown> =
  | { readonly fulfilled: true; readonly value: T }
  | { readonly fulfilled: false; readonly error: unknown; readonly synchronous: boolean };

export function resultOf<T>(call: () => Promise<T>): Promise<Result<T>> {
  let pending: Promise<T>;
  try {
    pending = call();
  } catch (error) {
    return Promise.resolve({ fulfilled: false, error, synchronous: true });
  }
  return pending.then(
    (value): Result<T> => ({ fulfilled: true, value }),
    (error: unknown): Result<T> => ({ fulfilled: false, error, synchronous: false }),
  );
}

/** `error` is a whole and lawful `VFSError`, whatever its code. */
export function demandVFSError(error: unknown, what: string): asserts error is VFSError {
  demand(isVFSError(error), `${what}: rejected with what is not a VFSError: ${String(error)}`);
  demand(VFS_ERROR_CODES.includes(error.code), `${what}: rejected with an unknown code: ${error.code}`);
  demand(['failed', 'unknown'].includes(error.outcome), `${what}: rejected with no outcome`);
  demand(
    typeof error.adapter === 'string' && error.adapter !== '',
    `${what}: rejected without the adapter's name`,
  );
}

/** `call` rejects with one of `codes`, names the operation and the path as given, and has had no effect for certain. */
export async function demandRefusal(
  call: () => Promise<unknown>,
  op: Operation,
  path: string,
  ...codes: VFSErrorCode[]
): Promise<void> {
  const what = `${op} ${JSON.stringify(path)}`;
  const result = await resultOf(call);
  demand(!result.fulfilled, `${what}: resolved, and should be ${codes.join(' or ')}`);
  demandVFSError(result.error, what);
  const { error } = result;
  demand(!result.synchronous, `${what}: threw synchronously, and should reject`);
  demand(codes.includes(error.code), `${what}: ${error.code}, and should be ${codes.join(' or ')}`);
  demandEqual([error.op, error.path], [op, path], `${what}: operation and path of the error`);
  demandEqual(error.outcome, 'failed', `${what}: outcome of a refusal`);
}

/** The names in a directory, in an order of our own. */
export async function namesIn(vfs: VFS, path: string): Promise<string[]> {
  return (await vfs.ls(path)).map(({ name }) => name).sort();
}

export async function demandNames(
  vfs: VFS,
  path: string,
  expected: readonly string[],
  when: string,
): Promise<void> {
  demandEqual(await namesIn(vfs, path), [...expected].sort(), `ls ${path} ${when}`);
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
