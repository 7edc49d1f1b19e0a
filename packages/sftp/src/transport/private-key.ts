import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { openSSHKey } from './openssh-key.js';

export interface KeySource {
  readonly passphrase: string | undefined;
  /** The file that the key was read from, if it was. */
  readonly path: string | undefined;
}

const ARMOUR = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;
/** The lines of a PEM block that are not base64: `Proc-Type: 4,ENCRYPTED` and its like. */
const HEADER = /^[A-Za-z0-9-]+: /;
const PUBLIC_KEY = /^(ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]/;
const LINE_LENGTH = 64;

/**
 * A private key as ssh2 can read it, from the forms in which people have theirs: with the line feeds of another system,
 * indented, as `\n` or blanks in an environment variable, in base64, or in PKCS#8.
 *
 * @throws {@link FailedAttempt} `EINVAL` that says what was given instead of a private key
 */
export function usableKey(given: string | Uint8Array, source: KeySource): string {
  const text = typeof given === 'string' ? given : Buffer.from(given).toString('utf8');
  return fromText(text, source) ?? fromText(decoded(text), source) ?? refuse(text, source);
}

function fromText(text: string, source: KeySource): string | undefined {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replaceAll(String.raw`\r`, '')
    .replaceAll(String.raw`\n`, '\n')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  const clean = lines.join('\n').trim();
  if (clean.startsWith('PuTTY-User-Key-File-')) return puttyKey(clean, source);
  const [, label, body] = ARMOUR.exec(clean) ?? [];
  if (label === undefined || body === undefined) return undefined;
  if (!label.endsWith('PRIVATE KEY')) throw unusable(source, `it is a ${label.toLowerCase()}`);
  const pem = armoured(label, body);
  return label === 'PRIVATE KEY' || label === 'ENCRYPTED PRIVATE KEY' ? fromPKCS8(pem, source) : pem;
}

/** With line feeds where they belong: on the way through a variable they may have become blanks, or nothing. */
function armoured(label: string, body: string): string {
  const parts = body.trim().split('\n');
  const headers = parts.filter((line) => HEADER.test(line));
  const base64 = parts
    .filter((line) => !HEADER.test(line))
    .join('')
    .replaceAll(/\s/g, '');
  const wrapped = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  const top = headers.length === 0 ? [] : [...headers, ''];
  return [`-----BEGIN ${label}-----`, ...top, ...wrapped, `-----END ${label}-----`, ''].join('\n');
}

/** ssh2 does not read PKCS#8, which `openssl genpkey` and many key stores write. */
function fromPKCS8(pem: string, source: KeySource): string {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, passphrase: source.passphrase ?? '' });
  } catch {
    const encrypted = pem.startsWith('-----BEGIN ENCRYPTED');
    throw unusable(source, encrypted ? 'the passphrase does not open it' : 'it is damaged');
  }
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519':
      return openSSHKey(key);
    default:
      throw unusable(source, `SSH has no keys of the type ${key.asymmetricKeyType}`);
  }
}

function puttyKey(text: string, source: KeySource): string {
  if (text.startsWith('PuTTY-User-Key-File-2:')) return `${text}\n`;
  const convert = 'Convert it: puttygen KEY.ppk -O private-openssh -o KEY';
  throw unusable(source, 'it is a PuTTY key (PPK) of a version that cannot be read here', convert);
}

function decoded(text: string): string {
  const base64 = text.replaceAll(/\s/g, '');
  return /^[A-Za-z0-9+/]{40,}={0,2}$/.test(base64) ? Buffer.from(base64, 'base64').toString('utf8') : '';
}

/** Says what it is, without showing any of it: it may be a key all the same. */
function refuse(text: string, source: KeySource): never {
  const start = text.trim();
  if (start === '') throw unusable(source, 'it is empty');
  if (PUBLIC_KEY.test(start)) {
    throw unusable(source, 'it is a public key', 'Give the file without .pub');
  }
  if (source.path === undefined && /^[~./\\]|^[A-Za-z]:\\/.test(start) && !start.includes('\n')) {
    throw unusable(source, 'it is the name of a file', 'Give that as privateKeyPath');
  }
  throw unusable(source, 'it has no line -----BEGIN … PRIVATE KEY-----');
}

function unusable({ path }: KeySource, why: string, advice?: string): FailedAttempt {
  return new FailedAttempt(
    failure('EINVAL', {
      detail: `the private key${path === undefined ? '' : ` ${path}`} cannot be used: ${why}`,
      advice: advice ?? 'Check the key and its passphrase: ssh-keygen -y -f FILE',
    }),
  );
}
