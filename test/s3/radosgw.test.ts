import { afterAll, beforeAll, describe } from 'vitest';
import { radosgwMissing, startRadosgw } from '../servers/radosgw.js';
import type { S3Server } from '../servers/s3-server.js';
import { s3Conformance } from './conformance.js';
import { s3Lock } from './lock.js';
import { s3Refusals } from './refusals.js';

const missing = await radosgwMissing();
if (missing !== undefined) console.warn(`skipped: the S3 VFS on Ceph: ${missing}`);

describe.skipIf(missing !== undefined)(`the S3 VFS on Ceph's radosgw${missing ? `: ${missing}` : ''}`, () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startRadosgw();
  });
  afterAll(() => server?.stop());
  s3Conformance(() => server, { rounds: 6, listingSize: 300, scoped: false });
  s3Lock(() => server);
  s3Refusals(() => server, { signatures: true });
});
