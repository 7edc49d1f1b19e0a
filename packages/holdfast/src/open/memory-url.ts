import type { VFS } from '@holdfast/vfs';
import { memoryStore, memoryVFS, type MemoryStore } from '@holdfast/memory';
import { refused } from './refused.js';
import type { OpenOptions } from './schemes.js';

const stores = new Map<string, MemoryStore>();

export async function openMemory(url: URL, options: OpenOptions): Promise<VFS> {
  if (url.host !== '' || url.search !== '' || url.hash !== '') {
    throw refused('memory:', 'there is more in the URL than a name', 'Write memory:name');
  }
  if ('store' in options) {
    throw refused('memory:', 'the name chooses the store already', 'Leave out store, or call memoryVFS');
  }
  const name = url.pathname;
  const store = stores.get(name) ?? memoryStore();
  const vfs = memoryVFS({ ...options, store });
  stores.set(name, store);
  return vfs;
}
