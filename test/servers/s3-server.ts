import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3VFSOptions } from '@holdfast/s3';

/** A server that speaks S3, started for the tests. */
export interface S3Server {
  readonly name: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where it can be done without a request. */
  makeBucket?(name: string): void;
  stop(): Promise<void>;
}

/** Makes a bucket and says how to reach it. */
export async function makeBucket(server: S3Server, bucket: string): Promise<S3VFSOptions> {
  if (server.makeBucket === undefined) await createBucket(server, bucket);
  else server.makeBucket(bucket);
  return { bucket, endpoint: server.endpoint, credentials: server.credentials };
}

async function createBucket(server: S3Server, bucket: string): Promise<void> {
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: server.credentials,
    forcePathStyle: true,
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}
