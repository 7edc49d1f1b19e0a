import { describe, expect, test } from 'vitest';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { whyNoConnection } from './dial-error.js';

const errorOf = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('why no connection came about', () => {
  test.each<[string, Error, string, boolean]>([
    [
      'credentials that were not accepted',
      errorOf('All configured authentication methods failed', { level: 'client-authentication' }),
      'EAUTH',
      true,
    ],
    ['an agent that does not run', errorOf('connect ENOENT /run/agent', { level: 'agent' }), 'EAUTH', true],
    ['too many attempts to log in', errorOf('Too many authentication failures', { code: 2 }), 'EAUTH', true],
    [
      'a key that needs a passphrase',
      errorOf('Cannot parse privateKey: Encrypted private OpenSSH key detected, but no passphrase given'),
      'EINVAL',
      true,
    ],
    ['a public key', errorOf('privateKey value does not contain a (valid) private key'), 'EINVAL', true],
    [
      'a shell that prints in place of SFTP',
      errorOf('sftp: Packet length 1416128883 exceeds max length of 262144'),
      'EACCES',
      true,
    ],
    [
      'a shell that ends at once',
      errorOf('sftp: Received exit code 1 while establishing SFTP session'),
      'EACCES',
      true,
    ],
    ['no SFTP', errorOf('Unable to start subsystem: sftp'), 'EACCES', true],
    [
      'no such host',
      errorOf('getaddrinfo ENOTFOUND h', { code: 'ENOTFOUND', level: 'client-socket' }),
      'ECONN',
      false,
    ],
    ['a refused port', errorOf('connect ECONNREFUSED', { code: 'ECONNREFUSED' }), 'ECONN', false],
    [
      'every address refused',
      new AggregateError([errorOf('connect ECONNREFUSED ::1:22')], ''),
      'ECONN',
      false,
    ],
    [
      'no common cipher',
      errorOf('Handshake failed: no matching cipher', { level: 'handshake' }),
      'ECONN',
      false,
    ],
    ['a full server', errorOf('Too many connections', { code: 12 }), 'ECONN', false],
    ['silence', errorOf('Connection lost before handshake', { level: 'protocol' }), 'ECONN', false],
  ])('is told for %s', (_, error, code, final) => {
    const told = whyNoConnection(error, { server: 'files:22', quote: (text) => text });
    expect(told.failure).toMatchObject({ code, retryable: !final, outcome: 'failed' });
    expect(told.message).not.toBe('');
  });

  test('is left alone where it is known already', () => {
    const known = new FailedAttempt(failure('EAUTH', { detail: 'a key that is not pinned' }));
    expect(whyNoConnection(known, { server: 'files:22', quote: (text) => text })).toBe(known);
  });

  test('holds nothing of the error it was made of', () => {
    const error = errorOf('refused for hunter2', { config: { password: 'hunter2' } });
    const quote = (text: string): string => text.replaceAll('hunter2', '***');
    const told = whyNoConnection(error, { server: 'files:22', quote });
    expect(told.cause).toBeUndefined();
    expect(told.message).not.toContain('hunter2');
  });

  test('quotes the beginning of what a shell printed', () => {
    const error = errorOf('sftp: Packet length 1416128883 exceeds max length of 262144');
    const { message } = whyNoConnection(error, { server: 'files:22', quote: (text) => text });
    expect(message).toContain('"This"');
  });
});
