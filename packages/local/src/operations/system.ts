import * as fs from 'node:fs';
import { constants } from 'node:fs';
import { promisify } from 'node:util';
import type { Entry } from '@holdfast/vfs';
import { step, type Steps } from './steps.js';

const later = {
  mkdir: promisify(fs.mkdir),
  rmdir: promisify(fs.rmdir),
  unlink: promisify(fs.unlink),
  rename: promisify(fs.rename),
  link: promisify(fs.link),
  chmod: promisify(fs.chmod),
  fchmod: promisify(fs.fchmod),
  lutimes: promisify(fs.lutimes),
  lstat: promisify(fs.lstat),
  fstat: promisify(fs.fstat),
  realpath: promisify(fs.realpath.native),
  open: promisify(fs.open),
  close: promisify(fs.close),
  fsync: promisify(fs.fsync),
  ftruncate: promisify(fs.ftruncate),
};

/** Windows has no such flags; there the callers look with lstat first. */
export const O_NOFOLLOW: number = constants.O_NOFOLLOW ?? 0;
/** Lets the opening of a FIFO or a device return instead of waiting for its other end. */
export const O_NONBLOCK: number = constants.O_NONBLOCK ?? 0;
/** Reads from the server instead of the client's cache; Linux only. */
export const O_DIRECT: number = constants.O_DIRECT ?? 0;

/** The calls of `node:fs` that operations are made of, each in its two forms. */
export const system = {
  mkdir: (path: string, mode: number): Steps<void> =>
    step(
      'mkdir',
      () => fs.mkdirSync(path, mode),
      () => later.mkdir(path, mode),
    ),
  mkdirTree: (path: string, mode: number): Steps<void> =>
    step(
      'mkdirTree',
      () => void fs.mkdirSync(path, { recursive: true, mode }),
      async () => void (await fs.promises.mkdir(path, { recursive: true, mode })),
    ),
  /** The text of /proc/self/mountinfo. A pseudo file, which is there at once: nothing to leave to a thread. */
  mountinfo: (): Steps<string> =>
    step(
      'mountinfo',
      () => fs.readFileSync('/proc/self/mountinfo', 'utf8'),
      async () => fs.readFileSync('/proc/self/mountinfo', 'utf8'),
    ),
  /** For what a server does a moment later. On mounts only, where nothing is made on the main thread. */
  pause: (ms: number): Steps<void> =>
    step(
      'pause',
      () => undefined,
      () => new Promise((resolve) => setTimeout(resolve, ms)),
    ),
  rmdir: (path: string): Steps<void> =>
    step(
      'rmdir',
      () => fs.rmdirSync(path),
      () => later.rmdir(path),
    ),
  unlink: (path: string): Steps<void> =>
    step(
      'unlink',
      () => fs.unlinkSync(path),
      () => later.unlink(path),
    ),
  rename: (from: string, to: string): Steps<void> =>
    step(
      'rename',
      () => fs.renameSync(from, to),
      () => later.rename(from, to),
    ),
  link: (from: string, to: string): Steps<void> =>
    step(
      'link',
      () => fs.linkSync(from, to),
      () => later.link(from, to),
    ),
  chmod: (path: string, mode: number): Steps<void> =>
    step(
      'chmod',
      () => fs.chmodSync(path, mode),
      () => later.chmod(path, mode),
    ),
  fchmod: (fd: number, mode: number): Steps<void> =>
    step(
      'fchmod',
      () => fs.fchmodSync(fd, mode),
      () => later.fchmod(fd, mode),
    ),
  lutimes: (path: string, atime: Date, mtime: Date): Steps<void> =>
    step(
      'lutimes',
      () => fs.lutimesSync(path, atime, mtime),
      () => later.lutimes(path, atime, mtime),
    ),
  lstat: (path: string): Steps<fs.Stats> =>
    step(
      'lstat',
      () => fs.lstatSync(path),
      () => later.lstat(path),
    ),
  /** `undefined` if there is nothing: an error with its stack would cost several times the call. */
  lstatIfThere: (path: string): Steps<fs.Stats | undefined> =>
    step(
      'lstat',
      () => fs.lstatSync(path, { throwIfNoEntry: false }),
      () => later.lstat(path).catch(undefinedIfAbsent),
    ),
  fstat: (fd: number): Steps<fs.Stats> =>
    step(
      'fstat',
      () => fs.fstatSync(fd),
      () => later.fstat(fd),
    ),
  realpath: (path: string): Steps<string> =>
    step(
      'realpath',
      () => fs.realpathSync.native(path),
      () => later.realpath(path),
    ),
  open: (path: string, flags: number, mode = 0o666): Steps<number> =>
    step(
      'open',
      () => fs.openSync(path, flags, mode),
      () => later.open(path, flags, mode),
    ),
  close: (fd: number): Steps<void> =>
    step(
      'close',
      () => fs.closeSync(fd),
      () => later.close(fd),
    ),
  fsync: (fd: number): Steps<void> =>
    step(
      'fsync',
      () => fs.fsyncSync(fd),
      () => later.fsync(fd),
    ),
  ftruncate: (fd: number, length: number): Steps<void> =>
    step(
      'ftruncate',
      () => fs.ftruncateSync(fd, length),
      () => later.ftruncate(fd, length),
    ),
  read: (fd: number, into: Uint8Array, position: number): Steps<number> =>
    step(
      'read',
      () => fs.readSync(fd, into, 0, into.length, position),
      () => answered((done) => fs.read(fd, into, 0, into.length, position, done)),
    ),
  write: (fd: number, data: Uint8Array, from: number): Steps<number> =>
    step(
      'write',
      () => fs.writeSync(fd, data, from, data.length - from, from),
      () => answered((done) => fs.write(fd, data, from, data.length - from, from, done)),
    ),
  readdir: (path: string): Steps<Entry[]> =>
    step(
      'readdir',
      () => fs.readdirSync(path, { withFileTypes: true }).map(entryOf),
      async () => (await fs.promises.readdir(path, { withFileTypes: true })).map(entryOf),
    ),
};

function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

export function entryOf(entry: fs.Dirent): Entry {
  return { name: entry.name, type: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other' };
}

function answered(call: (done: (error: Error | null, count: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    call((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
