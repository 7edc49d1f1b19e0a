import { isVFSError, type VFSError } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { settingsOf, type SftpVFSOptions } from './options.js';

const least: SftpVFSOptions = { host: 'files.example.org', username: 'deploy', password: 'p4ssw0rd' };

function fault(options: unknown, environment = {}): VFSError {
  try {
    settingsOf(options as SftpVFSOptions, environment);
  } catch (error) {
    if (isVFSError(error)) return error;
    throw error;
  }
  throw new Error('the options were accepted');
}

describe('options', () => {
  test('have defaults for all but host, user and credential', () => {
    expect(settingsOf(least, {})).toMatchObject({
      port: 22,
      base: '.',
      create: false,
      hostKey: { kind: 'known-hosts', path: undefined, must: false },
      deadlineMs: 10_000,
      answerTimeoutMs: 3_333,
      connectTimeoutMs: 8_000,
      idleMs: 30_000,
    });
  });

  test.each([
    ['no host', { username: 'a', password: 'b' }, 'host'],
    ['a host with a path', { ...least, host: 'h/p' }, 'host'],
    ['a host with a port', { ...least, host: 'h:2222' }, 'port'],
    ['a host with a user', { ...least, host: 'a@h' }, 'host'],
    ['no user', { host: 'h', password: 'b' }, 'username'],
    ['port 0', { ...least, port: 0 }, 'port'],
    ['a port that is text', { ...least, port: '22' }, 'port'],
    ['a base that climbs', { ...least, base: '/a/../b' }, 'base'],
    ['a base with a NUL', { ...least, base: '/a\0' }, 'base'],
    ['a negative deadline', { ...least, deadlineMs: -1 }, 'deadlineMs'],
    ['an endless deadline', { ...least, deadlineMs: Infinity }, 'deadlineMs'],
    ['two keys', { ...least, privateKey: 'k', privateKeyPath: '/k' }, 'privateKeyPath'],
    ['a passphrase without a key', { ...least, passphrase: 'x' }, 'passphrase'],
    ['a fingerprint in MD5', { ...least, hostKeyFingerprint: 'MD5:aa:bb' }, 'hostKeyFingerprint'],
    ['no fingerprint in a list', { ...least, hostKeyFingerprint: [] }, 'hostKeyFingerprint'],
    [
      'two ways to know the host',
      { ...least, knownHostsPath: '/k', insecureAcceptAnyHostKey: true },
      'insecureAcceptAnyHostKey',
    ],
    ['a misspelt option', { ...least, privateKeyFile: '/k' }, 'privateKeyFile'],
  ])('with %s are refused by name', (_, options, name) => {
    const { code, detail } = fault(options);
    expect(code).toBe('EINVAL');
    expect(detail).toContain(name);
  });

  test('are told of, where one is not known', () => {
    const { detail, advice } = fault({ ...least, prot: 22 });
    expect(detail).toBe('Unrecognized key: "prot"');
    expect(advice).toMatch(/^The options are host, port, username,/);
  });

  test('are refused without quoting what may be secret', () => {
    const { detail } = fault({ host: 'h', username: 1, password: 'p4ssw0rd', passphrase: 'open sesame' });
    expect(detail).not.toContain('p4ssw0rd');
    expect(detail).not.toContain('sesame');
  });

  test('use the agent of the environment if no other credential is given, and only then', () => {
    const environment = { SSH_AUTH_SOCK: '/run/agent' };
    const { password: _, ...none } = least;
    expect(settingsOf(none, environment).credentials.agent).toBe('/run/agent');
    expect(settingsOf(least, environment).credentials.agent).toBeUndefined();
    expect(fault(none)).toMatchObject({
      code: 'EINVAL',
      detail: expect.stringContaining(least.host),
      advice: expect.stringContaining('HOLDFAST_SFTP_PASSWORD'),
    });
    expect(fault(none, { SSH_AUTH_SOCK: '' }).code).toBe('EINVAL');
  });

  test.each([
    ['/srv/locks/', '/srv/locks'],
    ['//srv///locks', '/srv/locks'],
    ['/', '/'],
    ['locks', 'locks'],
    ['./locks/', 'locks'],
    ['~', '.'],
    ['~/locks', 'locks'],
    ['/~/locks', '/~/locks'],
    ['.', '.'],
  ])('take the base %s for %s', (given, expected) => {
    expect(settingsOf({ ...least, base: given }, {}).base).toBe(expected);
  });

  test.each(['files.example.org', '192.0.2.1', '::1', '[::1]'])('take the host %s', (given) => {
    expect(settingsOf({ ...least, host: given }, {}).host).toBe(given.replace(/[[\]]/g, ''));
  });

  test('take a fingerprint with or without its padding', () => {
    const digest = 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8';
    const { hostKey } = settingsOf({ ...least, hostKeyFingerprint: `${digest}=` }, {});
    expect(hostKey).toEqual({ kind: 'pinned', fingerprints: [digest] });
  });
});
