import type { Clock, Timer } from '@holdfast/vfs';
import { Breakdown, Refusal } from './fault.js';
import type { Quote } from './secrets.js';

/** How ssh2 answers. What it hands over came from the server, so it is checked before it counts. */
type Reply = (error: unknown, value?: unknown) => void;

/**
 * The part of ssh2's SFTP session that is used: one method a request of the protocol. The calls that ssh2-sftp-client
 * builds on it are not used, since they look first and act then, and so are not exclusive.
 */
export interface RawSession {
  mkdir(path: string, reply: Reply): void;
  rmdir(path: string, reply: Reply): void;
  unlink(path: string, reply: Reply): void;
  stat(path: string, reply: Reply): void;
  lstat(path: string, reply: Reply): void;
  utimes(path: string, atime: number, mtime: number, reply: Reply): void;
  opendir(path: string, reply: Reply): void;
  readdir(handle: Buffer, options: { full: true }, reply: Reply): void;
  open(path: string, flags: 'r' | 'w' | 'wx', reply: Reply): void;
  fstat(handle: Buffer, reply: Reply): void;
  read(handle: Buffer, into: Buffer, offset: number, length: number, position: number, reply: Reply): void;
  write(handle: Buffer, data: Buffer, offset: number, length: number, position: number, reply: Reply): void;
  close(handle: Buffer, reply: Reply): void;
  ext_openssh_statvfs(path: string, reply: Reply): void;
}

/** What the server knows of a file. Fields that it did not send are `undefined`. */
export interface Attributes {
  readonly mode?: number | undefined;
  readonly size?: number | undefined;
  /** Seconds since the epoch. */
  readonly mtime?: number | undefined;
}

export interface ListedName {
  readonly filename: string;
  readonly longname: string;
  readonly attrs: Attributes;
}

export interface ChannelOptions {
  readonly session: RawSession;
  readonly clock: Clock;
  /** Longest milliseconds between a request and its reply. */
  readonly deadlineMs: number;
  readonly quote: Quote;
  /** The connection is of no more use. Called once; every pending request has been rejected. */
  readonly onDown: (why: Breakdown) => void;
}

/** Takes a reply for what it should be; `undefined` if it is none that belongs to the request. */
type Accept<T> = (value: unknown) => readonly [T] | undefined;

interface Pending {
  readonly sentAt: number;
  readonly reject: (why: Breakdown) => void;
}

/**
 * Requests and replies of one SFTP session as promises. A raw request on a dead or hung session never calls back, so
 * each has a deadline here, and the end of the session rejects whatever is under way.
 */
export class Channel {
  readonly #session: RawSession;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #quote: Quote;
  readonly #onDown: (why: Breakdown) => void;
  readonly #pending = new Set<Pending>();
  #timer: Timer | undefined;
  #down: Breakdown | undefined;
  #answered = false;

  constructor({ session, clock, deadlineMs, quote, onDown }: ChannelOptions) {
    this.#session = session;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#quote = quote;
    this.#onDown = onDown;
  }

  /** Whether the server has answered anything yet. */
  get answered(): boolean {
    return this.#answered;
  }

  mkdir(path: string): Promise<void> {
    return this.#request(nothing, (reply) => this.#session.mkdir(path, reply));
  }

  rmdir(path: string): Promise<void> {
    return this.#request(nothing, (reply) => this.#session.rmdir(path, reply));
  }

  unlink(path: string): Promise<void> {
    return this.#request(nothing, (reply) => this.#session.unlink(path, reply));
  }

  stat(path: string): Promise<Attributes> {
    return this.#request(attributes, (reply) => this.#session.stat(path, reply));
  }

  lstat(path: string): Promise<Attributes> {
    return this.#request(attributes, (reply) => this.#session.lstat(path, reply));
  }

  /** @param atime seconds since the epoch, like `mtime` */
  utimes(path: string, atime: number, mtime: number): Promise<void> {
    return this.#request(nothing, (reply) => this.#session.utimes(path, atime, mtime, reply));
  }

  opendir(path: string): Promise<Buffer> {
    return this.#request(handleOf, (reply) => this.#session.opendir(path, reply));
  }

  /** Some of the names. A `Refusal` with `END_OF_FILE` if there are no more. */
  readdir(handle: Buffer): Promise<readonly ListedName[]> {
    return this.#request(names, (reply) => this.#session.readdir(handle, { full: true }, reply));
  }

  open(path: string, flags: 'r' | 'w' | 'wx'): Promise<Buffer> {
    return this.#request(handleOf, (reply) => this.#session.open(path, flags, reply));
  }

  fstat(handle: Buffer): Promise<Attributes> {
    return this.#request(attributes, (reply) => this.#session.fstat(handle, reply));
  }

  /** Bytes from `position` on, at most `length` and perhaps fewer; none at the end of the file. */
  async read(handle: Buffer, position: number, length: number): Promise<Uint8Array> {
    const into = Buffer.alloc(length);
    const got = await this.#request(
      (value) => (typeof value === 'number' && value >= 0 && value <= length ? [value] : undefined),
      (reply) => this.#session.read(handle, into, 0, length, position, reply),
    );
    return into.subarray(0, got);
  }

  async write(handle: Buffer, data: Buffer, position: number): Promise<void> {
    // ssh2 tells where the data ended, which is no part of the server's reply.
    await this.#request(
      (value) => (typeof value === 'number' ? [value] : undefined),
      (reply) => this.#session.write(handle, data, 0, data.length, position, reply),
    );
  }

  close(handle: Buffer): Promise<void> {
    return this.#request(nothing, (reply) => this.#session.close(handle, reply));
  }

  /** What keeps a file system from taking one more thing, if the server can tell. */
  async obstacle(path: string): Promise<'full' | 'read-only' | undefined> {
    try {
      return await this.#request(obstacle, (reply) => this.#session.ext_openssh_statvfs(path, reply));
    } catch (error) {
      if (error instanceof Refusal || error instanceof Unsupported) return undefined;
      throw error;
    }
  }

  /** Ends it. What is under way rejects with `why`, and so does every later request. */
  fail(why: Breakdown): void {
    if (this.#down !== undefined) return;
    this.#down = why;
    this.#timer?.cancel();
    for (const { reject } of this.#pending) reject(why);
    this.#pending.clear();
    this.#onDown(why);
  }

  #request<T>(accept: Accept<T>, send: (reply: Reply) => void): Promise<T> {
    if (this.#down !== undefined) return Promise.reject(unsent(this.#down));
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = { sentAt: this.#clock.monotonic(), reject };
      this.#pending.add(pending);
      this.#watch();
      try {
        send((error, value) => {
          if (!this.#pending.delete(pending)) return;
          this.#watch();
          const outcome = this.#judge(error, value, accept);
          if ('value' in outcome) resolve(outcome.value);
          else reject(outcome.fault);
          if (outcome.fault instanceof Breakdown) this.fail(outcome.fault);
        });
      } catch {
        // ssh2 throws for an extension that the server has not announced, and for nothing else that is asked here.
        this.#pending.delete(pending);
        this.#watch();
        reject(new Unsupported());
      }
    });
  }

  #judge<T>(
    error: unknown,
    value: unknown,
    accept: Accept<T>,
  ): { readonly value: T; readonly fault?: never } | { readonly fault: Refusal | Breakdown } {
    if (error instanceof Error) {
      const status = 'code' in error ? error.code : undefined;
      if (typeof status === 'number') {
        this.#answered = true;
        return { fault: new Refusal(status, this.#quote(error.message)) };
      }
      const detail = `the connection broke off: ${this.#quote(error.message)}`;
      return { fault: new Breakdown({ code: 'ECONN', sent: true, detail }) };
    }
    const accepted = accept(value);
    if (accepted === undefined) {
      return {
        fault: new Breakdown({
          code: 'EIO',
          sent: true,
          detail: 'the server sent a reply of the wrong kind',
        }),
      };
    }
    this.#answered = true;
    return { value: accepted[0] };
  }

  /** One timer for all: replies are due in the order of the requests. */
  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const [oldest] = this.#pending;
    if (oldest === undefined) return;
    const leftMs = oldest.sentAt + this.#deadlineMs - this.#clock.monotonic();
    const check = (): void => {
      const detail = `no answer within ${this.#deadlineMs} ms, so the connection was given up`;
      this.fail(new Breakdown({ code: 'ETIMEDOUT', sent: true, detail }));
    };
    // Whoever waits for a reply keeps the process alive by the socket; a reply that nobody waits for must not.
    this.#timer = this.#clock.schedule(check, Math.max(0, leftMs), { background: true });
  }
}

class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

const nothing: Accept<void> = (value) => (value === undefined ? [undefined] : undefined);

const handleOf: Accept<Buffer> = (value) => (Buffer.isBuffer(value) ? [value] : undefined);

const attributes: Accept<Attributes> = (value) => {
  const found = attributesOf(value);
  return found === undefined ? undefined : [found];
};

function attributesOf(value: unknown): Attributes | undefined {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || Array.isArray(value))
    return undefined;
  const given = value as Record<string, unknown>;
  return { mode: count(given['mode']), size: count(given['size']), mtime: count(given['mtime']) };
}

const names: Accept<readonly ListedName[]> = (value) => {
  if (!Array.isArray(value)) return undefined;
  const listed: ListedName[] = [];
  for (const item of value as readonly Record<string, unknown>[]) {
    const { filename, longname } = item;
    const attrs = attributesOf(item['attrs']);
    if (typeof filename !== 'string' || typeof longname !== 'string' || attrs === undefined) return undefined;
    listed.push({ filename, longname, attrs });
  }
  return [listed];
};

/** `statvfs` has bit 0 for "mounted read-only". */
const READ_ONLY = 1;

const obstacle: Accept<'full' | 'read-only' | undefined> = (value) => {
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    f_bavail: blocks,
    f_favail: files,
    f_files: total,
    f_flag: flags,
  } = value as Record<string, unknown>;
  if (typeof flags === 'number' && (flags & READ_ONLY) !== 0) return ['read-only'];
  // A file system that does not count its files says that it has none.
  return [blocks === 0 || (files === 0 && total !== 0) ? 'full' : undefined];
};

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** For a request that came too late to be sent. */
function unsent({ code, message, advice, final }: Breakdown): Breakdown {
  return new Breakdown({ code, sent: false, detail: message, advice, final });
}
