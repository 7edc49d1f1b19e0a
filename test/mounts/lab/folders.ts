import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The lab is used from its sources, by tests, and as built, by what runs inside of it.
const built = import.meta.url.endsWith('.js');
const source = new URL(built ? '../../../' : './', import.meta.url);

/** The lab, as it was written. */
export const SOURCE: string = fileURLToPath(source);

/** The programs that run inside the lab, as built. */
export const PROGRAMS: string = fileURLToPath(new URL('dist/mounts/lab/inside/', source));

/** The command line of this project, as built. */
export const HOLDFAST: string = fileURLToPath(new URL('../../../packages/holdfast/dist/cli/main.js', source));

/**
 * Where the lab keeps its files: a memory filesystem that only the processes of the lab see, on top of the machine's. A
 * folder that is on every Debian, and where nobody has a checkout or a program that the lab would hide.
 */
export const LAB = '/usr/share/doc';

/** Where a machine of the lab has memory filesystems of its own; the first one, the lab as well. */
const COVERED = ['/run', '/var/lib/nfs', LAB];

/** What the lab needs, and would hide from itself by its memory filesystems; `undefined` if nothing. */
export function hidden(): string | undefined {
  const covered = COVERED.filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder));
  return [SOURCE, process.execPath]
    .map((path) => realpathSync(path))
    .find((path) => covered.some((folder) => path.startsWith(`${folder}/`)));
}
