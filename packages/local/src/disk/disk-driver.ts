import * as fs from 'node:fs';
import { parentOf } from '@holdfast/vfs';
import type { Capabilities, Entry, FileInfo, OnChange, Operation, VFSPath, Watcher } from '@holdfast/vfs';
import type { Answer, VFSDriver } from '@holdfast/vfs/adapter';
import type { LocalDriver } from '../driver.js';
import { errnoOf, HalfDone, Refusal, toVFSError } from '../errors.js';
import { fileMode, LARGE, tooLarge } from '../operations/files.js';
import { inTurn } from '../operations/fairness.js';
import { infoOf, MOST_NOTED } from '../operations/operations.js';
import { entryOf, O_NOFOLLOW, O_NONBLOCK } from '../operations/system.js';
import type { DiskJail } from './disk-jail.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const REWRITE = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
const READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/**
 * What the kernel says before it did anything, and what calls for a closer look: a link, a directory in place of a file,
 * something that is not there, a file that is leased. The operation is then begun anew, step by step.
 */
const LOOK_CLOSER: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EISDIR',
  'ELOOP',
  'EMLINK',
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'EPERM',
]);

/** Of what is absent these say so, whatever else there is. */
const PLAINLY_ABSENT: ReadonlySet<Operation> = new Set(['ls', 'rm', 'stat']);

/** The operation turned out not to be as simple as it is nearly always. Nothing was changed. */
const NOT_SIMPLE: unique symbol = Symbol('not simple');

/**
 * The operations on a disk of this machine as they nearly always are: a few calls of the system, one after the other on
 * the main thread, done when they return. The rest is left to the driver that goes step by step.
 */
export class DiskDriver implements VFSDriver {
  readonly adapter = 'local';
  readonly capabilities: Capabilities;
  readonly #steps: LocalDriver;
  readonly #jail: DiskJail;
  readonly #mode: number | undefined;
  /** Whether changes have to be flushed, which takes its time. */
  readonly #flushes: boolean;

  constructor(steps: LocalDriver, jail: DiskJail) {
    this.capabilities = steps.capabilities;
    this.#steps = steps;
    this.#jail = jail;
    this.#mode = jail.config.mode;
    this.#flushes = jail.config.sync !== 'none';
  }

  mkdir(path: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#simply(
      'mkdir',
      path,
      !this.#flushes && this.#mode === undefined,
      () => {
        fs.mkdirSync(this.#jail.namedNow(path), 0o777);
        this.#jail.noteDirectory(path);
      },
      () => this.#steps.mkdir(path, signal),
    );
  }

  writeFile(
    path: VFSPath,
    data: Uint8Array,
    options: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Answer<void> {
    return this.#simply(
      'writeFile',
      path,
      !this.#flushes && data.length <= LARGE,
      () => {
        const at = this.#jail.namedNow(path);
        return options.exclusive ? this.#create(at, data) : this.#rewrite(at, data);
      },
      () => this.#steps.writeFile(path, data, options, signal),
    );
  }

  readFile(
    path: VFSPath,
    options: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Answer<Uint8Array> {
    return this.#simply(
      'readFile',
      path,
      true,
      () => read(this.#jail.namedNow(path), options.maxBytes),
      () => this.#steps.readFile(path, options, signal),
    );
  }

  ls(path: VFSPath, signal: AbortSignal | undefined): Answer<Entry[]> {
    return this.#simply(
      'ls',
      path,
      true,
      () => {
        const listed = this.#jail.listedNow(path);
        if (listed !== undefined) return listed;
        const known = this.#jail.directoryNow(path);
        if (known.size > LARGE) return NOT_SIMPLE;
        const found = fs.readdirSync(known.real, { withFileTypes: true });
        const entries: Entry[] = [];
        for (const entry of found) {
          entries.push(entryOf(entry));
          if (found.length <= MOST_NOTED && entry.isDirectory()) this.#jail.noteEntry(path, entry.name);
        }
        this.#jail.noteListing(known, entries);
        return entries;
      },
      () => this.#steps.ls(path, signal),
    );
  }

  stat(path: VFSPath, signal: AbortSignal | undefined): Answer<FileInfo> {
    return this.#simply(
      'stat',
      path,
      true,
      () => {
        const stats = fs.lstatSync(this.#jail.namedNow(path), { throwIfNoEntry: false });
        return stats === undefined || stats.isSymbolicLink() ? NOT_SIMPLE : infoOf(stats);
      },
      () => this.#steps.stat(path, signal),
    );
  }

  rm(path: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#simply(
      'rm',
      path,
      !this.#flushes,
      () => {
        const at = this.#jail.namedNow(path);
        if (this.#jail.isLikelyDirectory(path)) fs.rmdirSync(at);
        else fs.unlinkSync(at);
      },
      () => this.#steps.rm(path, signal),
    );
  }

  link(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#simply(
      'link',
      from,
      !this.#flushes,
      () => {
        fs.linkSync(this.#jail.namedNow(from), this.#jail.namedNow(to));
      },
      () => this.#steps.link(from, to, signal),
    );
  }

  rename(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Answer<void> {
    return this.#steps.rename(from, to, signal);
  }

  chtimes(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Answer<void> {
    return this.#steps.chtimes(path, atime, mtime, signal);
  }

  watch(path: VFSPath, onChange: OnChange): Answer<Watcher> {
    return this.#steps.watch(path, onChange);
  }

  close(): Promise<void> {
    return this.#steps.close();
  }

  /** Makes a call as it nearly always is, or else step by step. */
  #simply<T>(
    op: Operation,
    path: VFSPath,
    isShort: boolean,
    call: () => T | typeof NOT_SIMPLE,
    stepByStep: () => Answer<T>,
  ): Answer<T> {
    if (!isShort || O_NOFOLLOW === 0) return stepByStep();
    return inTurn(() => this.#atOnce(op, path, call, stepByStep));
  }

  #atOnce<T>(
    op: Operation,
    path: VFSPath,
    call: () => T | typeof NOT_SIMPLE,
    stepByStep: () => Answer<T>,
  ): Answer<T> {
    const { stackTraceLimit } = Error;
    try {
      // Of a refusal the system call is all there is to know, and to write down a stack takes longer than the call.
      Error.stackTraceLimit = 0;
      const done = call();
      if (done !== NOT_SIMPLE) return done;
    } catch (error) {
      Error.stackTraceLimit = stackTraceLimit;
      const errno = error instanceof HalfDone ? undefined : errnoOf(error);
      const plain = errno === 'EEXIST' || (errno === 'ENOENT' && this.#isPlainAbsence(op, path));
      if (plain || errno === undefined || !LOOK_CLOSER.has(errno)) {
        const { adapter } = this;
        const { root: place, platform } = this.#jail.config;
        throw toVFSError(error, { op, path, adapter, place, platform, remote: false, plain });
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    return stepByStep();
  }

  /** Whether `path` is absent and nothing else: the directory that it would be in is there, and the same as ever. */
  #isPlainAbsence(op: Operation, path: VFSPath): boolean {
    const parent = PLAINLY_ABSENT.has(op) ? parentOf(path) : undefined;
    return parent !== undefined && this.#jail.isStill(parent);
  }

  #create(at: string, data: Uint8Array): void {
    const fd = fs.openSync(at, NEW_FILE, fileMode(this.#mode));
    try {
      closing(fd, () => {
        if (this.#mode !== undefined) fs.fchmodSync(fd, fileMode(this.#mode));
        writeAll(fd, data);
      });
    } catch (error) {
      // The caller hears that it failed, so the name must not stay taken.
      throw quietly(() => fs.unlinkSync(at)) ? error : new HalfDone(error);
    }
  }

  #rewrite(at: string, data: Uint8Array): void | typeof NOT_SIMPLE {
    const mode = fileMode(this.#mode);
    const fd = fs.openSync(at, REWRITE, mode);
    let begun = false;
    try {
      return closing(fd, (): void | typeof NOT_SIMPLE => {
        const before = fs.fstatSync(fd);
        if (!before.isFile()) return NOT_SIMPLE;
        begun = true;
        if (this.#mode !== undefined && before.size === 0 && (before.mode & 0o777) !== mode) {
          fs.fchmodSync(fd, mode);
        }
        writeAll(fd, data);
        if (before.size > data.length) fs.ftruncateSync(fd, data.length);
        return undefined;
      });
    } catch (error) {
      throw begun ? new HalfDone(error) : error;
    }
  }
}

function read(at: string, maxBytes: number): Uint8Array | typeof NOT_SIMPLE {
  const fd = fs.openSync(at, READ);
  return closing(fd, () => {
    const stats = fs.fstatSync(fd);
    if (!stats.isFile() || stats.size > LARGE) return NOT_SIMPLE;
    if (stats.size > maxBytes) throw tooLarge(maxBytes);
    // One byte more than there should be, so that one read also finds the end.
    const bytes = new Uint8Array(stats.size + 1);
    const count = fs.readSync(fd, bytes, 0, bytes.length, 0);
    // It grows just now.
    return count > stats.size ? NOT_SIMPLE : bytes.subarray(0, count);
  });
}

/** Closes `fd` after `use`, whatever comes of it. An error of closing counts: it can be a write that failed late. */
function closing<T>(fd: number, use: () => T): T {
  let result: T;
  try {
    result = use();
  } catch (error) {
    quietly(() => fs.closeSync(fd));
    throw error;
  }
  fs.closeSync(fd);
  return result;
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let written = 0; written < data.length;) {
    const count = fs.writeSync(fd, data, written, data.length - written, written);
    if (count === 0) throw new Refusal('EIO', 'the system took no more bytes');
    written += count;
  }
}

/** Whether `call` succeeds. */
function quietly(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
