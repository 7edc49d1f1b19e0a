import { join } from 'node:path';
import lock from 'proper-lockfile';

/**
 * `forever`, since a large number of `retries` makes the `retry` package build a table of as many delays in each call.
 * It polls; its first look comes after the shortest delay that it takes.
 */
const RETRIES = { forever: true, minTimeout: 1, maxTimeout: 20 };

export function properLockfile(folder, id = 'bench') {
  const options = { realpath: false, lockfilePath: join(folder, `${id}.lock`), retries: RETRIES };
  const file = join(folder, id);
  return { lock: () => lock.lock(file, options), unlock: (release) => release() };
}
