import {
  VFSError,
  type Capabilities,
  type Entry,
  type FileInfo,
  type Operation,
  type Outcome,
  type VFSPath,
} from '@holdfast/vfs';
import { outcomeOfSilence, type VFSDriver } from '@holdfast/vfs/adapter';
import type { Channel } from './channel.js';
import type { Connection } from './connection.js';
import { Breakdown, Refusal } from './fault.js';
import { Lister, typeOf } from './list.js';
import { codeOf } from './look.js';
import { mayHaveTakenEffect } from './status.js';
import { readWhole, writeWhole } from './whole-file.js';

/** Times are 32 bits wide and count seconds from 1970 on. */
const LATEST_SECOND = 2 ** 32 - 1;

/** What is being done, and how far it has got. */
interface Undertaking {
  readonly op: Operation;
  readonly path: VFSPath;
  readonly exclusive: boolean;
  /** A part of it has taken effect. */
  begun: boolean;
}

/** The bare operations, each in as few round trips as the protocol allows. */
export class SftpDriver implements VFSDriver {
  readonly adapter = 'sftp';
  readonly capabilities: Capabilities = {
    // The protocol promises it, and `rclone serve sftp` breaks the promise.
    exclusiveMkdir: 'probe',
    exclusiveWrite: true,
    claimAs: 'directory',
    link: false,
    chtimes: true,
    // Version 3 renames onto what exists on some servers and not on others.
    rename: false,
    watch: false,
    directories: 'real',
    listing: 'versions',
    mtimeGranularityMs: 1_000,
    abort: 'caller',
    cost: 'network',
  };
  readonly #connection: Connection;
  readonly #base: string;
  readonly #lister = new Lister();

  constructor(connection: Connection, base: string) {
    this.#connection = connection;
    this.#base = base;
  }

  mkdir(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    return this.#do('mkdir', path, signal, (channel, at) => channel.mkdir(at));
  }

  writeFile(
    path: VFSPath,
    data: Uint8Array,
    { exclusive }: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return this.#do(
      'writeFile',
      path,
      signal,
      (channel, at, undertaking) =>
        writeWhole(channel, at, data, { exclusive, opened: () => (undertaking.begun = true) }),
      exclusive,
    );
  }

  readFile(
    path: VFSPath,
    _options: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    return this.#do('readFile', path, signal, (channel, at) => readWhole(channel, at, signal));
  }

  async chtimes(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Promise<void> {
    const [accessed, modified] = [atime, mtime].map((time) => {
      const second = Math.floor(time.getTime() / 1000);
      if (second >= 0 && second <= LATEST_SECOND) return second;
      const detail = 'SFTP has no times before 1970 or after 2106';
      throw new VFSError({ code: 'EINVAL', op: 'chtimes', path, adapter: this.adapter, detail });
    }) as [number, number];
    await this.#do('chtimes', path, signal, (channel, at) => channel.utimes(at, accessed, modified));
  }

  ls(path: VFSPath, signal: AbortSignal | undefined): Promise<Entry[]> {
    return this.#do('ls', path, signal, (channel, at) => this.#lister.list(channel, at, signal));
  }

  stat(path: VFSPath, signal: AbortSignal | undefined): Promise<FileInfo> {
    return this.#do('stat', path, signal, async (channel, at) => {
      const attributes = await channel.stat(at);
      const type = typeOf(attributes);
      return {
        type,
        ...(type === 'directory' ? { size: 0 } : attributes.size !== undefined && { size: attributes.size }),
        ...(attributes.mtime !== undefined && { mtimeMs: attributes.mtime * 1000 }),
      };
    });
  }

  /** The type is asked for first: to try one request after the other could remove a directory as if it were a file. */
  rm(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    return this.#do('rm', path, signal, async (channel, at) => {
      const type = typeOf(await channel.lstat(at));
      await (type === 'directory' ? channel.rmdir(at) : channel.unlink(at));
    });
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #do<T>(
    op: Operation,
    path: VFSPath,
    signal: AbortSignal | undefined,
    work: (channel: Channel, at: string, undertaking: Undertaking) => Promise<T>,
    exclusive = false,
  ): Promise<T> {
    const undertaking: Undertaking = { op, path, exclusive, begun: false };
    const at = this.#at(path);
    const explained = async (channel: Channel): Promise<T> => {
      try {
        return await work(channel, at, undertaking);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw await this.#refused(channel, error, at, undertaking);
      }
    };
    return this.#connection.use(explained, signal).catch((error: unknown) => {
      throw error instanceof Breakdown ? this.#brokenDown(error, undertaking) : error;
    });
  }

  async #refused(
    channel: Channel,
    refusal: Refusal,
    at: string,
    { op, path, exclusive, begun }: Undertaking,
  ): Promise<VFSError> {
    const outcome: Outcome = begun || mayHaveTakenEffect(refusal.status) ? outcomeOfSilence(op) : 'failed';
    const about = { op, path, adapter: this.adapter, outcome, cause: refusal };
    try {
      const code = await codeOf(channel, refusal, { op, path: at, exclusive });
      return new VFSError({ ...about, code, ...(code === 'EIO' && unclear(refusal)) });
    } catch (error) {
      if (!(error instanceof Breakdown)) throw error;
      return new VFSError({ ...about, code: error.code, detail: error.message, advice: error.advice });
    }
  }

  #brokenDown({ code, message, sent, advice }: Breakdown, { op, path, begun }: Undertaking): VFSError {
    return new VFSError({
      code,
      op,
      path,
      adapter: this.adapter,
      outcome: sent || begun ? outcomeOfSilence(op) : 'failed',
      detail: message,
      advice,
    });
  }

  #at(path: VFSPath): string {
    if (path === '/') return this.#base;
    return this.#base === '/' ? path : `${this.#base}${path}`;
  }
}

function unclear({ status, message }: Refusal): { readonly detail: string; readonly advice: string } {
  return {
    detail: `the server refused with status ${status} (${message})`,
    advice: "Look into the server's log; a full disk or a used-up quota can look like this",
  };
}
