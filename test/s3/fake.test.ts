import { afterAll, beforeAll, describe } from 'vitest';
import { startFakeS3, type FakeS3 } from '../servers/fake-s3.js';
import { s3Conformance } from './conformance.js';
import { s3Lock } from './lock.js';

describe.each(['aws', 'google'] as const)('the S3 VFS on the fake, which speaks as %s does', (dialect) => {
  let server: FakeS3;
  beforeAll(async () => {
    server = await startFakeS3({ dialect, buckets: ['conformance'] });
  });
  afterAll(() => server.stop());
  s3Conformance(
    () => server,
    dialect === 'aws'
      ? { rounds: 5, listingSize: 1050, scoped: true }
      : {
          rounds: 3,
          listingSize: 100,
          scoped: false,
          options: { createHeader: 'x-goog-if-generation-match' },
        },
  );
  if (dialect === 'aws') s3Lock(() => server);
});
