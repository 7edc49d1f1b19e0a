import { ROOT, type Capabilities, type Entry, type FileInfo, type VFSPath } from '@holdfast/vfs';
import { createVFS, failure, optionError, type Failure, type VFSDriver } from '@holdfast/vfs/adapter';
import { changeError, isPage, lookInto, pageError, withoutEffect } from './change.js';
import { aboutOf, davError, serverOf, type About } from './errors.js';
import { Look } from './multistatus/look.js';
import { encodeURL, parseHref, type Slash } from './multistatus/urls.js';
import type { Witness } from './multistatus/witness.js';
import type { Settings } from './options.js';
import type { Transport } from './transport/exchange.js';
import { makeRequester, type Answer, type Request, type Requester } from './transport/request.js';
import { retryAfterMs } from './transport/retry-after.js';

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
/** The same for an MKCOL, which has more ways to say that something exists. */
const AMBIGUOUS_MKCOL: ReadonlySet<number> = new Set([...AMBIGUOUS, 406, 415, 422, 423, 501]);
/**
 * Those of them that an MKCOL gets when something exists, or its parent does not. Both may have passed since. Of a file that
 * exists, Apache says 400.
 */
const MAY_HAVE_PASSED: ReadonlySet<number> = new Set([400, 403, 405, 409, 500]);

/** How long an MKCOL that its caller gave up on is waited for, in milliseconds. */
const LINGER_MS = 30_000;

/** The contract in terms of HTTP. */
export class WebDAVDriver implements VFSDriver {
  readonly adapter = 'webdav';
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #requester: Requester;
  readonly #look: Look;
  /** Settles once the root was made, if that was asked for. All who come first wait for the same. */
  #root: Promise<void> | undefined;

  constructor(settings: Settings, transport: Transport) {
    this.#settings = settings;
    this.#transport = transport;
    this.#requester = makeRequester(transport, settings);
    this.#look = new Look(settings.base, this.#requester, settings.maxListingBytes);
  }

  async mkdir(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about = await this.#begin('mkdir', path);
    if (path === ROOT) {
      await this.#look.must(path, about, signal);
      throw davError(about, failure('EEXIST', { detail: 'it is the root' }));
    }
    const witness = this.#look.witness(path);
    try {
      await this.#make(path, about, signal, witness);
    } finally {
      witness.end();
    }
  }

  async #make(path: VFSPath, about: About, signal: AbortSignal | undefined, witness: Witness): Promise<void> {
    let isDoubtful = false;
    for (let again = true; ; again = false) {
      const answer = await this.#send('MKCOL', path, 'slash', about, signal, {
        repeat: 'once',
        lingerMs: LINGER_MS,
      });
      // Nothing but 201 is success: a portal or a catch-all page says 200 to everything.
      if (answer.status === 201) return;
      const waitMs = answer.status === 503 ? retryAfterMs(answer, this.#settings.clock) : undefined;
      const isLate = waitMs !== undefined && waitMs < this.#settings.deadlineMs;
      if (isLate) {
        await this.#requester.pause(waitMs, about, signal);
        isDoubtful = true;
      } else if (!AMBIGUOUS_MKCOL.has(answer.status)) {
        throw changeError(answer, about, isDoubtful);
      }
      const look = (): Promise<unknown> =>
        lookInto(this.#look.at(path, about, signal, { slash: 'slash' }), answer, isDoubtful);
      if ((!isDoubtful && (await witness.isThere())) || (await look()) !== undefined) {
        // After a 503 nobody can tell who made it.
        throw isDoubtful
          ? davError(about, failure('EBUSY', { detail: 'it was made while the service was unavailable' }), {
              isDoubtful,
            })
          : davError(about, failure('EEXIST'));
      }
      const fault = await lookInto(this.#look.parentFault(path, about, signal), answer, isDoubtful);
      if (fault !== undefined) throw fault;
      const mayPass = isLate || MAY_HAVE_PASSED.has(answer.status);
      if (!again || !mayPass) {
        throw isDoubtful ? changeError(answer, about, isDoubtful) : withoutEffect(answer, about);
      }
    }
  }

  async writeFile(
    path: VFSPath,
    data: Uint8Array,
    _options: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const about = await this.#begin('writeFile', path);
    const answer = await this.#send('PUT', path, 'bare', about, signal, {
      repeat: 'overwrite',
      body: data,
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    if (isPage(answer)) {
      const { self } = await lookInto(this.#look.must(path, about, signal), answer);
      if (self.type !== 'file' || (self.size ?? data.length) !== data.length) throw pageError(about);
      return;
    }
    if (DONE.has(answer.status)) return;
    const { isDoubtful } = answer;
    if (!AMBIGUOUS.has(answer.status)) throw changeError(answer, about, isDoubtful);
    const there = await lookInto(this.#look.at(path, about, signal), answer);
    if (there?.self.type === 'directory') throw davError(about, failure('EISDIR'), { isDoubtful });
    if (there !== undefined) throw changeError(answer, about, isDoubtful);
    const fault = await lookInto(this.#look.parentFault(path, about, signal), answer);
    throw fault ?? withoutEffect(answer, about);
  }

  /** Looks and reads at once: lighttpd answers `/file/below` with `/file`, others a directory with a page. */
  async readFile(
    path: VFSPath,
    { maxBytes }: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const about = await this.#begin('readFile', path);
    const limit = Math.min(maxBytes, this.#settings.maxFileBytes);
    const leaving = new AbortController();
    const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
    const reading = this.#send('GET', path, 'bare', about, either, {
      repeat: 'read',
      limit: { bytes: limit, failure: tooBig(limit) },
      headers: { 'Cache-Control': 'no-cache', 'Accept-Encoding': 'identity' },
    });
    // What became of it counts only if there is a file to read.
    reading.catch(() => undefined);
    try {
      const { self } = await this.#look.must(path, about, signal);
      if (self.type === 'directory') throw davError(about, failure('EISDIR'));
      if (self.size !== undefined && self.size > limit) throw davError(about, tooBig(limit));
      // lighttpd announces the old length of a file that was just emptied, and never sends that much.
      if (self.size === 0) return new Uint8Array();
      const answer = await reading;
      if (answer.status !== 200) throw changeError(answer, about, false);
      if (isPage(answer) && self.size !== undefined && self.size !== answer.body.length) {
        throw pageError(about);
      }
      return new Uint8Array(answer.body);
    } finally {
      leaving.abort();
    }
  }

  async ls(path: VFSPath, signal: AbortSignal | undefined): Promise<Entry[]> {
    const about = await this.#begin('ls', path);
    const { self, children } = await this.#look.must(path, about, signal, { slash: 'slash', depth: 1 });
    if (self.type !== 'directory') {
      throw davError(about, failure('ENOTDIR', { detail: 'the server does not say that it is a directory' }));
    }
    return [...children];
  }

  async stat(path: VFSPath, signal: AbortSignal | undefined): Promise<FileInfo> {
    const about = await this.#begin('stat', path);
    return (await this.#look.must(path, about, signal)).self;
  }

  /** Looks first: a DELETE of a collection removes all that is in it. What is put there in between is removed too. */
  async rm(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about = await this.#begin('rm', path);
    const { self, children, unreadable } = await this.#look.must(path, about, signal, { depth: 1 });
    if (children.length + unreadable > 0) throw davError(about, failure('ENOTEMPTY'));
    await this.#delete(about, path, self, signal);
  }

  async rmTree(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about = await this.#begin('rm', path);
    const { self } = await this.#look.must(path, about, signal);
    await this.#delete(about, path, self, signal);
  }

  /** Looks first: a MOVE replaces a whole tree, and nginx makes missing parents. */
  async rename(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    const about = await this.#begin('rename', from);
    const [source, target, fault] = await Promise.all([
      this.#look.must(from, about, signal),
      this.#look.at(to, about, signal),
      this.#look.parentFault(to, about, signal),
    ]);
    if (fault !== undefined) throw fault;
    if (source.self.type === 'directory' || target?.self.type === 'directory') {
      throw davError(
        about,
        failure('EISDIR', { detail: 'only files are renamed, and never over a directory' }),
      );
    }
    // A MOVE onto itself deletes the file on some servers.
    if (from === to) return;
    const answer = await this.#send('MOVE', from, 'bare', about, signal, {
      repeat: 'once',
      headers: { Destination: encodeURL(this.#settings.base, to, 'bare'), Overwrite: 'T' },
    });
    if (isPage(answer)) throw pageError(about);
    if (!DONE.has(answer.status)) throw changeError(answer, about, answer.isDoubtful);
  }

  close(): Promise<void> {
    this.#requester.close();
    this.#transport.close();
    return Promise.resolve();
  }

  /** Makes the root if that was asked for and nobody has yet, and never again: a share that goes away stays away. */
  async #begin(op: About['op'], path: VFSPath): Promise<About> {
    if (this.#settings.create) await (this.#root ??= this.#makeRoot());
    return aboutOf(this.#settings.base, op, path);
  }

  /** By a driver of the whole server: the collections above may be missing too. */
  async #makeRoot(): Promise<void> {
    const { base, deadlineMs, clock } = this.#settings;
    const settings = { ...this.#settings, base: new URL('/', base), create: false };
    const names = parseHref(base.pathname);
    if (names === undefined || names.isUnreadable) {
      throw optionError(
        'webdav',
        'url: a name in its path is not UTF-8',
        'Make that collection by other means',
      );
    }
    const whole = new WebDAVDriver(settings, this.#transport);
    const server = createVFS(whole, { deadlineMs, clock, server: serverOf(base) });
    try {
      await server.mkdir(`/${names.names.join('/')}`, { recursive: true });
    } catch (error) {
      this.#root = undefined;
      throw error;
    }
  }

  async #delete(
    about: About,
    path: VFSPath,
    { type }: FileInfo,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const slash = type === 'directory' ? 'slash' : 'bare';
    const answer = await this.#send('DELETE', path, slash, about, signal, { repeat: 'remove' });
    if (DONE.has(answer.status) && !isPage(answer)) return;
    // Gone after a try that nobody answered for: that try did it.
    if (answer.isDoubtful && answer.status === 404) return;
    if (AMBIGUOUS.has(answer.status) || isPage(answer)) {
      const there = await lookInto(this.#look.at(path, about, signal, { slash }), answer);
      if (there === undefined && isPage(answer)) return;
      if (there === undefined) throw davError(about, failure('ENOENT'));
    }
    if (isPage(answer)) throw pageError(about);
    throw changeError(answer, about, answer.isDoubtful);
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
    return this.#requester.send({ ...request, method, url }, about, signal);
  }
}

const tooBig = (limit: number): Failure =>
  failure('EFBIG', {
    detail: `the file is larger than ${limit} bytes`,
    advice: 'Raise maxBytes of the call or maxFileBytes of the VFS, whichever is less',
  });
