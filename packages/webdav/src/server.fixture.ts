import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS, type VFSError } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { WebDAVDriver } from './driver.js';
import { GIVEN_UP, LostExchange } from './lost.js';
import { parseOptions } from './options.js';
import type { Exchange, Reply, Transport } from './transport.js';

const BASE = 'http://localhost/dav/';
type Kind = 'file' | 'directory' | 'empty file';
type Handler = (
  path: string,
  exchange: Exchange,
  signal: AbortSignal | undefined,
) => Partial<Reply> | Promise<Partial<Reply>>;

/** What is there, and how the server answers what changes something. PROPFIND and GET it answers by itself. */
export class Server implements Transport {
  readonly clock = new VirtualClock();
  readonly there: Map<string, Kind>;
  readonly sent: string[] = [];
  on: Record<string, Handler> = {};

  constructor(there: Record<string, Kind> = {}) {
    this.there = new Map(Object.entries({ '/': 'directory', ...there }));
  }

  vfs(options: { deadlineMs?: number } = {}): VFS {
    const settings = parseOptions({ url: BASE, clock: this.clock, ...options });
    return createVFS(new WebDAVDriver(settings, this), {
      clock: this.clock,
      deadlineMs: settings.deadlineMs,
    });
  }

  close(): void {
    this.sent.push('close');
  }

  async exchange(exchange: Exchange, signal: AbortSignal | undefined): Promise<Reply> {
    if (signal?.aborted === true) throw new LostExchange(GIVEN_UP, false);
    const raw = decodeURIComponent(exchange.url.slice(BASE.length - 1));
    this.sent.push(`${exchange.method} ${raw}`);
    const path = raw.replace(/(.)\/$/, '$1');
    const handler = this.on[exchange.method] ?? this.on['*'];
    const given = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new LostExchange(GIVEN_UP, true)));
    });
    const answer = await Promise.race([
      handler?.(path, exchange, signal) ?? this.look(path, exchange),
      given,
    ]);
    return {
      status: 200,
      url: exchange.url,
      body: new Uint8Array(),
      cut: undefined,
      header: () => undefined,
      ...answer,
    };
  }

  look(path: string, { method, headers = {} }: Exchange): Partial<Reply> {
    const kind = this.there.get(path);
    if (kind === undefined) return { status: 404 };
    if (method === 'GET') return { status: 200, body: new TextEncoder().encode('content') };
    const below = [...this.there].filter(
      ([at]) => at !== '/' && (at.slice(0, at.lastIndexOf('/')) || '/') === path,
    );
    const all = headers['Depth'] === '1' ? [[path, kind] as const, ...below] : [[path, kind] as const];
    const responses = all.map(([at, what]) => {
      const props =
        what === 'directory'
          ? '<resourcetype><collection/></resourcetype>'
          : `<resourcetype/><getcontentlength>${what === 'file' ? 7 : 0}</getcontentlength>`;
      return `<response><href>/dav${at}</href><propstat><prop>${props}</prop><status>HTTP/1.1 200 OK</status></propstat></response>`;
    });
    const xml = `<multistatus xmlns="DAV:">${responses.join('')}</multistatus>`;
    return { status: 207, body: new TextEncoder().encode(xml) };
  }
}

/** What `call` rejects with. */
export async function refusal(call: Promise<unknown>): Promise<VFSError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVFSError(error)) throw new Error('no VFSError', { cause: error });
  return error;
}
