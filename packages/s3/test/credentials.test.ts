import { S3Client } from '@aws-sdk/client-s3';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checked, Renewal } from '../src/client/credentials.js';
import type { S3Credentials } from '../src/options.js';
import { BY_CODE, BY_STATUS } from '../src/store/failures.js';

const pair = (accessKeyId: string): S3Credentials => ({ accessKeyId, secretAccessKey: 'hunter2' });
const refusal = (failure = BY_CODE['ExpiredToken']): FailedAttempt => {
  if (failure === undefined) throw new Error('no such row');
  return new FailedAttempt(failure);
};

/** A client whose credentials come from `provide`, and never say when they expire. */
function client(provide: () => Promise<S3Credentials>): S3Client {
  return new S3Client({ region: 'r', credentials: provide });
}

describe('credentials that are refused', () => {
  test.each([
    ['ExpiredToken', BY_CODE['ExpiredToken']],
    ['InvalidAccessKeyId', BY_CODE['InvalidAccessKeyId']],
    ['InvalidToken', BY_CODE['InvalidToken']],
    ['a 403 to a HEAD', BY_STATUS[403]],
    ['a 400 to a HEAD', BY_STATUS[400]],
  ])('are asked for again, and the request is repeated: %s', async (_, failure) => {
    let asked = 0;
    const renewal = new Renewal(client(async () => pair(`key ${asked++}`)));
    let sent = 0;
    const send = async (): Promise<string> => {
      if (sent++ === 0) throw refusal(failure);
      return 'answer';
    };
    await expect(renewal.sending(send)).resolves.toBe('answer');
    expect(sent).toBe(2);
  });

  test('are asked for once by all requests that are refused meanwhile', async () => {
    let asked = 0;
    const renewal = new Renewal(client(async () => pair(`key ${asked++}`)));
    const send = (): (() => Promise<string>) => {
      let sent = 0;
      return () => (sent++ === 0 ? Promise.reject(refusal()) : Promise.resolve('answer'));
    };
    await Promise.all(Array.from({ length: 50 }, () => renewal.sending(send())));
    // What they were, and what they are now.
    expect(asked).toBe(2);
  });

  test('that are still the same are not sent again', async () => {
    const renewal = new Renewal(client(async () => pair('key')));
    let sent = 0;
    const send = (): Promise<never> => {
      sent += 1;
      return Promise.reject(refusal());
    };
    await expect(renewal.sending(send)).rejects.toMatchObject({ failure: { code: 'EAUTH' } });
    expect(sent).toBe(1);
  });

  test('that cannot be had anew leave the refusal as it is', async () => {
    let asked = 0;
    const provide = (): Promise<S3Credentials> =>
      asked++ === 0 ? Promise.resolve(pair('key')) : Promise.reject(new Error('the vault is closed'));
    const renewal = new Renewal(client(provide));
    await expect(renewal.sending(() => Promise.reject(refusal()))).rejects.toMatchObject({
      failure: BY_CODE['ExpiredToken'],
    });
  });

  test('are not what other refusals are about', async () => {
    let asked = 0;
    const renewal = new Renewal(client(async () => pair(`key ${asked++}`)));
    await expect(
      renewal.sending(() => Promise.reject(refusal(BY_CODE['AccessDenied']))),
    ).rejects.toMatchObject({
      failure: { code: 'EACCES' },
    });
    expect(asked).toBe(0);
  });
});

describe('a function for credentials', () => {
  test.each<[what: string, provide: () => Promise<unknown>]>([
    ['fails', () => Promise.reject(new TypeError('hunter2 is not a function'))],
    [
      'throws at once',
      () => {
        throw new Error('hunter2');
      },
    ],
    ['resolves to nothing', () => Promise.resolve(undefined)],
    ['resolves to half of it', () => Promise.resolve({ accessKeyId: 'hunter2' })],
    ['resolves to an empty secret', () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: '' })],
  ])('that %s is an error that tells no secret', async (_, provide) => {
    const error: unknown = await checked(provide as () => Promise<S3Credentials>)().catch((e: unknown) => e);
    expect(error).toMatchObject({ failure: { code: 'EAUTH', outcome: 'failed', retryable: false } });
    expect(inspect(error)).not.toContain('hunter2');
  });
});
