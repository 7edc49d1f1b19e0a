import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS, type VFSError } from '@holdfast/vfs';
import { createVFS, FailedAttempt } from '@holdfast/vfs/adapter';
import { WebDAVDriver } from '../src/driver.js';
import { GIVEN_UP } from '../src/errors.js';
import { parseOptions, type WebDAVVFSOptions } from '../src/options.js';
import type { Exchange, Reply, Transport } from '../src/transport/exchange.js';

const BASE = 'http://localhost/dav/';
type Kind = 'file' | 'directory' | 'empty file';
type Handler = (
  path: string,
  exchange: Exchange,
  signal: AbortSignal,
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

  vfs(options: Partial<WebDAVVFSOptions> = {}): VFS {
    const settings = parseOptions({ url: BASE, clock: this.clock, ...options });
    return createVFS(new WebDAVDriver(settings, this), {
      clock: this.clock,
      deadlineMs: settings.deadlineMs,
    });
  }

  close(): void {
    this.sent.push('close');
  }

  async exchange(exchange: Exchange, signal: AbortSignal): Promise<Reply> {
    if (signal.aborted) throw new FailedAttempt({ ...GIVEN_UP, outcome: 'failed' });
    const raw = decodeURIComponent(new URL(exchange.url).pathname).replace(/^\/dav(?=\/)/, '');
    this.sent.push(`${exchange.method} ${raw}`);
    const path = raw.replace(/(.)\/$/, '$1');
    const handler = this.on[exchange.method] ?? this.on['*'];
    const given = new Promise<never>((_, reject) => {
      const leave = (): void => reject(new FailedAttempt(GIVEN_UP));
      const { lingerMs } = exchange;
      signal.addEventListener('abort', () => {
        if (lingerMs === undefined) leave();
        else this.clock.schedule(leave, lingerMs, { background: true });
      });
    });
    const answer = await Promise.race([
      handler?.(path, exchange, signal) ?? this.look(path, exchange),
      given,
    ]);
    const reply = {
      status: 200,
      url: exchange.url,
      body: new Uint8Array(),
      cut: undefined,
      header: () => undefined,
      ...answer,
    };
    if (reply.status === 207) exchange.reader?.().write(reply.body);
    return reply;
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

/** A 207 with one failure inside. */
export const partly = (status: number, href = '/dav/d/f'): Partial<Reply> => ({
  status: 207,
  body: new TextEncoder().encode(
    `<multistatus xmlns="DAV:"><response><href>${href}</href><status>HTTP/1.1 ${status} No</status></response></multistatus>`,
  ),
});
/** An answer that asks to come again in two seconds. */
export const retryAfter = (status: number): Partial<Reply> => ({
  status,
  header: (name) => (name === 'retry-after' ? '2' : undefined),
});
