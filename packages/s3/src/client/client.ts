import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Settings } from '../options.js';
import type { Agents } from '../store/agents.js';
import { checked } from './credentials.js';
import { googleSigner, speakGoogle } from './google.js';
import { addHeaders } from './headers.js';

/** The SDK's client, told to leave retries, deadlines and checksums to this adapter. */
export function makeClient(settings: S3Settings, { http, https }: Agents): S3Client {
  const { region, endpoint, credentials, profile, forcePathStyle, createHeader } = settings;
  const config: S3ClientConfig = {
    forcePathStyle,
    requestHandler: { httpAgent: http, httpsAgent: https },
    // A second attempt of a conditional put would be refused because of the first, and reported as lost.
    maxAttempts: 1,
    // The default adds checksums that stores other than AWS do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would take a connection of its own for each large file.
    expectContinueHeader: false,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined
      ? {}
      : { credentials: typeof credentials === 'function' ? checked(credentials) : credentials }),
    ...(profile === undefined ? {} : { profile }),
  };
  const isGoogle = createHeader !== 'if-none-match';
  const client: S3Client = new S3Client({
    ...config,
    ...(isGoogle ? { signer: googleSigner(() => client.config.credentials()) } : {}),
  });
  addHeaders(client, settings);
  if (isGoogle) speakGoogle(client);
  return client;
}
