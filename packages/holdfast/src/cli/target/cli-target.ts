import { isVFSError, VFSError, type VFS } from '@holdfast/vfs';
import { homedir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openVFS } from '../../open/index.js';
import { UsageError } from '../failure.js';
import { withheldNames, type Environment } from '../environment.js';
import { defaultFolder } from './default-folder.js';
import { makePrivateFolder } from './private-folder.js';
import { readTarget } from './read-target.js';

const VARIABLE = 'HOLDFAST_URL';

/** What the command line works on: the storage that the locks are in. */
export interface CliTarget {
  readonly vfs: VFS;
  /** Its URL, without credentials. */
  readonly name: string;
}

/**
 * Opens the storage that `--on` names, else `HOLDFAST_URL`, else the folder of this user's locks.
 *
 * A folder that is missing is made only in the last case: below a mount point on which nothing is mounted, a new one
 * would hold locks of this host alone.
 *
 * @throws `UsageError` that never repeats what was given, for it may hold a password
 */
export async function openTarget(
  on: string | undefined,
  environment: Environment = process.env,
): Promise<CliTarget> {
  if (on !== undefined) return openNamed(on, '--on');
  const named = environment[VARIABLE];
  if (named !== undefined) return openNamed(named, VARIABLE);
  if (withheldNames(environment).includes(VARIABLE)) {
    throw new UsageError(
      `the "holdfast run" above this one did not hand ${VARIABLE} on; name a place with --on, or run that one with --pass-env ${VARIABLE}`,
    );
  }
  const folder = defaultFolder(environment, process.platform, home());
  makePrivateFolder(folder, process.getuid?.());
  const url = pathToFileURL(folder.own[1]);
  return { vfs: await openVFS(url), name: url.href };
}

async function openNamed(named: string, source: string): Promise<CliTarget> {
  const url = readTarget(named, source, process.platform);
  try {
    const vfs = await openVFS(url);
    const target = { vfs, name: nameOf(url) };
    // Costs nothing here; over a network the first call of a lock says the same.
    if (url.protocol === 'file:') await assertThere(target);
    return target;
  } catch (error) {
    if (isVFSError(error, 'EINVAL') && error.op === 'open') {
      throw new UsageError(`${source}: ${error.detail}. ${error.advice}`, { cause: error });
    }
    throw error;
  }
}

function home(): string {
  try {
    return homedir();
  } catch {
    throw new UsageError(`this user has no home folder; name a place with --on, or in ${VARIABLE}`);
  }
}

/**
 * Whoever only looks would take a folder that is missing for one without locks.
 *
 * @throws `VFSError` `ENOENT`
 */
export async function assertThere({ vfs, name }: CliTarget): Promise<void> {
  try {
    await vfs.stat('/');
  } catch (error) {
    if (!isVFSError(error, 'ENOENT')) throw error;
    throw new VFSError({
      code: 'ENOENT',
      op: 'open',
      path: name.startsWith('file:') ? fileURLToPath(name) : name,
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
  shown.hash = '';
  return shown.href;
}
