import {
  type Capabilities,
  type Entry,
  type FileInfo,
  type Timer,
  type VFSError,
  type VFSPath,
} from '@holdfast/vfs';
import { type VFSDriver } from '@holdfast/vfs/adapter';
import { encodeURL, type Slash } from './encode.js';
import { Look } from './look.js';
import { LostExchange, lossError } from './lost.js';
import { MalformedReply, parseMultistatus } from './multistatus.js';
import type { Settings } from './options.js';
import { makeRequester, type Answer, type Request, type Requester } from './request.js';
import { pause, retryAfterMs } from './retry.js';
import { davError, statusError, type About } from './status.js';
import type { Transport } from './transport.js';

const CAPABILITIES: Capabilities = {
  // `rclone serve webdav` answers 201 to an MKCOL of what exists: nobody can vouch for a server before it was seen.
  exclusiveMkdir: 'probe',
  // Of six servers that were measured, one honours `If-None-Match: *` under a race.
  exclusiveWrite: false,
  claimAs: 'directory',
  link: false,
  // No server sets `getlastmodified` by PROPPATCH.
  chtimes: false,
  rename: true,
  watch: false,
  directories: 'real',
  listing: 'versions',
  mtimeGranularityMs: 1000,
  abort: 'wire',
  cost: 'network',
};

const DONE: ReadonlySet<number> = new Set([200, 201, 204]);
/** Statuses of a change that say little: which one comes for what differs from server to server. */
const AMBIGUOUS: ReadonlySet<number> = new Set([400, 403, 404, 405, 409, 410, 412, 500]);
/** Those of them that an MKCOL gets when something exists, or its parent does not. Both may have passed since. */
const MAY_HAVE_PASSED: ReadonlySet<number> = new Set([405, 409]);

/** How long an MKCOL that its caller gave up on is waited for, in milliseconds. */
const LINGER_MS = 30_000;

/** The contract in terms of HTTP. */
export class WebDAVDriver implements VFSDriver {
  readonly adapter = 'webdav';
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #request: Requester;
  readonly #look: Look;
  readonly #closing = new AbortController();

  constructor(settings: Settings, transport: Transport) {
    this.#settings = settings;
    this.#transport = transport;
    this.#request = makeRequester(transport, { ...settings, closing: this.#closing.signal });
    this.#look = new Look(settings.base, this.#request, settings.maxListingBytes);
  }

  async mkdir(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about: About = { op: 'mkdir', path };
    let doubt = false;
    for (let again = true; ; again = false) {
      const answer = await this.#follow(signal, (lingering) =>
        this.#send('MKCOL', path, 'slash', about, lingering, { repeat: 'refused' }),
      );
      // Nothing but 201 is success: a portal or a catch-all page says 200 to everything.
      if (answer.status === 201) return;
      const waitMs = answer.status === 503 ? retryAfterMs(answer, this.#settings.clock) : undefined;
      const isLate = waitMs !== undefined && waitMs < this.#settings.deadlineMs;
      if (isLate) {
        await this.#wait(waitMs, about, signal);
        doubt = true;
      } else if (!AMBIGUOUS.has(answer.status)) {
        throw failure(answer, about, doubt);
      }
      if ((await this.#look.at(path, about, signal, { slash: 'slash' })) !== undefined) {
        // After a 503 nobody can tell who made it.
        throw doubt
          ? davError(about, 'EBUSY', 'it was made while the service was unavailable', { doubt })
          : davError(about, 'EEXIST');
      }
      const fault = await this.#look.parentFault(path, about, signal);
      if (fault !== undefined) throw fault;
      const mayPass = isLate || MAY_HAVE_PASSED.has(answer.status);
      if (!again || !mayPass) throw doubt ? failure(answer, about, doubt) : withoutEffect(answer, about);
    }
  }

  async writeFile(
    path: VFSPath,
    data: Uint8Array,
    _options: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const about: About = { op: 'writeFile', path };
    const answer = await this.#send('PUT', path, 'bare', about, signal, {
      repeat: 'same-effect',
      body: data,
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    if (DONE.has(answer.status)) return;
    if (!AMBIGUOUS.has(answer.status)) throw failure(answer, about);
    const there = await this.#look.at(path, about, signal);
    if (there?.self.type === 'directory') throw davError(about, 'EISDIR', undefined, { doubt: answer.doubt });
    if (there !== undefined) throw failure(answer, about);
    throw (await this.#look.parentFault(path, about, signal)) ?? withoutEffect(answer, about);
  }

  /** Looks and reads at once: lighttpd answers `/file/below` with `/file`, others a directory with a page. */
  async readFile(
    path: VFSPath,
    _options: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const about: About = { op: 'readFile', path };
    const leaving = new AbortController();
    const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
    const reading = this.#send('GET', path, 'bare', about, either, {
      repeat: 'always',
      limit: this.#settings.maxFileBytes,
      headers: { 'Cache-Control': 'no-cache', 'Accept-Encoding': 'identity' },
    });
    // What became of it counts only if there is a file to read.
    reading.catch(() => undefined);
    try {
      const { self, empty } = await this.#look.must(path, about, signal);
      if (self.type === 'directory') throw davError(about, 'EISDIR');
      // lighttpd announces the old length of a file that was just emptied, and never sends that much.
      if (empty) return new Uint8Array();
      const answer = await reading;
      if (answer.status !== 200) throw failure(answer, about);
      return new Uint8Array(answer.body);
    } finally {
      leaving.abort();
    }
  }

  async ls(path: VFSPath, signal: AbortSignal | undefined): Promise<Entry[]> {
    const about: About = { op: 'ls', path };
    const { self, children } = await this.#look.must(path, about, signal, { slash: 'slash', depth: 1 });
    if (self.type !== 'directory') throw davError(about, 'ENOTDIR', 'it is a file');
    return [...children];
  }

  async stat(path: VFSPath, signal: AbortSignal | undefined): Promise<FileInfo> {
    return (await this.#look.must(path, { op: 'stat', path }, signal)).self;
  }

  /** Looks first: a DELETE of a collection removes all that is in it. What is put there in between is removed too. */
  async rm(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about: About = { op: 'rm', path };
    const { self, children } = await this.#look.must(path, about, signal, { depth: 1 });
    if (children.length > 0) throw davError(about, 'ENOTEMPTY');
    await this.#delete(about, path, self, signal);
  }

  async rmTree(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about: About = { op: 'rm', path };
    const { self } = await this.#look.must(path, about, signal);
    await this.#delete(about, path, self, signal);
  }

  /** Looks first: a MOVE replaces a whole tree, and nginx makes missing parents. */
  async rename(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about: About = { op: 'rename', path: from };
    const [source, target, fault] = await Promise.all([
      this.#look.must(from, about, signal),
      this.#look.at(to, about, signal),
      this.#look.parentFault(to, about, signal),
    ]);
    if (fault !== undefined) throw fault;
    if (source.self.type === 'directory' || target?.self.type === 'directory') {
      throw davError(about, 'EISDIR', 'only files are renamed, and never over a directory');
    }
    // A MOVE onto itself deletes the file on some servers.
    if (from === to) return;
    const answer = await this.#send('MOVE', from, 'bare', about, signal, {
      repeat: 'refused',
      headers: { Destination: encodeURL(this.#settings.base, to, 'bare'), Overwrite: 'T' },
    });
    if (!DONE.has(answer.status)) throw failure(answer, about);
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#transport.close();
    return Promise.resolve();
  }

  async #delete(
    about: About,
    path: VFSPath,
    { type }: FileInfo,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const slash = type === 'directory' ? 'slash' : 'bare';
    const answer = await this.#send('DELETE', path, slash, about, signal, { repeat: 'same-effect' });
    if (DONE.has(answer.status)) return;
    // Gone after a try that nobody answered for: that try did it.
    if (answer.doubt && answer.status === 404) return;
    if (AMBIGUOUS.has(answer.status) && (await this.#look.at(path, about, signal, { slash })) === undefined) {
      throw davError(about, 'ENOENT');
    }
    throw failure(answer, about);
  }

  /**
   * Runs `send` with a signal that outlasts `signal` by a while. An MKCOL that its caller gave up on is not cut off:
   * the server would carry it out all the same, and whether it did is worth knowing (`VFSError.settled`).
   */
  async #follow<T>(
    signal: AbortSignal | undefined,
    send: (lingering: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    if (signal === undefined) return send(undefined);
    const lingering = new AbortController();
    let timer: Timer | undefined;
    const linger = (): void => {
      timer = this.#settings.clock.schedule(() => lingering.abort(), LINGER_MS, { background: true });
    };
    signal.addEventListener('abort', linger, { once: true });
    try {
      return await send(lingering.signal);
    } finally {
      signal.removeEventListener('abort', linger);
      timer?.cancel();
    }
  }

  #send(
    method: string,
    path: VFSPath,
    slash: Slash,
    about: About,
    signal: AbortSignal | undefined,
    request: Omit<Request, 'method' | 'url'>,
  ): Promise<Answer> {
    const url = encodeURL(this.#settings.base, path, slash);
    return this.#request({ ...request, method, url }, about, signal);
  }

  async #wait(ms: number, about: About, signal: AbortSignal | undefined): Promise<void> {
    try {
      await pause(ms, this.#settings.clock, [signal, this.#closing.signal]);
    } catch (error) {
      throw error instanceof LostExchange ? lossError(error, about, true) : error;
    }
  }
}

/** The error of a change that was answered, and of which nothing is to be seen: nothing will come of it any more. */
function withoutEffect(answer: Answer, about: About): VFSError {
  const { code, detail, advice } = failure(answer, about);
  return davError(about, code, detail, { advice, doubt: answer.doubt });
}

/**
 * The error that an answer means. A 207 to a change says that some of it failed, and inside what: the `webdav` client
 * takes it for success.
 */
function failure(answer: Answer, about: About, doubt = answer.doubt): VFSError {
  if (answer.status !== 207) return statusError(answer.status, about, doubt);
  try {
    const failed = parseMultistatus(answer.body).find(({ status }) => status !== undefined && status >= 300);
    return failed?.status === undefined
      ? davError(about, 'EIO', 'the server tells of no success', { doubt: true })
      : statusError(failed.status, about, true);
  } catch (error) {
    if (!(error instanceof MalformedReply)) throw error;
    return davError(about, 'EIO', error.message, { doubt: true, cause: error });
  }
}
