import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { optionError, parseOptions } from '@holdfast/vfs/adapter';
import { z } from 'zod';
import type { FilesystemClass } from './mounts/filesystem.js';

export interface LocalVFSOptions {
  /** Makes the root directory, parents included, on first use if it is missing. Default `false`. */
  readonly create?: boolean | undefined;
  /**
   * How the filesystem is dealt with: `local` as a disk of this machine alone, `network` as an NFS or SMB mount,
   * `fuse` as a mount of which nothing is known. Default `auto`: by its type.
   */
  readonly filesystem?: 'auto' | 'local' | 'network' | 'fuse' | undefined;
  /** Longest wait for one call, in milliseconds; then it rejects with `ETIMEDOUT`. Default 5000 on mounts, else none. */
  readonly deadlineMs?: number | undefined;
  /** Whether a write is flushed to the disk or server before it counts as done. Default `true` on mounts only. */
  readonly fsync?: boolean | undefined;
  /** Exact permission bits of directories made, 0 to 0o7777; files get those for reading and writing. Default: the umask's. */
  readonly mode?: number | undefined;
  /**
   * On a local filesystem: `direct` makes short calls on the main thread, where they take microseconds; `pool` leaves all
   * of them to the thread pool. Default `direct`.
   */
  readonly calls?: 'direct' | 'pool' | undefined;
  /**
   * On mounts: makes the calls in a process of their own, so that a server that falls silent cannot use up this
   * process's threads, nor keep it from ending. Default `true`.
   */
  readonly isolate?: boolean | undefined;
}

/** What was asked for, in full. */
export interface Settings {
  readonly root: string;
  readonly create: boolean;
  readonly filesystem: 'auto' | FilesystemClass;
  readonly deadlineMs: number | undefined;
  readonly fsync: boolean | undefined;
  readonly mode: number | undefined;
  readonly calls: 'direct' | 'pool';
  readonly isolate: boolean;
}

const schema = z.strictObject({
  create: z.boolean().default(false),
  filesystem: z.enum(['auto', 'local', 'network', 'fuse']).default('auto'),
  deadlineMs: z.number().positive().optional(),
  fsync: z.boolean().optional(),
  mode: z.int().min(0).max(0o7777).optional(),
  calls: z.enum(['direct', 'pool']).default('direct'),
  isolate: z.boolean().default(true),
});

/** Reads what `localVFS` was given, or throws a `VFSError` with code `EINVAL` that says what is allowed. */
export function parseSettings(root: string | URL, options: LocalVFSOptions): Settings {
  const checked = parseOptions(schema, options, 'local', 'LocalVFSOptions');
  const { deadlineMs, fsync, mode, ...rest } = checked;
  return { ...rest, deadlineMs, fsync, mode, root: parseRoot(root) };
}

const ADVICE = 'Pass a directory: an absolute or relative path, or a file: URL';

function parseRoot(root: unknown): string {
  const isURL = root instanceof URL || (typeof root === 'string' && /^file:/i.test(root));
  const path = isURL ? pathOf(root) : root;
  if (typeof path !== 'string' || path === '') throw optionError('local', 'the root is not a path', ADVICE);
  if (path.includes('\0')) throw optionError('local', 'the root holds a NUL character', ADVICE);
  return resolve(path);
}

function pathOf(given: string | URL): string {
  let url: URL;
  try {
    url = new URL(given);
    if (url.search === '' && url.hash === '') return fileURLToPath(url);
  } catch (error) {
    throw optionError('local', error instanceof Error ? error.message : 'it is not a file: URL', ADVICE);
  }
  const detail = 'the URL of the root has options, or a fragment';
  throw optionError('local', detail, 'Use localVFSFromURL; write %3F and %23 for a "?" and "#" in a name');
}
