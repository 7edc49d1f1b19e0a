import type { LocalVFSOptions } from '@holdfast/local';
import {
  VFSError,
  type Capabilities,
  type Entry,
  type FileInfo,
  type VFS,
  type VFSErrorInit,
  type VFSPath,
} from '@holdfast/vfs';
import { createVFS, type VFSDriver } from '@holdfast/vfs/adapter';
import type { WireCall } from '../lab/inside/call.js';
import type { ContenderMethods } from '../lab/inside/contender.js';
import { RemoteError, type Peer } from '../lab/inside/peer.js';
import type { Contender } from './contender.js';

export interface RemoteOptions extends LocalVFSOptions {
  /**
   * Resolves once a change made now cannot be mistaken for one made later. Where clients tell changes apart by the
   * server's clock alone, what changes within the tick of a listing they cannot see, which is a limit that the adapter's
   * README states.
   */
  readonly settled?: () => Promise<void>;
}

/** Opens `root` in the process of a guest, and gives what is open there to this process. */
export async function remoteVFS(
  contender: Contender,
  id: string,
  root: string,
  { settled = async () => undefined, ...options }: RemoteOptions,
): Promise<VFS> {
  const capabilities = await contender.peer.call('open', id, root, options);
  return createVFS(new RemoteDriver(contender.peer, id, capabilities, settled));
}

const CHANGES: ReadonlySet<WireCall['op']> = new Set(['mkdir', 'writeFile', 'rm', 'rename', 'chtimes']);

let calls = 0;

class RemoteDriver implements VFSDriver {
  readonly adapter = 'local';
  readonly capabilities: Capabilities;
  readonly #peer: Peer<ContenderMethods>;
  readonly #id: string;
  readonly #settled: () => Promise<void>;

  constructor(
    peer: Peer<ContenderMethods>,
    id: string,
    capabilities: Capabilities,
    settled: () => Promise<void>,
  ) {
    this.#settled = settled;
    this.#peer = peer;
    this.#id = id;
    this.capabilities = capabilities;
  }

  async mkdir(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    await this.#send({ op: 'mkdir', path }, signal);
  }

  async writeFile(
    path: VFSPath,
    data: Uint8Array,
    { exclusive }: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#send(
      { op: 'writeFile', path, data: Buffer.from(data).toString('base64'), exclusive },
      signal,
    );
  }

  async readFile(
    path: VFSPath,
    _options: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    return new Uint8Array(
      Buffer.from((await this.#send({ op: 'readFile', path }, signal)) as string, 'base64'),
    );
  }

  async chtimes(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Promise<void> {
    await this.#send({ op: 'chtimes', path, atimeMs: atime.getTime(), mtimeMs: mtime.getTime() }, signal);
  }

  async ls(path: VFSPath, signal: AbortSignal | undefined): Promise<Entry[]> {
    return (await this.#send({ op: 'ls', path }, signal)) as Entry[];
  }

  async stat(path: VFSPath, signal: AbortSignal | undefined): Promise<FileInfo> {
    return (await this.#send({ op: 'stat', path }, signal)) as FileInfo;
  }

  async rm(path: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    await this.#send({ op: 'rm', path }, signal);
  }

  async rename(path: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Promise<void> {
    await this.#send({ op: 'rename', path, to }, signal);
  }

  close(): Promise<void> {
    return this.#peer.call('close', this.#id);
  }

  async #send(call: WireCall, signal: AbortSignal | undefined): Promise<unknown> {
    const callId = ++calls;
    const abort = (): void => this.#peer.note('abort', callId);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const result = await this.#peer.call('call', this.#id, callId, call);
      if (CHANGES.has(call.op)) await this.#settled();
      return result;
    } catch (error) {
      // Rebuilt as it was there, so that the suite judges the error of the adapter.
      if (error instanceof RemoteError && error.name === 'VFSError') {
        throw new VFSError(error.fields as unknown as VFSErrorInit);
      }
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}
