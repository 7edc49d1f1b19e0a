import { describe, expect, test } from 'vitest';
import { explain } from './dial-failure.js';
import { Breakdown } from './fault.js';

const failure = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('why no connection came about', () => {
  test.each<[string, Error, string, boolean]>([
    [
      'credentials that were not accepted',
      failure('All configured authentication methods failed', { level: 'client-authentication' }),
      'EAUTH',
      true,
    ],
    ['an agent that does not run', failure('connect ENOENT /run/agent', { level: 'agent' }), 'EAUTH', true],
    ['too many attempts to log in', failure('Too many authentication failures', { code: 2 }), 'EAUTH', true],
    [
      'a key that needs a passphrase',
      failure('Cannot parse privateKey: Encrypted private OpenSSH key detected, but no passphrase given'),
      'EINVAL',
      true,
    ],
    ['a public key', failure('privateKey value does not contain a (valid) private key'), 'EINVAL', true],
    ['no SFTP', failure('Unable to start subsystem: sftp'), 'EACCES', true],
    [
      'no such host',
      failure('getaddrinfo ENOTFOUND h', { code: 'ENOTFOUND', level: 'client-socket' }),
      'ECONN',
      false,
    ],
    ['a refused port', failure('connect ECONNREFUSED', { code: 'ECONNREFUSED' }), 'ECONN', false],
    [
      'every address refused',
      new AggregateError([failure('connect ECONNREFUSED ::1:22')], ''),
      'ECONN',
      false,
    ],
    [
      'no common cipher',
      failure('Handshake failed: no matching cipher', { level: 'handshake' }),
      'ECONN',
      false,
    ],
    ['a full server', failure('Too many connections', { code: 12 }), 'ECONN', false],
    ['silence', failure('Connection lost before handshake', { level: 'protocol' }), 'ECONN', false],
  ])('is told for %s', (_, error, code, final) => {
    const told = explain(error, (text) => text);
    expect(told).toMatchObject({ code, final, sent: false });
    expect(told.message).not.toBe('');
  });

  test('is left alone where it is known already', () => {
    const known = new Breakdown({ code: 'EAUTH', sent: false, detail: 'a key that is not pinned' });
    expect(explain(known, (text) => text)).toBe(known);
  });

  test('holds nothing of the error it was made of', () => {
    const error = failure('refused for hunter2', { config: { password: 'hunter2' } });
    const told = explain(error, (text) => text.replaceAll('hunter2', '***'));
    expect(told.cause).toBeUndefined();
    expect(told.message).not.toContain('hunter2');
  });
});
