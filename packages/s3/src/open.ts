import { systemClock, type Clock, type VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { bucketStore } from './bucket.js';
import { makeClient } from './client.js';
import { S3Driver } from './driver.js';
import { keysBelow } from './keys.js';
import { parseOptions, type S3Options } from './options.js';
import { proofOf } from './prove.js';

/** What a test, or an unusual host, may put in place of the machine's own. */
export interface S3Wiring {
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/**
 * Attempts that fit into one call's deadline: when one is given up because its connection is dead, there is time for
 * another over a new connection.
 */
const ATTEMPTS_PER_DEADLINE = 3;

/**
 * A bucket, or a folder in it, as a VFS. Nothing is sent until it is used, and nothing is left running.
 *
 * @throws `VFSError` `EINVAL` that names the option that is wrong
 * @example
 * const vfs = s3VFS({ bucket: 'my-locks', prefix: 'prod', region: 'eu-central-1' });
 */
export function s3VFS(options: S3Options, { clock = systemClock }: S3Wiring = {}): VFS {
  const settings = parseOptions(options);
  const { bucket, endpoint, createHeader, deadlineMs, keyPrefix } = settings;
  const store = bucketStore(makeClient(settings), {
    bucket,
    attemptMs: deadlineMs / ATTEMPTS_PER_DEADLINE,
    clock,
  });
  const proof = proofOf(endpoint, bucket, createHeader);
  return createVFS(new S3Driver(store, keysBelow(keyPrefix), proof, clock), { deadlineMs, clock });
}
