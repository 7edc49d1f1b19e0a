import { join } from 'node:path';
import lockfile from 'lockfile';

/** It polls, and can do so at most once in a millisecond. */
const POLL_MS = 1;
const LONGEST_WAIT_MS = 600_000;

export function lockFile(folder, id = 'bench') {
  const path = join(folder, `${id}.lock`);
  return {
    lock: () => settled((done) => lockfile.lock(path, { wait: LONGEST_WAIT_MS, pollPeriod: POLL_MS }, done)),
    unlock: () => settled((done) => lockfile.unlock(path, done)),
  };
}

function settled(call) {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}
