import type { Capabilities } from '../contract/capabilities.js';
import type { Entry, FileInfo } from '../contract/entry.js';
import type { Operation } from '../errors/error.js';
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

/** One call of a VFS, as data. */
export type Call =
  | { readonly op: 'mkdir'; readonly path: string; readonly options: MkdirOptions }
  | {
      readonly op: 'writeFile';
      readonly path: string;
      readonly data: Uint8Array | string;
      readonly options: WriteFileOptions;
    }
  | { readonly op: 'readFile'; readonly path: string; readonly options: ReadFileOptions }
  | { readonly op: 'ls' | 'stat'; readonly path: string; readonly options: CallOptions }
  | {
      readonly op: 'chtimes';
      readonly path: string;
      readonly atime: Date;
      readonly mtime: Date;
      readonly options: CallOptions;
    }
  | { readonly op: 'rm'; readonly path: string; readonly options: RmOptions }
  | {
      readonly op: 'rename' | 'link';
      readonly path: string;
      readonly to: string;
      readonly options: CallOptions;
    }
  | {
      readonly op: 'watch';
      readonly path: string;
      readonly onChange: OnChange;
      readonly options: CallOptions;
    };

/** What a {@link Call} of each operation resolves to. */
export interface Results {
  mkdir: void;
  writeFile: void;
  readFile: Uint8Array;
  chtimes: void;
  ls: Entry[];
  stat: FileInfo;
  rm: void;
  rename: void;
  link: void;
  watch: Watcher;
  open: never;
}
export type ResultOf<O extends Operation> = Results[O];

/**
 * Stands around every call of a VFS: may look, change the call, delay or refuse it, and look at its result.
 * Must resolve to what the operation resolves to; `next` does.
 */
export type Interceptor = (call: Call, next: (call: Call) => Promise<unknown>) => Promise<unknown>;

export interface InterceptOptions {
  /** Default: that of the inner VFS. */
  readonly adapter?: string;
  /** Fields to declare otherwise than the inner VFS does. */
  readonly capabilities?: Partial<Capabilities>;
}

/** `vfs` with `around` around each call. Closing the result closes `vfs`. All wrappers are made of this. */
export function intercept(vfs: VFS, around: Interceptor, options: InterceptOptions = {}): VFS {
  const capabilities = Object.freeze({ ...vfs.capabilities, ...options.capabilities });
  const next = (call: Call): Promise<unknown> => perform(vfs, call);
  // The cast states what the Interceptor contract asks: the result is that of the operation.
  const send = <C extends Call>(call: C): Promise<ResultOf<C['op']>> =>
    around(call, next) as Promise<ResultOf<C['op']>>;
  return {
    adapter: options.adapter ?? vfs.adapter,
    capabilities,
    mkdir: async (path, callOptions = {}) => send({ op: 'mkdir', path, options: callOptions }),
    writeFile: async (path, data, callOptions = {}) =>
      send({ op: 'writeFile', path, data, options: callOptions }),
    readFile: async (path, callOptions = {}) => send({ op: 'readFile', path, options: callOptions }),
    chtimes: async (path, atime, mtime, callOptions = {}) =>
      send({ op: 'chtimes', path, atime, mtime, options: callOptions }),
    ls: async (path, callOptions = {}) => send({ op: 'ls' as const, path, options: callOptions }),
    stat: async (path, callOptions = {}) => send({ op: 'stat' as const, path, options: callOptions }),
    rm: async (path, callOptions = {}) => send({ op: 'rm', path, options: callOptions }),
    rename: async (path, to, callOptions = {}) =>
      send({ op: 'rename' as const, path, to, options: callOptions }),
    link: async (path, to, callOptions = {}) => send({ op: 'link' as const, path, to, options: callOptions }),
    watch: async (path, onChange, callOptions = {}) =>
      send({ op: 'watch', path, onChange, options: callOptions }),
    close: () => vfs.close(),
    [Symbol.asyncDispose]: () => vfs.close(),
  };
}

/** Makes `call` on `vfs`. */
export function perform(vfs: VFS, call: Call): Promise<unknown> {
  switch (call.op) {
    case 'mkdir':
      return vfs.mkdir(call.path, call.options);
    case 'writeFile':
      return vfs.writeFile(call.path, call.data, call.options);
    case 'readFile':
      return vfs.readFile(call.path, call.options);
    case 'chtimes':
      return vfs.chtimes(call.path, call.atime, call.mtime, call.options);
    case 'ls':
      return vfs.ls(call.path, call.options);
    case 'stat':
      return vfs.stat(call.path, call.options);
    case 'rm':
      return vfs.rm(call.path, call.options);
    case 'rename':
      return vfs.rename(call.path, call.to, call.options);
    case 'link':
      return vfs.link(call.path, call.to, call.options);
    case 'watch':
      return vfs.watch(call.path, call.onChange, call.options);
  }
}
