import type { Capabilities, Entry, FileInfo, OnChange, Operation, VFSPath, Watcher } from '@holdfast/vfs';
import { VFSError } from '@holdfast/vfs';
import { outcomeOfSilence, type Answer, type VFSDriver } from '@holdfast/vfs/adapter';
import { toVFSError, type About } from './errors.js';
import type { AnswerOf, ArgumentsOf, OperationName } from './operations/operations.js';
import type { Runner } from './operations/runner.js';
import type { Watches } from './disk/watches.js';

export interface LocalDriverParts {
  readonly capabilities: Capabilities;
  readonly runner: Runner;
  /** `undefined` where the system tells nothing of changes made elsewhere. */
  readonly watches: Watches | undefined;
  /** Milliseconds; for the message of a passed deadline. */
  readonly deadlineMs: number;
  readonly root: string;
  readonly platform: NodeJS.Platform;
  /** Whether a server may have had the request when a call fails. */
  readonly remote: boolean;
}

/** The contract's operations on a directory of the machine. */
export class LocalDriver implements VFSDriver {
  readonly adapter = 'local';
  readonly capabilities: Capabilities;
  readonly #parts: LocalDriverParts;

  constructor(parts: LocalDriverParts) {
    this.#parts = parts;
    this.capabilities = parts.capabilities;
  }

  mkdir(path: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#run('mkdir', path, [path], signal);
  }

  writeFile(
    path: VFSPath,
    data: Uint8Array,
    { exclusive }: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Answer<void> {
    return this.#run('writeFile', path, [path, data, exclusive], signal);
  }

  readFile(
    path: VFSPath,
    { maxBytes }: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Answer<Uint8Array> {
    return this.#run('readFile', path, [path, maxBytes], signal);
  }

  chtimes(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Answer<void> {
    return this.#run('chtimes', path, [path, atime, mtime], signal);
  }

  ls(path: VFSPath, signal: AbortSignal | undefined): Answer<Entry[]> {
    return this.#run('ls', path, [path], signal);
  }

  stat(path: VFSPath, signal: AbortSignal | undefined): Answer<FileInfo> {
    return this.#run('stat', path, [path], signal);
  }

  rm(path: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#run('rm', path, [path], signal);
  }

  rename(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#run('rename', from, [from, to], signal);
  }

  link(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#run('link', from, [from, to], signal);
  }

  watch(path: VFSPath, onChange: OnChange): Answer<Watcher> {
    const { watches } = this.#parts;
    if (watches === undefined) throw new VFSError({ code: 'ENOTSUP', op: 'watch', path, adapter: 'local' });
    return this.#told('watch', path, () => watches.open(path, onChange));
  }

  /** Waits for nothing: a call that hangs would never let it end. */
  async close(): Promise<void> {
    this.#parts.watches?.close();
    this.#parts.runner.close();
  }

  #run<N extends OperationName>(
    op: N,
    path: VFSPath,
    rest: ArgumentsOf<N>,
    signal: AbortSignal | undefined,
  ): Answer<AnswerOf<N>> {
    const timedOut = (settled: Promise<void> | undefined): VFSError => this.#timedOut(op, path, settled);
    return this.#told(op, path, () => this.#parts.runner.run(op, rest, { signal, timedOut }));
  }

  /** Makes a call, and of its failure what the caller is told, whether it fails at once or later. */
  #told<T>(op: Operation, path: VFSPath, call: () => Answer<T>): Answer<T> {
    const fail = (error: unknown): never => {
      throw toVFSError(error, this.#about(op, path));
    };
    try {
      const answer = call();
      return answer instanceof Promise ? answer.catch(fail) : answer;
    } catch (error) {
      return fail(error);
    }
  }

  #about(op: Operation, path: string): About {
    const { platform, remote, root } = this.#parts;
    return { op, path, adapter: this.adapter, place: root, platform, remote };
  }

  #timedOut(op: Operation, path: string, settled: Promise<void> | undefined): VFSError {
    const begun = settled !== undefined;
    return new VFSError({
      code: 'ETIMEDOUT',
      op,
      path,
      adapter: this.adapter,
      place: this.#parts.root,
      outcome: begun ? outcomeOfSilence(op) : 'failed',
      detail: begun
        ? `no answer within ${this.#parts.deadlineMs} ms`
        : `it waited ${this.#parts.deadlineMs} ms behind calls that hang, and was not made`,
      advice: 'Check that the mount is there and its server can be reached, or raise deadlineMs',
      settled,
    });
  }
}
