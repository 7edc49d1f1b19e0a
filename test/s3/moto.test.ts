import { afterAll, beforeAll, describe } from 'vitest';
import { motoMissing, startMoto } from '../servers/moto.js';
import type { S3Server } from '../servers/s3-server.js';
import { s3Conformance } from './conformance.js';
import { s3Lock } from './lock.js';
import { s3Refusals } from './refusals.js';

const missing = motoMissing();
if (missing !== undefined) console.warn(`skipped: the S3 VFS on moto_server: ${missing}`);

describe.skipIf(missing !== undefined)(`the S3 VFS on moto_server${missing ? `: ${missing}` : ''}`, () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startMoto();
  });
  afterAll(() => server?.stop());
  s3Conformance(() => server, { rounds: 3, listingSize: 60, scoped: false });
  s3Lock(() => server);
  s3Refusals(() => server, { signatures: false });
});
