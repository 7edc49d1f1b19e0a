import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** AWS's fourth signature, and Google's, which is the same with other names in it. */
export const DIALECTS = {
  aws: { algorithm: 'AWS4-HMAC-SHA256', secret: 'AWS4', prefix: 'x-amz-' },
  google: { algorithm: 'GOOG4-HMAC-SHA256', secret: 'GOOG4', prefix: 'x-goog-' },
} as const;
export type Dialect = keyof typeof DIALECTS;

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Fraud = 'AccessDenied' | 'InvalidAccessKeyId' | 'RequestTimeTooSkewed' | 'SignatureDoesNotMatch';

const MOST_SKEW_MS = 15 * 60_000;

/** What is wrong with the signature of a request, if anything; `now` is the store's clock. */
export function fraudOf(
  request: IncomingMessage,
  body: Uint8Array,
  { accessKeyId, secretAccessKey }: KeyPair,
  dialect: Dialect,
  now: number,
): Fraud | undefined {
  const { algorithm, secret, prefix } = DIALECTS[dialect];
  const parts = new RegExp(
    `^${algorithm} Credential=([^/]+)/(\\d+)/([^/]+)/([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\\w+)$`,
  ).exec(request.headers.authorization ?? '');
  if (parts === null) return 'AccessDenied';
  const [, key, day = '', region = '', service = '', terminator = '', signed = '', signature] = parts;
  if (key !== accessKeyId) return 'InvalidAccessKeyId';

  const header = (name: string): string => String(request.headers[name] ?? '');
  const stamp = header(`${prefix}date`);
  if (Math.abs(dateOf(stamp) - now) > MOST_SKEW_MS) return 'RequestTimeTooSkewed';
  const unsigned = Object.keys(request.headers).filter((name) => name.startsWith(prefix));
  if (unsigned.some((name) => !signed.split(';').includes(name))) return 'AccessDenied';

  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store');
  const query = [...searchParams].map((pair) => pair.map(encode).join('=')).sort();
  const hash = header(`${prefix}content-sha256`);
  if (hash !== sha256(body)) return 'SignatureDoesNotMatch';
  const canonical = [
    request.method,
    pathname,
    query.join('&'),
    ...signed.split(';').map((name) => `${name}:${header(name).trim()}`),
    '',
    signed,
    hash,
  ].join('\n');
  const toSign = [algorithm, stamp, [day, region, service, terminator].join('/'), sha256(canonical)].join(
    '\n',
  );
  let derived: Uint8Array | string = secret + secretAccessKey;
  for (const part of [day, region, service, terminator]) derived = hmac(derived, part);
  return createHmac('sha256', derived).update(toSign).digest('hex') === signature
    ? undefined
    : 'SignatureDoesNotMatch';
}

function dateOf(stamp: string): number {
  return Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Uint8Array | string, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest();
}
