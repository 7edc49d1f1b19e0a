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

/** Where the lab keeps its files: a memory filesystem that only the processes of the lab see, on top of the machine's. */
export const LAB = '/mnt';
