import { isVFSError } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { optionsFromURL, sftpVFSFromURL } from './url.js';

const FINGERPRINT = 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxd+ARLviKw6E5S/8';

function fault(url: string): string {
  try {
    sftpVFSFromURL(url, {}, { HOLDFAST_SFTP_PASSWORD: 'x' });
  } catch (error) {
    if (isVFSError(error, 'EINVAL')) return error.message;
    throw error;
  }
  throw new Error('the URL was accepted');
}

describe('a URL', () => {
  test.each([
    ['sftp://ann@h/srv/locks', { host: 'h', username: 'ann', base: '/srv/locks' }],
    ['sftp://ann@h:2222/srv', { host: 'h', port: 2222, username: 'ann', base: '/srv' }],
    ['sftp://ann@h', { host: 'h', username: 'ann' }],
    ['sftp://ann@h/', { host: 'h', username: 'ann', base: '/' }],
    ['sftp://ann@h/~/locks', { host: 'h', username: 'ann', base: '~/locks' }],
    ['sftp://ann@h/~', { host: 'h', username: 'ann', base: '~' }],
    ['sftp://ann@[::1]:22/x', { host: '::1', port: 22, username: 'ann', base: '/x' }],
    ['sftp://DOMAIN%5Cann@h/a%20b%23', { host: 'h', username: 'DOMAIN\\ann', base: '/a b#' }],
    ['sftp://ann@h?deadlineMs=500', { host: 'h', username: 'ann', deadlineMs: 500 }],
    [
      'sftp://ann@h/?privateKeyPath=/run/key%20file&insecureAcceptAnyHostKey=true',
      {
        host: 'h',
        username: 'ann',
        base: '/',
        privateKeyPath: '/run/key file',
        insecureAcceptAnyHostKey: true,
      },
    ],
    [
      `sftp://ann@h/?hostKeyFingerprint=${FINGERPRINT},${encodeURIComponent(FINGERPRINT)}`,
      { host: 'h', username: 'ann', base: '/', hostKeyFingerprint: [FINGERPRINT, FINGERPRINT] },
    ],
  ])('%s is read in full', (url, expected) => {
    expect(optionsFromURL(url)).toEqual(expected);
    expect(optionsFromURL(new URL(url))).toEqual(expected);
  });

  test.each([
    ['another scheme', 'http://ann@h/'],
    ['no URL at all', 'ann@h:/srv'],
    ['no host', 'sftp:///srv'],
    ['no user', 'sftp://h/srv'],
    ['an unknown option', 'sftp://ann@h/?privateKeyFile=/k'],
    ['an option of Object', 'sftp://ann@h/?toString=1'],
    ['an option twice', 'sftp://ann@h/?agent=/a&agent=/b'],
    ['a time that is no number', 'sftp://ann@h/?deadlineMs=soon'],
    ['a flag that is neither', 'sftp://ann@h/?insecureAcceptAnyHostKey=yes'],
    ['a fragment', 'sftp://ann@h/a#b'],
    ['a broken escape', 'sftp://ann@h/%zz'],
    ['an escape that climbs', 'sftp://ann@h/a/%2e%2e%2fb'],
    ['a NUL', 'sftp://ann@h/a%00'],
  ])('with %s is refused', (_, url) => {
    expect(fault(url)).toContain('EINVAL');
  });

  test.each([
    'sftp://ann:s3cret@h/',
    'sftp://ann@h/?password=s3cret',
    'sftp://ann@h/?passphrase=s3cret',
    'sftp://ann@h/?privateKey=s3cret',
    'sftp://ann@h/?%70assword=s3cret',
    'sftp://ann@h/?s3cret',
    'sftp://ann:s3cret@h:99999/',
  ])('that may show a secret is refused, and not repeated: %s', (url) => {
    expect(fault(url)).not.toContain('s3cret');
  });

  test('gives way to options, and takes secrets from the environment', () => {
    const url = 'sftp://ann@h/srv?agent=/a';
    const environment = { HOLDFAST_SFTP_PASSWORD: 'pw', HOLDFAST_SFTP_PASSPHRASE: 'pp' };
    expect(optionsFromURL(url, { username: 'bob', port: undefined }, environment)).toEqual({
      host: 'h',
      username: 'bob',
      base: '/srv',
      agent: '/a',
      password: 'pw',
    });
    expect(optionsFromURL(url, { privateKeyPath: '/k', password: 'mine' }, environment)).toMatchObject({
      password: 'mine',
      passphrase: 'pp',
    });
    expect(optionsFromURL('sftp://h/srv', { username: 'bob' })).toMatchObject({ username: 'bob' });
  });
});
