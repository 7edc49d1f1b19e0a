import { S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '@holdfast/vfs';
import { expect, test } from 'vitest';
import { bucketStore } from '../src/store/bucket.js';
import { Connections } from '../src/store/connections.js';

test('any number of requests at a time is nothing that Node warns of, and closing ends them all', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): unknown => warnings.push(warning);
  process.on('warning', hear);
  const client = new S3Client({
    region: 'r',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    requestHandler: { handle: () => new Promise(() => undefined) },
  });
  const connections = new Connections({ clock: systemClock, patienceMs: 60_000 });
  const store = bucketStore(client, {
    bucket: 'b-1',
    connections,
    silenceMs: 60_000,
    longestMs: 60_000,
    clock: systemClock,
  });
  const requests = Array.from({ length: 20 }, (_, key) => store.head(String(key), undefined));
  // Warnings are told on the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  store.close();
  const outcomes = await Promise.allSettled(requests);
  process.off('warning', hear);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20);
  // The SDK itself warns of Node versions.
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});
