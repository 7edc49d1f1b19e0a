import type { VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { proofOf } from './create/proof.js';
import { S3Driver } from './driver.js';
import { parseOptions, type S3VFSOptions } from './options.js';
import { bucketStore } from './store/bucket.js';
import { makeClient } from './client/client.js';
import { Connections } from './store/connections.js';
import { keysBelow } from './store/keys.js';

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
export function s3VFS(options: S3VFSOptions): VFS {
  const settings = parseOptions(options);
  const { bucket, region, endpoint, createHeader, deadlineMs, keyPrefix, maxFileBytes, clock } = settings;
  const silenceMs = deadlineMs / ATTEMPTS_PER_DEADLINE;
  const connections = new Connections({ clock, patienceMs: silenceMs });
  const client = makeClient(settings, connections.agents);
  const store = bucketStore(client, { bucket, connections, silenceMs, longestMs: deadlineMs, clock });
  const where = `bucket ${bucket} at ${endpoint ?? `AWS ${region ?? ''}`.trim()}`;
  const driver = new S3Driver({
    store,
    keys: keysBelow(keyPrefix),
    proof: proofOf(endpoint, bucket, createHeader),
    where,
    maxFileBytes,
    deadlineMs,
    clock,
  });
  return createVFS(driver, { deadlineMs, clock, server: where });
}
