import type { Entry } from '@holdfast/vfs';
import { isName } from './keys.js';
import type { Page } from './store.js';

/**
 * The entries that one page of the listing of the folder `prefix` shows. The folder's own marker is none, nor is a key
 * that no path can name. Where a file and a folder have one name, the file is shown: `stat` and `rm` see it first too.
 */
export function entriesOf(prefix: string, { objects, folders }: Page): Entry[] {
  const files = objects.flatMap(({ key, ...info }): Entry[] => {
    const name = key.slice(prefix.length);
    return isName(name) ? [{ name, type: 'file', ...info }] : [];
  });
  const taken = new Set(files.map(({ name }) => name));
  const directories = folders
    .map((folder) => folder.slice(prefix.length, -1))
    .filter((name) => isName(name) && !taken.has(name))
    .map((name): Entry => ({ name, type: 'directory' }));
  return [...files, ...directories];
}
