import { isVFSError, VFSError, type VFS } from '@holdfast/vfs';
import { homedir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { openVFS } from '../open/index.js';
import { defaultPlace } from './default-place.js';
import { UsageError } from './failure.js';

/** Where the locks are. */
export interface Place {
  readonly vfs: VFS;
  /** Without credentials. */
  readonly name: string;
}

/**
 * Opens the place that `--on` names, else `HOLDFAST_URL`, else this user's own.
 *
 * A folder that is missing is made only in the last case: below a mount point on which nothing is mounted, a new one
 * would be a lock of this host's own.
 */
export async function openPlace(on: string | undefined): Promise<Place> {
  const named = on ?? (process.env['HOLDFAST_URL'] || undefined);
  if (named === undefined) {
    const url = pathToFileURL(defaultPlace(process.env, process.platform, home()));
    return { vfs: await openVFS(url, { create: true }), name: url.href };
  }
  const url = urlOf(named);
  const vfs = await openVFS(url);
  if (url.protocol === 'file:') await assertThere(vfs, url);
  return { vfs, name: nameOf(url) };
}

/** A path is taken for a folder, as a shell would. */
function urlOf(named: string): URL {
  if (/^(?:\.{0,2}[/\\]|\.{1,2}$|[a-z]:[/\\])/i.test(named)) return pathToFileURL(named);
  if (URL.canParse(named) && !/^file:(?!\/)/i.test(named)) return new URL(named);
  throw new UsageError(
    `--on: ${JSON.stringify(named)} is neither a URL such as file:///var/lib/locks nor a path that begins with / or .`,
  );
}

function home(): string {
  try {
    return homedir();
  } catch {
    throw new UsageError('this user has no home folder; name a place with --on, or in HOLDFAST_URL');
  }
}

async function assertThere(vfs: VFS, url: URL): Promise<void> {
  try {
    await vfs.stat('/');
  } catch (error) {
    if (!isVFSError(error, 'ENOENT')) throw error;
    throw new VFSError({
      code: 'ENOENT',
      op: 'open',
      path: decodeURIComponent(url.pathname),
      adapter: error.adapter,
      detail: 'the folder does not exist',
      advice: 'Create it, or mount what should be there',
      cause: error,
    });
  }
}

/** A URL may carry a password, and a key in its query. */
function nameOf(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}
