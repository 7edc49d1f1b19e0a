import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { usableKey, type KeySource } from './private-key.js';

const none: KeySource = { passphrase: undefined, path: undefined };

const { private: OPENSSH, public: OPENSSH_PUBLIC } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

const pkcs8 = (key: KeyObject, passphrase?: string): string =>
  key
    .export({ type: 'pkcs8', format: 'pem', ...(passphrase && { cipher: 'aes-256-cbc', passphrase }) })
    .toString();

/** The public half of a private key in a form that ssh2 reads. */
function publicOf(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
}

function refusalOf(given: string, source: Partial<KeySource> = {}): FailedAttempt {
  try {
    usableKey(given, { ...none, ...source });
  } catch (error) {
    if (error instanceof FailedAttempt) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a private key is read', () => {
  test.each<[string, string | Uint8Array]>([
    ['as ssh-keygen writes it', OPENSSH],
    ['as bytes', Buffer.from(OPENSSH)],
    ['with the line ends of Windows', OPENSSH.replaceAll('\n', '\r\n')],
    ['with those of an old Mac', OPENSSH.replaceAll('\n', '\r')],
    ['without the last line end', OPENSSH.trimEnd()],
    ['behind a byte order mark', `\uFEFF${OPENSSH}`],
    ['behind an empty line, and indented', `\n  ${OPENSSH.replaceAll('\n', '\n  ')}`],
    ['with line ends written as \\n', OPENSSH.replaceAll('\n', String.raw`\n`)],
    ['with line ends written as \\r\\n', OPENSSH.replaceAll('\n', String.raw`\r\n`)],
    ['with spaces in place of line ends', OPENSSH.replaceAll('\n', ' ')],
    ['in base64', Buffer.from(OPENSSH).toString('base64')],
    ['in base64 with line ends', Buffer.from(OPENSSH).toString('base64').replaceAll(/.{76}/g, '$&\n')],
  ])('%s', (_, given) => {
    expect(publicOf(usableKey(given, none))).toBe(OPENSSH_PUBLIC.split(' ').slice(0, 2).join(' '));
  });

  test.each<[string, KeyObject, string]>([
    ['an RSA key', rsa, 'ssh-rsa'],
    ['an ECDSA key', ec, 'ecdsa-sha2-nistp256'],
    ['an Ed25519 key', ed25519, 'ssh-ed25519'],
  ])('in PKCS#8: %s', (_, key, type) => {
    const jwk = key.export({ format: 'jwk' });
    const plain = publicOf(usableKey(pkcs8(key), none));
    expect(plain.startsWith(`${type} `)).toBe(true);
    const bytes = Buffer.from(plain.split(' ')[1] ?? '', 'base64');
    expect(bytes.includes(Buffer.from(jwk.x ?? jwk.n ?? '', 'base64url'))).toBe(true);
    const locked = usableKey(pkcs8(key, 'open, sesame'), { ...none, passphrase: 'open, sesame' });
    expect(publicOf(locked)).toBe(plain);
  });

  test('in PEM with a header, which stays', () => {
    const pem = rsa
      .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'pw' })
      .toString();
    expect(pem).toContain('Proc-Type: 4,ENCRYPTED');
    expect(ssh2.utils.parseKey(usableKey(pem.replaceAll('\n', '\r\n  '), none), 'pw')).not.toBeInstanceOf(
      Error,
    );
  });

  test('as PuTTY wrote it up to version 0.74', () => {
    const ppk = 'PuTTY-User-Key-File-2: ssh-ed25519\r\nEncryption: none\r\n';
    expect(usableKey(ppk, none)).toBe('PuTTY-User-Key-File-2: ssh-ed25519\nEncryption: none\n');
  });
});

describe('what is no private key', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', ' \n', /it is empty/],
    ['a public key', OPENSSH_PUBLIC, /it is a public key/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /it is a certificate/],
    ['a path', '/home/ann/.ssh/id_ed25519', /it is the name of a file/],
    ['a path on Windows', 'C:\\Users\\ann\\key', /it is the name of a file/],
    ['a PuTTY key of version 3', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none', /PuTTY key/],
    ['a damaged key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', /it is damaged/],
    ['anything else', 'correct horse battery staple', /no line -----BEGIN/],
  ])('%s, is EINVAL that says so', (_, given, why) => {
    const error = refusalOf(given);
    expect(error.failure).toMatchObject({ code: 'EINVAL', retryable: false });
    expect(error.message).toMatch(why);
  });

  test('is not shown, since it may be one all the same', () => {
    const secret = pkcs8(ed25519).split('\n')[1] ?? '';
    expect(refusalOf(secret).message).not.toContain(secret);
  });

  test('may be one that the passphrase does not open', () => {
    const locked = pkcs8(rsa, 'open, sesame');
    for (const passphrase of [undefined, 'open, barley']) {
      expect(refusalOf(locked, { passphrase }).message).toContain('passphrase');
    }
  });

  test('is named by its file, where it came from one', () => {
    expect(refusalOf('no key', { path: '/run/key' }).message).toContain('/run/key');
  });
});
