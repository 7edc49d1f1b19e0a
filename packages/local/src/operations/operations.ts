import { constants, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  parentOf,
  ROOT,
  segmentsOf,
  type Entry,
  type EntryType,
  type FileInfo,
  type VFSPath,
} from '@holdfast/vfs';
import { errnoOf, HalfDone, Refusal } from '../errors.js';
import { DiskJail } from '../disk/disk-jail.js';
import * as files from './files.js';
import { leadsNowhere, type Jail } from './jail.js';
import { askedStat, unlessGone, untilGone } from '../mounts/smb.js';
import { OFFLOAD, type Steps } from './steps.js';
import { system } from './system.js';

/** What each operation is given besides the jail it works in, and what it answers. All of it can be sent to a process. */
interface Signatures {
  /** Finds the root, or makes it if that was asked for. */
  open: { rest: []; answer: void };
  mkdir: { rest: [path: VFSPath]; answer: void };
  writeFile: { rest: [path: VFSPath, data: Uint8Array, exclusive: boolean]; answer: void };
  readFile: { rest: [path: VFSPath, maxBytes?: number]; answer: Uint8Array };
  ls: { rest: [path: VFSPath]; answer: Entry[] };
  stat: { rest: [path: VFSPath]; answer: FileInfo };
  rm: { rest: [path: VFSPath]; answer: void };
  rename: { rest: [from: VFSPath, to: VFSPath]; answer: void };
  link: { rest: [from: VFSPath, to: VFSPath]; answer: void };
  chtimes: { rest: [path: VFSPath, atime: Date, mtime: Date]; answer: void };
}

export type OperationName = keyof Signatures;
export type ArgumentsOf<N extends OperationName> = Signatures[N]['rest'];
export type AnswerOf<N extends OperationName> = Signatures[N]['answer'];

const operations: { [N in OperationName]: (jail: Jail, ...rest: ArgumentsOf<N>) => Steps<AnswerOf<N>> } = {
  open,
  mkdir,
  writeFile,
  readFile,
  ls,
  stat,
  rm,
  rename,
  link,
  chtimes,
};

/** The steps of the operation called `name`. */
export function stepsOf<N extends OperationName>(
  name: N,
  jail: Jail,
  rest: ArgumentsOf<N>,
): Steps<AnswerOf<N>> {
  return operations[name](jail, ...rest);
}

function* open(jail: Jail): Steps<void> {
  yield* jail.root();
}

function* mkdir(jail: Jail, path: VFSPath): Steps<void> {
  const { mode, sync } = jail.config;
  if (path === ROOT) {
    yield* jail.root();
    throw new Refusal('EEXIST', 'it is the root');
  }
  yield* doubtingAbsence(jail, [parentOf(path)], function* () {
    const at = yield* jail.named(path);
    const make = (): Steps<void> => system.mkdir(at, mode ?? 0o777);
    yield* jail.smb ? unlessGone(at, make) : make();
    jail.noteDirectory(path);
    yield* jail.assertStillMounted(at);
    try {
      if (mode !== undefined) yield* system.chmod(at, mode);
      if (sync === 'all') yield* files.syncDirectory(dirname(at));
    } catch (error) {
      throw new HalfDone(error);
    }
  });
}

function* writeFile(jail: Jail, path: VFSPath, data: Uint8Array, exclusive: boolean): Steps<void> {
  if (data.length > files.LARGE) yield OFFLOAD;
  const write = exclusive ? files.createFile : files.rewriteFile;
  yield* doubtingAbsence(jail, [parentOf(path)], () => write(jail, path, data));
}

function* readFile(jail: Jail, path: VFSPath, maxBytes = Infinity): Steps<Uint8Array> {
  return yield* doubtingAbsence(jail, [path], () => files.readFile(jail, path, maxBytes));
}

function* ls(jail: Jail, path: VFSPath): Steps<Entry[]> {
  return yield* doubtingAbsence(jail, [path], function* () {
    const { real, size } = yield* jail.directory(path);
    // A large directory would hold up the main thread.
    if (size > files.LARGE) yield OFFLOAD;
    const entries = yield* readdir(real);
    // Of what was taken away meanwhile, an empty folder would be shown.
    yield* jail.assertStillMounted(real);
    if (entries.length <= MOST_NOTED) {
      for (const { name, type } of entries) {
        if (type === 'directory') jail.noteEntry(path, name);
      }
    }
    return entries;
  });
}

/** A listing that is longer tells too much for its directories to be noted. */
export const MOST_NOTED: number = 256;

/** How often a listing is begun anew because an entry went away under it. */
const LISTING_ATTEMPTS = 5;

/**
 * On a filesystem that lists no types, Node looks at each entry by itself, and fails with `ENOENT` when one was removed
 * meanwhile; that must not pass for a missing directory.
 */
function* readdir(at: string): Steps<Entry[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* system.readdir(at);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempt === LISTING_ATTEMPTS) throw error;
      yield* system.lstat(at);
    }
  }
}

function* stat(jail: Jail, path: VFSPath): Steps<FileInfo> {
  return yield* doubtingAbsence(jail, [path], function* () {
    if (jail instanceof DiskJail) return infoOf((yield* jail.look(path)).info);
    const at = yield* jail.existing(path);
    const { shared } = jail.config;
    return infoOf(
      yield* jail.smb ? askedStat(at, path === ROOT) : shared ? openedStat(at) : system.lstat(at),
    );
  });
}

/** On a mount, `stat` answers from the client's attribute cache; opening makes the client ask the server first. */
function* openedStat(at: string): Steps<Stats> {
  let fd: number;
  try {
    fd = yield* files.open(at, constants.O_RDONLY);
  } catch (error) {
    // Sockets cannot be opened, and nobody rewrites one.
    if (error instanceof Refusal) return yield* system.lstat(at);
    throw error;
  }
  return yield* files.closing(fd, system.fstat(fd));
}

function* rm(jail: Jail, path: VFSPath): Steps<void> {
  yield* doubtingAbsence(jail, [path], function* () {
    // A link is removed itself, wherever it leads: what it points at is not touched.
    const at = yield* jail.named(path);
    yield* jail.isLikelyDirectory(path) ? removeDirectory(at) : removeFile(at);
    if (jail.smb) yield* untilGone(at);
    yield* jail.assertStillMounted(at);
    if (jail.config.sync === 'all') yield* files.syncDirectory(dirname(at));
  });
}

function* removeFile(at: string): Steps<void> {
  try {
    yield* system.unlink(at);
  } catch (error) {
    if (!(yield* saysDirectory(error, at))) throw error;
    yield* rmdir(at);
  }
}

function* removeDirectory(at: string): Steps<void> {
  try {
    yield* rmdir(at);
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw error;
    yield* system.unlink(at);
  }
}

/** Linux tells `EISDIR` for the unlink of a directory; POSIX, and so macOS, `EPERM`, which can mean other things too. */
function* saysDirectory(error: unknown, at: string): Steps<boolean> {
  const errno = errnoOf(error);
  if (errno === 'EISDIR') return true;
  return errno === 'EPERM' && (yield* system.lstat(at)).isDirectory();
}

function* rmdir(at: string): Steps<void> {
  try {
    yield* system.rmdir(at);
  } catch (error) {
    // POSIX lets a system say either.
    throw errnoOf(error) === 'EEXIST' ? new Refusal('ENOTEMPTY', 'the directory is not empty') : error;
  }
}

function* rename(jail: Jail, from: VFSPath, to: VFSPath): Steps<void> {
  yield* doubtingAbsence(jail, [from, parentOf(to)], function* () {
    const source = yield* jail.named(from);
    const target = yield* jail.named(to);
    yield* system.rename(source, target);
    yield* jail.assertStillMounted(target);
    if (jail.config.sync !== 'all') return;
    yield* files.syncDirectory(dirname(target));
    yield* files.syncDirectory(dirname(source));
  });
}

function* link(jail: Jail, from: VFSPath, to: VFSPath): Steps<void> {
  yield* doubtingAbsence(jail, [from, parentOf(to)], () => linkNow(jail, from, to));
}

function* linkNow(jail: Jail, from: VFSPath, to: VFSPath): Steps<void> {
  const source = yield* jail.named(from);
  const target = yield* jail.named(to);
  try {
    yield* system.link(source, target);
  } catch (error) {
    // POSIX has `EPERM` for a directory, which can mean other things too.
    if (errnoOf(error) !== 'EPERM' || !(yield* system.lstat(source)).isDirectory()) throw error;
    throw new Refusal('EISDIR', 'it is a directory', 'Name a file');
  }
  if (jail.config.sync === 'all') yield* files.syncDirectory(dirname(target));
}

function* chtimes(jail: Jail, path: VFSPath, atime: Date, mtime: Date): Steps<void> {
  yield* doubtingAbsence(jail, [path], function* () {
    const at = yield* jail.existing(path);
    yield* system.lutimes(at, atime, mtime);
    yield* jail.assertStillMounted(at);
  });
}

/**
 * A mount's client keeps "does not exist" for up to half a minute, even towards an open; only a listing is fresh. So
 * before an absence on the way to `paths` is believed the directories are listed, which also makes the client forget
 * what it wrongly remembered.
 */
function* doubtingAbsence<T>(
  jail: Jail,
  paths: readonly (VFSPath | undefined)[],
  attempt: () => Steps<T>,
): Steps<T> {
  if (jail instanceof DiskJail) return yield* namingAbsence(jail, paths, attempt);
  try {
    return yield* attempt();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT' && errno !== 'ESTALE') throw error;
    for (const path of paths) {
      if (yield* isListed(jail, path ?? ROOT)) continue;
      // NFSv4 says so of what it still knew, and another host has removed.
      throw errno === 'ESTALE' ? new Refusal('ENOENT', 'it does not exist any more') : error;
    }
  }
  try {
    return yield* attempt();
  } catch (error) {
    // It is listed, and is not there: a link.
    if (errnoOf(error) !== 'ENOENT' || !(yield* endsInLink(jail, paths))) throw error;
    throw leadsNowhere();
  }
}

/** On a disk an absence is one. But what is absent may be the root, or what was mounted there, and that has to be said. */
function* namingAbsence<T>(
  jail: DiskJail,
  paths: readonly (VFSPath | undefined)[],
  attempt: () => Steps<T>,
): Steps<T> {
  try {
    return yield* attempt();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || error instanceof Refusal) throw error;
    for (const path of paths) yield* jail.lookAgain(path ?? ROOT);
    throw error;
  }
}

function* endsInLink(jail: Jail, paths: readonly (VFSPath | undefined)[]): Steps<boolean> {
  for (const path of paths) {
    if (path === undefined || path === ROOT) continue;
    if ((yield* system.lstatIfThere(yield* jail.named(path)))?.isSymbolicLink() === true) return true;
  }
  return false;
}

function* isListed(jail: Jail, path: VFSPath): Steps<boolean> {
  let folder = yield* jail.root();
  for (const name of segmentsOf(path)) {
    let entries: Entry[];
    try {
      entries = yield* readdir(folder);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return false;
      throw error;
    }
    if (!entries.some((entry) => entry.name === name)) return false;
    folder = join(folder, name);
  }
  return true;
}

export function infoOf(stats: Stats): FileInfo {
  const type: EntryType = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { type, size: type === 'directory' ? 0 : stats.size, mtimeMs: stats.mtimeMs };
}
