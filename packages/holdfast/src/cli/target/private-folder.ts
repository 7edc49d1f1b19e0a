import { VFSError } from '@holdfast/vfs';
import { chmodSync, lstatSync, mkdirSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { DefaultFolder } from './default-folder.js';

const PRIVATE = 0o700;
const OTHERS = 0o077;
const ROOT_USER = 0;
const INSTEAD = 'Name a folder with --on, or in HOLDFAST_URL';

/**
 * Makes the folder of this user's locks if it is missing, such that nobody else gets into it whatever the umask is.
 *
 * @param user the number of the user that this process runs as; `undefined` where the system has none
 * @throws `VFSError` `EACCES` if it, or what it would have to be made in, is another user's; or if it is a link
 */
export function makePrivateFolder({ state, own }: DefaultFolder, user: number | undefined): void {
  const parent = nearestThere(state);
  // What is root's is as safe as this machine; whether this user may write there, the system says itself.
  if (user !== undefined && parent.stats.uid !== user && parent.stats.uid !== ROOT_USER) {
    throw refused(parent.path, `it belongs to another user (${parent.stats.uid})`);
  }
  attempt(state, () => mkdirSync(state, { recursive: true, mode: PRIVATE }));
  for (const path of own) {
    if (!isMade(path)) assertOwn(path, user);
  }
}

/** @returns false if there is something already */
function isMade(path: string): boolean {
  return attempt(path, () => {
    try {
      mkdirSync(path, PRIVATE);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
    // The umask may have taken away rights of this user, too.
    chmodSync(path, PRIVATE);
    return true;
  });
}

function assertOwn(path: string, user: number | undefined): void {
  const there = attempt(path, () => lstatSync(path));
  if (there.isSymbolicLink()) throw refused(path, 'it is a link');
  if (!there.isDirectory()) throw refused(path, 'it is not a folder');
  if (user === undefined) return;
  if (there.uid !== user) throw refused(path, `it belongs to another user (${there.uid})`);
  if ((there.mode & OTHERS) !== 0) attempt(path, () => chmodSync(path, PRIVATE));
}

/** `path`, or what is there of the folders above it. A home may well be behind a link. */
function nearestThere(path: string): { readonly path: string; readonly stats: Stats } {
  for (let at = path; ; at = dirname(at)) {
    const stats = attempt(at, () => statSync(at, { throwIfNoEntry: false }));
    if (stats !== undefined) return { path: at, stats };
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw refused(path, `the folder for this user's locks cannot be made there (${codeOf(error)})`, error);
  }
}

function refused(path: string, detail: string, cause?: unknown): VFSError {
  return new VFSError({ code: 'EACCES', op: 'open', path, adapter: 'local', detail, advice: INSTEAD, cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
