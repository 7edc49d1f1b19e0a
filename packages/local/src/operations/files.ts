import { constants, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { VFSPath } from '@holdfast/vfs';
import { errnoOf, HalfDone, Refusal } from '../errors.js';
import { leadsOut, type Jail } from './jail.js';
import { OFFLOAD, type Steps } from './steps.js';
import { O_DIRECT, O_NOFOLLOW, O_NONBLOCK, system } from './system.js';

/** Bytes above which a file, or the record of a directory, is not handled on the main thread. */
export const LARGE: number = 64 * 1024;

/** Makes a new file; it must not exist. */
export function* createFile(jail: Jail, path: VFSPath, data: Uint8Array): Steps<void> {
  const { mode, sync } = jail.config;
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const at = yield* jail.named(path);
  const fd = yield* system.open(at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, fileMode(mode));
  const fill = function* (): Steps<void> {
    if (mode !== undefined) yield* system.fchmod(fd, fileMode(mode));
    yield* writeAll(fd, data);
    if (sync !== 'none') yield* syncFile(fd);
  };
  try {
    yield* closing(fd, fill());
    if (sync === 'all') yield* syncDirectory(dirname(at));
  } catch (error) {
    // The caller hears that it failed, so the name must not stay taken.
    const left = yield* failureOf(system.unlink(at));
    throw left === undefined ? error : new HalfDone(error);
  }
  yield* jail.assertStillMounted(at);
}

/**
 * Writes a file, over what it held before.
 *
 * It is not truncated first: on SMB a truncating open moves the mtime twice, on ext4 it makes the close wait for the
 * disk, and everywhere a reader could see an empty file. A reader may still see a part of the new content.
 */
export function* rewriteFile(jail: Jail, path: VFSPath, data: Uint8Array): Steps<void> {
  const at = yield* jail.named(path);
  const fd = yield* openToRewrite(jail, path, at);
  const rewrite = function* (): Steps<void> {
    const before = yield* system.fstat(fd);
    if (!before.isFile()) throw notAFile(before);
    const fault = yield* failureOf(overwrite(jail, at, fd, data, before));
    if (fault !== undefined) throw new HalfDone(fault.error);
  };
  yield* closing(fd, rewrite());
  yield* jail.assertStillMounted(at);
}

function* overwrite({ config }: Jail, at: string, fd: number, data: Uint8Array, before: Stats): Steps<void> {
  const mode = fileMode(config.mode);
  if (config.mode !== undefined && before.size === 0 && (before.mode & 0o777) !== mode) {
    yield* system.fchmod(fd, mode);
  }
  yield* writeAll(fd, data);
  if (before.size > data.length) yield* system.ftruncate(fd, data.length);
  if (config.sync !== 'none') yield* syncFile(fd);
  // It may be new, and then its name has to last too.
  if (config.sync === 'all' && before.size === 0) yield* syncDirectory(dirname(at));
}

function* openToRewrite(jail: Jail, path: VFSPath, at: string): Steps<number> {
  const { O_RDWR, O_CREAT } = constants;
  if (O_NOFOLLOW === 0 && (yield* isLink(at))) return yield* openTarget(jail, path);
  try {
    return yield* open(at, O_RDWR | O_CREAT, fileMode(jail.config.mode));
  } catch (error) {
    if (!isLinkError(error)) throw error;
    return yield* openTarget(jail, path);
  }
}

/** What the systems say to O_NOFOLLOW on a link: Linux and macOS ELOOP, FreeBSD EMLINK. */
function isLinkError(error: unknown): boolean {
  return ['ELOOP', 'EMLINK'].includes(errnoOf(error));
}

/** Opens what a link points at. It must exist: through a link to nothing a file would be made, who knows where. */
function* openTarget(jail: Jail, path: VFSPath): Steps<number> {
  try {
    return yield* open(yield* jail.existing(path), constants.O_RDWR);
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? leadsOut() : error;
  }
}

export function* readFile(jail: Jail, path: VFSPath, maxBytes: number): Steps<Uint8Array> {
  if (!jail.uncachedReads) return yield* readThrough(jail, path, 0, maxBytes);
  try {
    return yield* readThrough(jail, path, O_DIRECT, maxBytes);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL' || error instanceof Refusal) throw error;
  }
  const data = yield* readThrough(jail, path, 0, maxBytes);
  // It is a file, so this filesystem reads past its cache in whole blocks only, or not at all. Of a directory the kernel
  // may say the same, whatever it can do with files.
  jail.uncachedReads = false;
  return data;
}

function* readThrough(jail: Jail, path: VFSPath, flags: number, maxBytes: number): Steps<Uint8Array> {
  const fd = yield* openToRead(jail, path, constants.O_RDONLY | flags);
  return yield* closing(fd, readAll(fd, maxBytes));
}

function* openToRead(jail: Jail, path: VFSPath, flags: number): Steps<number> {
  // On a disk the name is opened as it is, and resolved only if it turns out to be a link.
  if (jail.config.shared || O_NOFOLLOW === 0) return yield* open(yield* jail.existing(path), flags);
  try {
    return yield* open(yield* jail.named(path), flags);
  } catch (error) {
    if (!isLinkError(error)) throw error;
    return yield* open(yield* jail.existing(path), flags);
  }
}

function* readAll(fd: number, maxBytes: number): Steps<Uint8Array> {
  const info = yield* system.fstat(fd);
  if (!info.isFile()) throw notAFile(info);
  if (info.size > maxBytes) throw tooLarge(maxBytes);
  if (info.size > LARGE) yield OFFLOAD;
  // One byte more than there should be, so that one read also finds the end.
  let bytes = new Uint8Array(info.size + 1);
  let length = 0;
  for (;;) {
    const count = yield* system.read(fd, bytes.subarray(length), length);
    length += count;
    if (length > maxBytes) throw tooLarge(maxBytes);
    if (count === 0 || (length >= info.size && length < bytes.length)) return bytes.slice(0, length);
    if (length < bytes.length) continue;
    const larger = new Uint8Array(bytes.length * 2);
    larger.set(bytes);
    bytes = larger;
  }
}

/** Opens without following a link, and without waiting for the other end of a FIFO. */
export function* open(at: string, flags: number, mode?: number): Steps<number> {
  try {
    return yield* system.open(at, flags | O_NOFOLLOW | O_NONBLOCK, mode);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENXIO') throw notAFile();
    if (errno !== 'EAGAIN') throw error;
  }
  // The file is leased to an NFS or SMB client of this machine, and the kernel must call the lease back first.
  yield OFFLOAD;
  const info = yield* system.lstat(at);
  if (!info.isFile()) throw notAFile(info);
  return yield* system.open(at, flags | O_NOFOLLOW, mode);
}

/** Runs `body` and closes `fd`, whatever comes of it. An error of closing counts: it can be a write that failed late. */
export function* closing<T>(fd: number, body: Steps<T>): Steps<T> {
  let result: T;
  try {
    result = yield* body;
  } catch (error) {
    // The first error says more than a second one would.
    yield* failureOf(system.close(fd));
    throw error;
  }
  try {
    yield* system.close(fd);
  } catch (error) {
    throw new HalfDone(error);
  }
  return result;
}

export function* syncDirectory(at: string): Steps<void> {
  yield OFFLOAD;
  const fd = yield* system.open(at, constants.O_RDONLY);
  yield* closing(fd, system.fsync(fd));
}

function* syncFile(fd: number): Steps<void> {
  yield OFFLOAD;
  yield* system.fsync(fd);
}

function* writeAll(fd: number, data: Uint8Array): Steps<void> {
  for (let written = 0; written < data.length;) {
    const count = yield* system.write(fd, data, written);
    if (count === 0) throw new Refusal('EIO', 'the system took no more bytes');
    written += count;
  }
}

function* isLink(at: string): Steps<boolean> {
  try {
    return (yield* system.lstat(at)).isSymbolicLink();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The error of `steps`, boxed; `undefined` if they succeed. */
function* failureOf(steps: Steps<unknown>): Steps<{ readonly error: unknown } | undefined> {
  try {
    yield* steps;
    return undefined;
  } catch (error) {
    return { error };
  }
}

export function fileMode(directoryMode: number | undefined): number {
  return (directoryMode ?? 0o666) & 0o666;
}

export function tooLarge(maxBytes: number): Refusal {
  return new Refusal('EFBIG', `it has more than ${maxBytes} bytes`, 'Raise maxBytes, or read another file');
}

function notAFile(info?: Stats): Refusal {
  if (info?.isDirectory() === true) return new Refusal('EISDIR', 'it is a directory', 'Name a file');
  return new Refusal('EINVAL', 'it is neither a file nor a directory', 'Name a file');
}
