import type { VFS } from '@holdfast/vfs';
import { optionError, parseURL } from '@holdfast/vfs/adapter';
import { memoryVFS } from './open.js';
import type { MemoryVFSOptions } from './options.js';
import { memoryStore, type MemoryStore } from './store.js';

const FORM = 'memory:name';
const stores = new Map<string, MemoryStore>();

/**
 * Opens the store of this process that a URL names, for instance `memory:locks`: the same for the same name.
 *
 * @throws `VFSError` `EINVAL` that says what is wrong with the URL
 */
export function memoryVFSFromURL(url: string | URL, options: Readonly<MemoryVFSOptions> = {}): VFS {
  const { host, user, path } = parseURL(url, {
    adapter: 'memory',
    schemes: ['memory:'],
    form: FORM,
    options: {},
    secrets: 'Leave it out: memory has no password',
  });
  if (host !== '' || user !== '') {
    throw optionError('memory', 'there is more in the URL than a name', `Write ${FORM}`);
  }
  if (options.store !== undefined) {
    throw optionError('memory', 'store: the name chooses it already', 'Leave it out, or call memoryVFS');
  }
  const store = stores.get(path) ?? memoryStore();
  const vfs = memoryVFS({ ...options, store });
  stores.set(path, store);
  return vfs;
}
