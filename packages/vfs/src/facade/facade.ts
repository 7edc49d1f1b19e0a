import { systemClock, type Clock } from '../contract/clock.js';
import type { Capabilities } from '../contract/capabilities.js';
import type { Answer, VFSDriver } from './driver.js';
import type { Entry, FileInfo } from '../contract/entry.js';
import {
  isVFSError,
  outcomeOfSilence,
  VFSError,
  type Operation,
  type VFSErrorCode,
} from '../errors/error.js';
import { isPlain, parsePath, ROOT, type VFSPath } from '../contract/path.js';
import { isPromise, pending } from './pending.js';
import { makeTree, removeTree } from './trees.js';
import type {
  CallOptions,
  MkdirOptions,
  OnChange,
  ReadFileOptions,
  RmOptions,
  VFS,
  Watcher,
  WriteFileOptions,
} from '../contract/vfs.js';

export interface CreateVFSOptions {
  /** Longest wait for one call, in milliseconds; then it rejects with `ETIMEDOUT`. Default: none. */
  readonly deadlineMs?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Host and port, for the error of a passed deadline. Default: not named. */
  readonly server?: string | undefined;
}

/** Puts the contract in front of an adapter's bare operations. */
export function createVFS(driver: VFSDriver, options: CreateVFSOptions = {}): VFS {
  return new Facade(driver, options);
}

const ENCODER = new TextEncoder();

class Facade implements VFS {
  readonly adapter: string;
  readonly capabilities: Capabilities;
  readonly #driver: VFSDriver;
  readonly #deadlineMs: number;
  readonly #clock: Clock;
  readonly #server: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(driver: VFSDriver, { deadlineMs = Infinity, clock = systemClock, server }: CreateVFSOptions) {
    if (!(deadlineMs > 0)) throw new RangeError(`deadlineMs must be a number above 0, not ${deadlineMs}`);
    this.adapter = driver.adapter;
    this.capabilities = Object.freeze({ ...driver.capabilities });
    this.#driver = driver;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
    this.#server = server;
  }

  mkdir(path: string, options?: MkdirOptions): Promise<void> {
    return this.#call('mkdir', path, options, (at, signal) => {
      if (options?.recursive === true) return makeTree(this.#driver, at, signal);
      if (at === ROOT) throw this.#error('mkdir', at, 'EEXIST', 'it is the root');
      return this.#driver.mkdir(at, signal);
    });
  }

  writeFile(path: string, data: Uint8Array | string, options?: WriteFileOptions): Promise<void> {
    return this.#call('writeFile', path, options, (at, signal) => {
      const exclusive = options?.exclusive === true;
      if (exclusive && !this.capabilities.exclusiveWrite) {
        const advice = 'Use mkdir, which is exclusive';
        throw this.#error('writeFile', at, 'ENOTSUP', 'no exclusive write here', advice);
      }
      if (at === ROOT) throw this.#error('writeFile', at, exclusive ? 'EEXIST' : 'EISDIR');
      if (typeof data !== 'string' && !isA('Uint8Array', data)) {
        throw this.#error('writeFile', at, 'EINVAL', 'the data is neither a string nor a Uint8Array');
      }
      const bytes = typeof data === 'string' ? ENCODER.encode(data) : data;
      return this.#driver.writeFile(at, bytes, { exclusive }, signal);
    });
  }

  readFile(path: string, options?: ReadFileOptions): Promise<Uint8Array> {
    return this.#call('readFile', path, options, (at, signal) => {
      if (at === ROOT) throw this.#error('readFile', at, 'EISDIR');
      const maxBytes = options?.maxBytes ?? Infinity;
      if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
        throw this.#error('readFile', at, 'EINVAL', 'maxBytes is not a number of 0 or more');
      }
      const answer = this.#driver.readFile(at, { maxBytes }, signal);
      const within = (data: Uint8Array): Uint8Array => {
        if (data.length > maxBytes) throw this.#error('readFile', at, 'EFBIG');
        return data;
      };
      if (maxBytes === Infinity) return answer;
      return isPromise(answer) ? answer.then(within) : within(answer);
    });
  }

  chtimes(path: string, atime: Date, mtime: Date, options?: CallOptions): Promise<void> {
    return this.#call('chtimes', path, options, (at, signal) => {
      if (!this.capabilities.chtimes || this.#driver.chtimes === undefined) {
        throw this.#error('chtimes', at, 'ENOTSUP', 'times cannot be set here');
      }
      if (![atime, mtime].every((time) => isA('Date', time) && Number.isFinite(time.getTime()))) {
        throw this.#error('chtimes', at, 'EINVAL', 'a time is not a valid Date');
      }
      return this.#driver.chtimes(at, atime, mtime, signal);
    });
  }

  ls(path: string, options?: CallOptions): Promise<Entry[]> {
    return this.#call('ls', path, options, (at, signal) => this.#driver.ls(at, signal));
  }

  stat(path: string, options?: CallOptions): Promise<FileInfo> {
    return this.#call('stat', path, options, (at, signal) => this.#driver.stat(at, signal));
  }

  rm(path: string, options?: RmOptions): Promise<void> {
    return this.#call('rm', path, options, (at, signal) => {
      if (at === ROOT)
        throw this.#error('rm', at, 'EINVAL', 'the root cannot be removed', 'Name an entry below it');
      return options?.recursive === true ? removeTree(this.#driver, at, signal) : this.#driver.rm(at, signal);
    });
  }

  rename(from: string, to: string, options?: CallOptions): Promise<void> {
    return this.#call('rename', from, options, (at, signal) => {
      const target = parsePath(to, { op: 'rename', adapter: this.adapter });
      if (!this.capabilities.rename || this.#driver.rename === undefined) {
        throw this.#error('rename', at, 'ENOTSUP', 'nothing can be renamed here');
      }
      if (at === ROOT || target === ROOT)
        throw this.#error('rename', at, 'EINVAL', 'the root cannot be renamed');
      return this.#driver.rename(at, target, signal);
    });
  }

  link(from: string, to: string, options?: CallOptions): Promise<void> {
    return this.#call('link', from, options, (at, signal) => {
      const target = parsePath(to, { op: 'link', adapter: this.adapter });
      if (!this.capabilities.link || this.#driver.link === undefined) {
        throw this.#error('link', at, 'ENOTSUP', 'a file has one name only here', 'Write another file');
      }
      if (at === ROOT) throw this.#error('link', at, 'EISDIR');
      if (target === ROOT) throw this.#error('link', at, 'EEXIST', 'the new name is that of the root');
      return this.#driver.link(at, target, signal);
    });
  }

  watch(path: string, onChange: OnChange, options?: CallOptions): Promise<Watcher> {
    return this.#call('watch', path, options, (at, signal) => {
      if (!this.capabilities.watch || this.#driver.watch === undefined) {
        throw this.#error('watch', at, 'ENOTSUP', 'changes cannot be watched here', 'Poll with ls');
      }
      if (typeof onChange !== 'function') {
        throw this.#error('watch', at, 'EINVAL', 'onChange is not a function');
      }
      const started = this.#driver.watch(at, onChange, signal);
      return isPromise(started) ? closedIfAborted(started, signal) : started;
    });
  }

  close(): Promise<void> {
    this.#closing ??= (async () => this.#driver.close?.())();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The one way in: path, state, signal and deadline are checked here, and every error leaves as the contract says.
   *
   * It is no async function, since a driver of a local disk answers at once: then the promise that is returned is the
   * only one that is made.
   */
  #call<T>(
    op: Operation,
    path: string,
    options: CallOptions | undefined,
    run: (at: VFSPath, signal: AbortSignal | undefined) => Answer<T>,
  ): Promise<T> {
    const signal = options?.signal;
    let answer: Answer<T>;
    try {
      const at = isPlain(path) ? path : parsePath(path, { op, adapter: this.adapter });
      if (this.#closing !== undefined) {
        const [detail, advice] = ['the VFS was closed', 'Open a new one'];
        throw new VFSError({
          code: 'ECONN',
          op,
          path: at,
          adapter: this.adapter,
          detail,
          advice,
          closed: true,
        });
      }
      if (signal === undefined && this.#deadlineMs === Infinity) {
        answer = run(at, undefined);
      } else {
        answer = pending((inner) => run(at, inner), {
          signal,
          deadlineMs: this.#deadlineMs,
          clock: this.#clock,
          about: { op, path, adapter: this.adapter },
          server: this.#server,
        });
      }
    } catch (error) {
      return Promise.reject(this.#lawful(error, op, path, signal));
    }
    if (!isPromise(answer)) return Promise.resolve(answer);
    return answer.catch((error: unknown) => {
      throw this.#lawful(error, op, path, signal);
    });
  }

  /** What a call may reject with: a `VFSError`, or the reason of the caller's own abort. */
  #lawful(error: unknown, op: Operation, path: string, signal: AbortSignal | undefined): unknown {
    if (isVFSError(error) || (signal?.aborted === true && error === signal.reason)) return error;
    return new VFSError({
      code: 'EIO',
      op,
      path,
      adapter: this.adapter,
      outcome: outcomeOfSilence(op),
      detail: 'the adapter failed in a way it does not know',
      cause: error,
    });
  }

  #error(op: Operation, path: string, code: VFSErrorCode, detail?: string, advice?: string): VFSError {
    return new VFSError({ code, op, path, adapter: this.adapter, detail, advice });
  }
}

/** A watcher whose caller was let go before it was started: nobody else would ever close it. */
async function closedIfAborted(started: Promise<Watcher>, signal: AbortSignal | undefined): Promise<Watcher> {
  const watcher = await started;
  if (signal?.aborted === true) watcher.close();
  return watcher;
}

/** Also right for values of another realm, such as that of a test runner's sandbox. */
function isA(kind: 'Date' | 'Uint8Array', value: unknown): boolean {
  if (kind === 'Uint8Array' && value instanceof Uint8Array) return true;
  return Object.prototype.toString.call(value) === `[object ${kind}]`;
}
