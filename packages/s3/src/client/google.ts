import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Credentials } from '../options.js';

/**
 * Google Cloud Storage speaks S3, but has its own header for "only if it does not exist", and refuses a request that
 * has both `x-goog-` and `x-amz-` headers (400 ExcessHeaderValues). So all headers are renamed, and the request is
 * signed as Google's documentation of the XML API describes: AWS's fourth signature with other names in it.
 */
const ALGORITHM = 'GOOG4-HMAC-SHA256';
const SERVICE = 'storage';
const REQUEST = 'goog4_request';
/** The location is there for symmetry with AWS's region; any is accepted. */
const LOCATION = 'auto';

/** What of the SDK's requests is used; it passes its own richer class through. */
export interface SignableRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  headers: Record<string, string>;
  readonly body?: unknown;
}

/** Renames the headers of requests to Google's, and of answers back. */
export function speakGoogle(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as SignableRequest;
      if (headers['if-none-match'] === '*') {
        delete headers['if-none-match'];
        headers['x-goog-if-generation-match'] = '0';
      }
      return next(args);
    },
    { step: 'build', name: 'holdfastGoogleCondition', priority: 'low' },
  );
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers: Record<string, string> };
      for (const [name, value] of Object.entries(headers)) {
        if (name.startsWith('x-goog-meta-')) headers[name.replace('x-goog-', 'x-amz-')] = value;
      }
      return result;
    },
    { step: 'deserialize', name: 'holdfastGoogleMetadata', priority: 'low' },
  );
}

/** Signs requests with an HMAC key of Google's. Takes the place of the SDK's signer. */
export function googleSigner(credentials: () => Promise<S3Credentials>): {
  sign<R>(request: R, options?: { signingDate?: Date | number | string }): Promise<R>;
} {
  return {
    async sign(request, { signingDate = new Date() } = {}) {
      await signGoogle(request as SignableRequest, await credentials(), new Date(signingDate));
      return request;
    },
  };
}

export async function signGoogle(
  request: SignableRequest,
  { accessKeyId, secretAccessKey }: S3Credentials,
  date: Date,
): Promise<void> {
  const stamp = date.toISOString().replaceAll(/[:-]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const scope = `${day}/${LOCATION}/${SERVICE}/${REQUEST}`;
  const payload = hex(await sha256(bytesOf(request.body)));
  const headers = googleHeaders(request, stamp, payload);
  // User agents and proxies may change the others.
  const signed = Object.keys(headers)
    .filter((name) => name === 'host' || name.startsWith('x-goog-'))
    .sort();
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query ?? {}),
    ...signed.map((name) => `${name}:${headers[name]?.trim().replaceAll(/\s+/g, ' ')}`),
    '',
    signed.join(';'),
    payload,
  ].join('\n');
  const toSign = [ALGORITHM, stamp, scope, hex(await sha256(utf8(canonical)))].join('\n');
  let key: BufferSource = utf8(`GOOG4${secretAccessKey}`);
  for (const part of [day, LOCATION, SERVICE, REQUEST]) key = await hmac(key, part);
  const signature = hex(await hmac(key, toSign));
  request.headers = {
    ...headers,
    authorization: `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`,
  };
}

function googleHeaders(request: SignableRequest, stamp: string, payload: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-meta-')) headers[lower.replace('x-amz-', 'x-goog-')] = value;
    else if (!lower.startsWith('x-amz-') && !lower.startsWith('amz-sdk-')) headers[lower] = value;
  }
  const port = request.port === undefined ? '' : `:${request.port}`;
  return {
    ...headers,
    host: headers['host'] ?? `${request.hostname}${port}`,
    'x-goog-date': stamp,
    'x-goog-content-sha256': payload,
  };
}

function canonicalQuery(query: Readonly<Record<string, string | string[] | null>>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => [value ?? ''].flat().map((one) => `${escaped(name)}=${escaped(one)}`))
    .sort()
    .join('&');
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function bytesOf(body: unknown): Uint8Array<ArrayBuffer> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return utf8(body);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  throw new TypeError('only bytes can be signed');
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function sha256(data: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data));
}

async function hmac(key: BufferSource, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, utf8(text)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
