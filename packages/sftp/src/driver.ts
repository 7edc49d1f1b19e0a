import { ROOT, VFSError, type Capabilities, type Entry, type FileInfo, type VFSPath } from '@holdfast/vfs';
import type { VFSDriver } from '@holdfast/vfs/adapter';
import { Call, type CallOptions, type Target } from './call.js';
import { ALREADY_EXISTS } from './errors.js';
import { makeBase } from './requests/base.js';
import { makeDirectory } from './requests/create.js';
import { typeOf } from './requests/entry-type.js';
import { Lister } from './requests/list.js';
import { readWhole, writeWhole } from './requests/whole-file.js';
import type { Channel } from './transport/channel.js';
import { ServerRefusal } from './transport/server-refusal.js';

/** Times are 32 bits wide and count seconds from 1970 on. */
const LATEST_SECOND = 2 ** 32 - 1;

export interface SftpDriverOptions extends Omit<Target, 'adapter'> {
  /** Makes the base at the first call. */
  readonly create: boolean;
}

/** The bare operations, each in as few round trips as the protocol allows. */
export class SftpDriver implements VFSDriver {
  readonly adapter = 'sftp';
  readonly capabilities: Capabilities = {
    // The protocol promises it, and `rclone serve sftp` breaks the promise.
    exclusiveMkdir: 'probe',
    exclusiveWrite: true,
    // One request, where a file takes two round trips.
    claimAs: 'directory',
    chtimes: true,
    // Version 3 renames onto what exists on some servers and not on others.
    rename: false,
    link: false,
    watch: false,
    directories: 'real',
    listing: 'versions',
    mtimeGranularityMs: 1_000,
    abort: 'caller',
    cost: 'network',
  };
  readonly #target: Target;
  readonly #lister = new Lister();
  #base: 'is there' | 'is to be made' | Promise<void>;

  constructor({ create, ...target }: SftpDriverOptions) {
    this.#target = { ...target, adapter: this.adapter };
    this.#base = create ? 'is to be made' : 'is there';
  }

  mkdir(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    return this.#run({ op: 'mkdir', path, signal }, (channel, at, call) => {
      if (path === ROOT) return rootIsThere(channel, at);
      call.sends();
      return makeDirectory(channel, at);
    });
  }

  writeFile(
    path: VFSPath,
    data: Uint8Array,
    { exclusive }: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return this.#run({ op: 'writeFile', path, signal, exclusive }, (channel, at, call) => {
      call.sends();
      return writeWhole(channel, at, data, { exclusive, opened: () => call.tookEffect() });
    });
  }

  readFile(
    path: VFSPath,
    { maxBytes }: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    return this.#run({ op: 'readFile', path, signal }, (channel, at) =>
      readWhole(channel, at, { maxBytes, signal }),
    );
  }

  async chtimes(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Promise<void> {
    const [accessed, modified] = [secondOf(atime), secondOf(mtime)];
    if (accessed === undefined || modified === undefined) {
      const detail = 'SFTP has no times before 1970 or after 2106';
      throw new VFSError({ code: 'EINVAL', op: 'chtimes', path, adapter: this.adapter, detail });
    }
    await this.#run({ op: 'chtimes', path, signal }, (channel, at, call) => {
      call.sends();
      return channel.utimes(at, accessed, modified);
    });
  }

  ls(path: VFSPath, signal: AbortSignal | undefined): Promise<Entry[]> {
    return this.#run({ op: 'ls', path, signal }, (channel, at) => this.#lister.list(channel, at, signal));
  }

  stat(path: VFSPath, signal: AbortSignal | undefined): Promise<FileInfo> {
    return this.#run({ op: 'stat', path, signal }, async (channel, at) => {
      const attributes = await channel.stat(at);
      const type = await typeOf(channel, at, attributes);
      const size = type === 'directory' ? 0 : attributes.size;
      return {
        type,
        ...(size !== undefined && { size }),
        ...(attributes.mtime !== undefined && { mtimeMs: attributes.mtime * 1000 }),
      };
    });
  }

  /** The type is asked for first: some servers remove a directory that they are asked to remove as a file. */
  rm(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    return this.#run({ op: 'rm', path, signal }, async (channel, at, call) => {
      const type = await typeOf(channel, at, await channel.lstat(at));
      call.sends();
      await (type === 'directory' ? channel.rmdir(at) : channel.unlink(at));
    });
  }

  async close(): Promise<void> {
    this.#target.connection.close();
  }

  #run<T>(about: CallOptions, work: (channel: Channel, at: string, call: Call) => Promise<T>): Promise<T> {
    const call = new Call(this.#target, about);
    const run = (): Promise<T> => call.run((channel) => work(channel, call.at, call));
    return this.#base === 'is there' ? run() : this.#madeBase().then(run);
  }

  /** Makes it once. Should that fail, the next call tries again; once it was there it is not made again. */
  async #madeBase(): Promise<void> {
    if (this.#base === 'is to be made') {
      const call = new Call(this.#target, { op: 'open', path: ROOT, signal: undefined });
      this.#base = call.run((channel) => makeBase(channel, call.at));
    }
    try {
      await this.#base;
      this.#base = 'is there';
    } catch (error) {
      this.#base = 'is to be made';
      throw error;
    }
  }
}

/** It is never made here: a root that is gone would come back empty, and every lock in it be free. */
async function rootIsThere(channel: Channel, at: string): Promise<never> {
  await channel.stat(at);
  throw new ServerRefusal(ALREADY_EXISTS, 'it is the root');
}

function secondOf(time: Date): number | undefined {
  const second = Math.floor(time.getTime() / 1000);
  return second >= 0 && second <= LATEST_SECOND ? second : undefined;
}
