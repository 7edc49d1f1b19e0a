import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { googleSigner, speakGoogle } from './google.js';
import type { S3Settings } from './options.js';

/** The SDK's client, told to leave retries, deadlines and checksums to this adapter. */
export function makeClient(settings: S3Settings): S3Client {
  const { region, endpoint, credentials, profile, forcePathStyle, createHeader } = settings;
  const config: S3ClientConfig = {
    forcePathStyle,
    // A second attempt of a conditional put would be refused because of the first, and reported as lost.
    maxAttempts: 1,
    // The default adds checksums that stores other than AWS do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(profile === undefined ? {} : { profile }),
  };
  if (createHeader === 'if-none-match') return new S3Client(config);
  const client: S3Client = new S3Client({
    ...config,
    signer: googleSigner(() => client.config.credentials()),
  });
  speakGoogle(client);
  return client;
}
