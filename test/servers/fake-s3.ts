import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Fault } from './fake-s3-faults.js';
import { FakeObjects } from './fake-s3-objects.js';
import { DIALECTS, fraudOf, type Dialect } from './fake-s3-signature.js';
import type { S3Server } from './s3-server.js';

export type FakeOp = 'create' | 'put' | 'get' | 'head' | 'list' | 'delete' | 'deleteMany' | 'makeBucket';

/** A request as it arrived. */
export interface FakeRequest {
  readonly op: FakeOp;
  readonly bucket: string;
  /** The key; the prefix of a listing. */
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  /** How many keys and folders the answer to a listing had. */
  listed?: number;
}

export interface FakeS3 extends S3Server {
  /** Everything that arrived, in order. */
  readonly requests: FakeRequest[];
  /** Decides what goes wrong; asked once for each request. Default: nothing. */
  fault: (request: FakeRequest) => Fault | undefined;
  /** Milliseconds that the store's clock is ahead. */
  skewMs: number;
  /** Whether answers carry the store's time. */
  showsTime: boolean;
  /** Whether the bucket has a default retention, so that each object must come with a digest. */
  demandsDigest: boolean;
  /** Whether one key takes one write a second, as with R2 and Google Cloud Storage. */
  slowKeys: boolean;
  /** How many connections are open. */
  readonly connections: number;
  /** Grows with every byte that arrives, and every answer and connection that ends. */
  readonly activity: number;
  /** How many requests hang. */
  readonly hanging: number;
  objects(bucket: string): FakeObjects;
  /** Carries out what hangs, and answers where somebody still listens. */
  release(): void;
  /** Answers nothing any more over the connections that there are. New ones are as good as ever. */
  deafen(): void;
  /** Cuts all connections and refuses new ones until the returned function is called. */
  goAway(): Promise<() => Promise<void>>;
}

export interface FakeS3Options {
  readonly dialect?: Dialect;
  readonly buckets?: readonly string[];
  /** Tells when an object is written, in milliseconds since the epoch. Default: the machine's clock. */
  readonly now?: () => number;
}

/** A small S3 in this process, for machines without another and for faults that no other can be told to have. */
export async function startFakeS3({
  dialect = 'aws',
  buckets = ['bucket'],
  now = Date.now,
}: FakeS3Options = {}): Promise<FakeS3> {
  const fake = new Fake(dialect, now);
  for (const bucket of buckets) fake.makeBucket(bucket);
  await fake.listen();
  return fake;
}

class Fake implements FakeS3 {
  readonly name = 'the fake';
  readonly credentials = { accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake/secret' };
  readonly requests: FakeRequest[] = [];
  fault: (request: FakeRequest) => Fault | undefined = () => undefined;
  activity = 0;
  skewMs = 0;
  showsTime = true;
  demandsDigest = false;
  slowKeys = false;
  readonly #dialect: Dialect;
  readonly #now: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #deaf = new WeakSet<Socket>();
  readonly #written = new Map<string, number>();
  #port = 0;
  readonly #buckets = new Map<string, FakeObjects>();
  #hanging: (() => void)[] = [];
  readonly #checked = new Map<string, () => void>();

  constructor(dialect: Dialect, now: () => number) {
    this.#dialect = dialect;
    this.#now = now;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      this.activity += 1;
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#serve(request, response, Buffer.concat(chunks)));
      response.on('close', () => (this.activity += 1));
    });
    this.#server.on('connection', (socket) => {
      this.activity += 1;
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.activity += 1;
        this.#sockets.delete(socket);
      });
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get hanging(): number {
    return this.#hanging.length;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  deafen(): void {
    for (const socket of this.#sockets) this.#deaf.add(socket);
  }

  async goAway(): Promise<() => Promise<void>> {
    await this.stop();
    return () => this.listen();
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  makeBucket(name: string): void {
    this.#buckets.set(name, new FakeObjects(this.#now));
  }

  objects(bucket: string): FakeObjects {
    const objects = this.#buckets.get(bucket);
    if (objects === undefined) throw new Error(`the fake has no bucket ${bucket}`);
    return objects;
  }

  release(): void {
    const hanging = this.#hanging;
    this.#hanging = [];
    for (const run of hanging) run();
  }

  #serve(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const [, bucket = '', ...rest] = pathname.split('/').map(decodeURIComponent);
    const listing = request.method === 'GET' && rest.join('/') === '';
    const key = listing ? (searchParams.get('prefix') ?? '') : rest.join('/');
    const op = opOf(request, key, listing);
    const seen: FakeRequest = { op, bucket, key, headers: request.headers };
    this.requests.push(seen);
    if (this.showsTime) response.setHeader('date', new Date(Date.now() + this.skewMs).toUTCString());
    else response.sendDate = false;

    if (this.#deaf.has(request.socket)) return;

    const fault = this.fault(seen) ?? this.#refusal(seen, body);
    const fraud = fraudOf(request, body, this.credentials, this.#dialect, Date.now() + this.skewMs);
    if (fraud !== undefined) return refuse(response, 403, fraud);
    const mixed = Object.keys(request.headers).some((name) => name.startsWith('x-amz-'));
    if (this.#dialect === 'google' && mixed) return refuse(response, 400, 'ExcessHeaderValues');

    const run = (): void => this.#carryOut(seen, request, response, body, searchParams, fault);
    if (fault === 'dropRequest') request.socket.destroy();
    else if (fault === 'garbage') response.end('<html><body>It works!</body>');
    else if (fault === 'hang') this.#hanging.push(run);
    else if (typeof fault === 'object' && fault.applied !== true) answer(response, fault);
    else run();
  }

  /** What the settings of the bucket refuse. */
  #refusal({ op, bucket, key, headers }: FakeRequest, body: Uint8Array): Fault | undefined {
    if (op !== 'create' && op !== 'put') return undefined;
    const digest = headers['content-md5'];
    if (digest === undefined && this.demandsDigest) return { status: 400, code: 'InvalidRequest' };
    if (digest !== undefined && digest !== createHash('md5').update(body).digest('base64')) {
      return { status: 400, code: 'BadDigest' };
    }
    if (!this.slowKeys) return undefined;
    const path = `${bucket}/${key}`;
    if (this.#now() - (this.#written.get(path) ?? -Infinity) < 1_000)
      return { status: 429, code: 'SlowDown' };
    this.#written.set(path, this.#now());
    return undefined;
  }

  #carryOut(
    seen: FakeRequest,
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
    query: URLSearchParams,
    fault: Fault | undefined,
  ): void {
    const { op, bucket, key } = seen;
    const objects = this.#buckets.get(bucket);
    const reply = (status: number, headers: Record<string, string>, text: string | Uint8Array = ''): void => {
      if (fault === 'loseReply') request.socket.destroy();
      else if (typeof fault === 'object') answer(response, fault);
      else response.writeHead(status, headers).end(text);
    };
    if (op === 'makeBucket') {
      this.makeBucket(bucket);
      return reply(200, {});
    }
    if (objects === undefined) return refuse(response, 404, 'NoSuchBucket');
    const found = objects.get(key);
    switch (op) {
      case 'create': {
        const { prefix } = DIALECTS[this.#dialect];
        const write = (): void =>
          reply(200, { etag: objects.set(key, body, metadataOf(request, prefix)).etag });
        if (fault === 'checkEarly' && found === undefined) return this.#later(`${bucket}/${key}`, write);
        if (fault !== 'ignoreCondition' && found !== undefined)
          return refuse(response, 412, 'PreconditionFailed');
        return write();
      }
      case 'put':
        return reply(200, { etag: objects.set(key, body, {}).etag });
      case 'get':
      case 'head': {
        if (found === undefined) return refuse(response, 404, 'NoSuchKey', op === 'head');
        const headers: Record<string, string> = {
          etag: found.etag,
          'last-modified': found.modified.toUTCString(),
        };
        headers['content-length'] = String(found.body.length);
        const { prefix } = DIALECTS[this.#dialect];
        for (const [name, value] of Object.entries(found.metadata)) headers[`${prefix}meta-${name}`] = value;
        return reply(200, headers, op === 'head' ? '' : found.body);
      }
      case 'delete':
        objects.delete(key);
        return reply(204, {});
      case 'deleteMany':
        for (const [, name = ''] of new TextDecoder().decode(body).matchAll(/<Key>([^<]*)<\/Key>/g))
          objects.delete(unescapeXML(name));
        return reply(200, XML, '<?xml version="1.0"?><DeleteResult></DeleteResult>');
      case 'list': {
        const page = objects.list(
          key,
          query.get('delimiter') ?? '',
          Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString(),
          Number(query.get('max-keys') ?? 1000),
        );
        seen.listed = page.keys.length + page.folders.length;
        return reply(200, XML, listingXML(objects, key, page));
      }
    }
  }

  /** Writes when the next create of the key has been checked too; a lone one soon. */
  #later(key: string, write: () => void): void {
    const before = this.#checked.get(key);
    this.#checked.delete(key);
    if (before !== undefined) {
      before();
      return write();
    }
    this.#checked.set(key, write);
    setTimeout(() => {
      if (this.#checked.get(key) !== write) return;
      this.#checked.delete(key);
      write();
    }, 200).unref();
  }
}

const XML = { 'content-type': 'application/xml' };

function opOf(request: IncomingMessage, key: string, listing: boolean): FakeOp {
  if (listing) return 'list';
  switch (request.method) {
    case 'PUT': {
      if (key === '') return 'makeBucket';
      const { 'if-none-match': condition, 'x-goog-if-generation-match': generation } = request.headers;
      return condition === '*' || generation === '0' ? 'create' : 'put';
    }
    case 'HEAD':
      return 'head';
    case 'DELETE':
      return 'delete';
    case 'POST':
      return 'deleteMany';
    default:
      return 'get';
  }
}

function metadataOf(request: IncomingMessage, prefix: string): Record<string, string> {
  const start = `${prefix}meta-`;
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith(start) ? [[name.slice(start.length), String(value)]] : [],
    ),
  );
}

function answer(response: ServerResponse, fault: Extract<Fault, object>): void {
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  if (fault.body !== undefined) response.writeHead(fault.status).end(fault.body);
  else if (fault.html === true) response.writeHead(fault.status).end('<html>Please sign in</html>');
  else refuse(response, fault.status, fault.code ?? 'Fault');
}

/** An error as S3 reports it; to a HEAD it reports the status alone. */
function refuse(response: ServerResponse, status: number, code: string, bare = false): void {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>As the fake was told</Message></Error>`;
  response.writeHead(status, XML).end(bare ? '' : text);
}

function listingXML(
  objects: FakeObjects,
  prefix: string,
  { keys, folders, next }: ReturnType<FakeObjects['list']>,
): string {
  const contents = keys.map((key) => {
    const { body, etag, modified } = objects.get(key) ?? { body: '', etag: '', modified: new Date(0) };
    return `<Contents><Key>${encodeKey(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>${etag}</ETag><Size>${body.length}</Size></Contents>`;
  });
  const prefixes = folders.map(
    (folder) => `<CommonPrefixes><Prefix>${encodeKey(folder)}</Prefix></CommonPrefixes>`,
  );
  const more =
    next === undefined
      ? '<IsTruncated>false</IsTruncated>'
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${Buffer.from(next).toString('base64url')}</NextContinuationToken>`;
  return `<?xml version="1.0"?><ListBucketResult><Prefix>${encodeKey(prefix)}</Prefix><EncodingType>url</EncodingType>${more}${contents.join('')}${prefixes.join('')}</ListBucketResult>`;
}

/** As AWS does it: a space is a plus. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}

function unescapeXML(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#xD;', '\r')
    .replaceAll('&amp;', '&');
}
