import type { Clock } from '@holdfast/vfs';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { PendingRequests } from './pending-requests.js';
import type { Quote } from './quote.js';
import * as replies from './replies.js';
import type { Accept, Attributes, ListedName, Obstacle } from './replies.js';
import type { OpenFlags, Reply, Session } from './session.js';
import { ServerRefusal } from './server-refusal.js';

export interface ChannelOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** `host:port`, for errors. */
  readonly server: string;
  /** Longest milliseconds that a request waits while no answer comes to it, nor to any that was sent before it. */
  readonly answerTimeoutMs: number;
  readonly quote: Quote;
  /** The connection is of no more use. Called once; every pending request has been rejected. */
  readonly onDown: (why: FailedAttempt) => void;
  /** A request was given up while others were answered: the connection works, but nothing new should be sent on it. */
  readonly onStuck: () => void;
}

/**
 * Requests and replies of one SFTP session as promises. ssh2 never calls back for a request on a dead or hung session, so
 * each has a limit here, and the end of the session rejects whatever is under way.
 */
export class Channel {
  readonly #session: Session;
  readonly #server: string;
  readonly #quote: Quote;
  readonly #onDown: (why: FailedAttempt) => void;
  readonly #pending: PendingRequests;
  #down: FailedAttempt | undefined;
  #answered = false;

  constructor({ session, clock, server, answerTimeoutMs, quote, onDown, onStuck }: ChannelOptions) {
    this.#session = session;
    this.#server = server;
    this.#quote = quote;
    this.#onDown = onDown;
    const silence = (): FailedAttempt =>
      new FailedAttempt(
        failure('ETIMEDOUT', {
          outcome: 'unknown',
          retryable: true,
          detail: `${server} gave no answer for ${answerTimeoutMs} ms, so the connection was given up`,
          advice: 'Check that the server responds, or raise answerTimeoutMs and deadlineMs',
        }),
      );
    this.#pending = new PendingRequests({
      clock,
      limitMs: answerTimeoutMs,
      onSilence: () => this.fail(silence()),
      onOvertaken: (overdue) => {
        for (const request of overdue) request.reject(silence());
        onStuck();
      },
    });
  }

  /** Whether the server has answered anything yet. */
  get answered(): boolean {
    return this.#answered;
  }

  mkdir(path: string): Promise<void> {
    return this.#request(replies.nothing, (reply) => this.#session.mkdir(path, reply));
  }

  rmdir(path: string): Promise<void> {
    return this.#request(replies.nothing, (reply) => this.#session.rmdir(path, reply));
  }

  unlink(path: string): Promise<void> {
    return this.#request(replies.nothing, (reply) => this.#session.unlink(path, reply));
  }

  stat(path: string): Promise<Attributes> {
    return this.#request(replies.attributes, (reply) => this.#session.stat(path, reply));
  }

  lstat(path: string): Promise<Attributes> {
    return this.#request(replies.attributes, (reply) => this.#session.lstat(path, reply));
  }

  /** @param atime seconds since the epoch, like `mtime` */
  utimes(path: string, atime: number, mtime: number): Promise<void> {
    return this.#request(replies.nothing, (reply) => this.#session.utimes(path, atime, mtime, reply));
  }

  opendir(path: string): Promise<Buffer> {
    return this.#request(replies.handle, (reply) => this.#session.opendir(path, reply));
  }

  /** Some of the names. A `ServerRefusal` with `END_OF_FILE` if there are no more. */
  readdir(handle: Buffer): Promise<readonly ListedName[]> {
    return this.#request(replies.names, (reply) => this.#session.readdir(handle, { full: true }, reply));
  }

  open(path: string, flags: OpenFlags): Promise<Buffer> {
    return this.#request(replies.handle, (reply) => this.#session.open(path, flags, reply));
  }

  fstat(handle: Buffer): Promise<Attributes> {
    return this.#request(replies.attributes, (reply) => this.#session.fstat(handle, reply));
  }

  /** Bytes from `position` on, at most `length` and perhaps fewer; none at the end of the file. */
  async read(handle: Buffer, position: number, length: number): Promise<Uint8Array> {
    const into = Buffer.alloc(length);
    const got = await this.#request(replies.byteCount(length), (reply) =>
      this.#session.read(handle, into, 0, length, position, reply),
    );
    return into.subarray(0, got);
  }

  async write(handle: Buffer, data: Buffer, position: number): Promise<void> {
    await this.#request(replies.position, (reply) =>
      this.#session.write(handle, data, 0, data.length, position, reply),
    );
  }

  close(handle: Buffer): Promise<void> {
    return this.#request(replies.nothing, (reply) => this.#session.close(handle, reply));
  }

  /** What keeps a file system from taking one more entry; `undefined` if the server cannot tell. */
  async obstacle(path: string): Promise<Obstacle | undefined> {
    try {
      return await this.#request(replies.obstacle, (reply) => this.#session.ext_openssh_statvfs(path, reply));
    } catch (error) {
      if (error instanceof ServerRefusal || error instanceof UnsupportedRequest) return undefined;
      throw error;
    }
  }

  /** Ends it. What is under way rejects with `why`, and so does every later request, as one that was not sent. */
  fail(why: FailedAttempt): void {
    if (this.#down !== undefined) return;
    this.#down = why;
    this.#pending.rejectAll(why);
    this.#onDown(why);
  }

  #request<T>(accept: Accept<T>, send: (reply: Reply) => void): Promise<T> {
    if (this.#down !== undefined) return Promise.reject(notSent(this.#down));
    return new Promise<T>((resolve, reject) => {
      const request = this.#pending.add(reject);
      try {
        send((error, value) => {
          if (!this.#pending.answered(request)) return;
          const judged = this.#judge(error, value, accept);
          if ('value' in judged) return resolve(judged.value);
          reject(judged.error);
          if (judged.error instanceof FailedAttempt) this.fail(judged.error);
        });
      } catch {
        // ssh2 throws for an extension that the server has not announced, and for nothing else that is asked here.
        this.#pending.remove(request);
        reject(new UnsupportedRequest());
      }
    });
  }

  #judge<T>(
    error: unknown,
    value: unknown,
    accept: Accept<T>,
  ): { readonly value: T } | { readonly error: ServerRefusal | FailedAttempt } {
    if (error instanceof Error) {
      const status = 'code' in error ? error.code : undefined;
      if (typeof status === 'number') {
        this.#answered = true;
        return { error: new ServerRefusal(status, this.#quote(error.message)) };
      }
      return { error: brokenOff(this.#server, this.#quote(error.message)) };
    }
    const accepted = accept(value);
    if (accepted === undefined) {
      return { error: protocolError(this.#server, 'it sent a reply of the wrong kind') };
    }
    this.#answered = true;
    return { value: accepted[0] };
  }
}

class UnsupportedRequest extends Error {
  override readonly name = 'UnsupportedRequest';
}

export function brokenOff(server: string, how: string): FailedAttempt {
  const detail = `the connection to ${server} broke off: ${how}`;
  return new FailedAttempt(failure('ECONN', { outcome: 'unknown', retryable: true, detail }));
}

export function protocolError(server: string, what: string): FailedAttempt {
  const detail = `${server} broke the protocol: ${what}`;
  return new FailedAttempt(failure('EIO', { outcome: 'unknown', detail }));
}

/** For a request that came too late to be sent. */
function notSent({ failure: why }: FailedAttempt): FailedAttempt {
  return new FailedAttempt({ ...why, outcome: 'failed' });
}
