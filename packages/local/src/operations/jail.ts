import { sep } from 'node:path';
import { ROOT, segmentsOf, type VFSPath } from '@holdfast/vfs';
import { Refusal } from '../errors.js';
import type { RootConfig } from '../root-config.js';
import type { Steps } from './steps.js';
import { refuseBadNames, refuseDevices } from './windows-names.js';

/** A directory, with every symbolic link on the way to it resolved. */
export interface Directory {
  readonly real: string;
  /** Bytes of its own record, which grows with its entries; 0 where it was not looked at. */
  readonly size: number;
}

/**
 * Turns a path of the VFS into a path of the machine, with every symbolic link resolved, and refuses what ends up
 * outside the root. The resolved path is what the next call is made on, so a link cannot come in between unless
 * somebody replaces a directory at that very moment: a guard against links that are there, not against a process
 * with the right to write below the root that wants to cheat.
 */
export interface Jail {
  readonly config: RootConfig;
  /** Whether to do as Linux's SMB client needs it: see smb.ts. */
  readonly smb: boolean;
  /** Whether to read past the client's cache. */
  uncachedReads: boolean;
  /** The real root. The first call makes it if it is missing and that was asked for; no later one does. */
  root(): Steps<string>;
  /** A directory, a link at its end resolved too. */
  directory(path: VFSPath): Steps<Directory>;
  /** What exists at `path`, a link at its end resolved too. */
  existing(path: VFSPath): Steps<string>;
  /** The name at `path` in its real directory. A link at its end is not followed: the call must not follow it either. */
  named(path: VFSPath): Steps<string>;
  /** After a change: throws if `real`, a path of the machine, is no longer on the mount where it was before it. */
  assertStillMounted(real: string): Steps<void>;
  /** Remembers what is likely a directory, so that it can be removed in one call. */
  noteDirectory(path: VFSPath): void;
  /** The same of an entry `name` of `path`. */
  noteEntry(path: VFSPath, name: string): void;
  /** Whether `path` is likely a directory. */
  isLikelyDirectory(path: VFSPath): boolean;
}

/** `path` below the real `root`, by its text. */
export function outward(root: string, path: VFSPath): string {
  if (path === ROOT) return root;
  const below = sep === '/' ? path : path.replaceAll('/', sep);
  return root.endsWith(sep) ? root + below.slice(1) : root + below;
}

/** Refuses names that would be read otherwise than they are written. */
export function refuseNames(path: VFSPath, platform: NodeJS.Platform, smb: boolean): void {
  if (platform === 'win32') refuseBadNames(segmentsOf(path));
  else if (smb) refuseDevices(segmentsOf(path));
}

export function noRoot(root: string): Refusal {
  return new Refusal(
    'ENOENT',
    `the root directory ${root} does not exist`,
    'Create it, correct the path, or pass { create: true } when you open it',
  );
}

export function leadsOut(): Refusal {
  return new Refusal(
    'EACCES',
    'a symbolic link leads out of the root directory',
    'Remove the link, or open a root that holds its target',
  );
}

export function leadsNowhere(): Refusal {
  return new Refusal(
    'EACCES',
    'a symbolic link there leads to nothing',
    'Remove the link, or make what it points at',
  );
}
