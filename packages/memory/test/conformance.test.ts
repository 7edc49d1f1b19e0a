import { vfsConformance } from '@holdfast/testkit';
import { describe, test } from 'vitest';
import { memoryStore, memoryVFS, type MemoryVFSOptions } from '../src/index.js';

describe.each<[string, MemoryVFSOptions]>([
  ['with its defaults', {}],
  ['as a local mount: names only', { listing: 'names', etag: false }],
  ['as SFTP: whole seconds, no etag', { etag: false, mtimeGranularityMs: 1000, exclusiveMkdir: 'probe' }],
  ['as WebDAV: no chtimes, no watch', { chtimes: false, watch: false, mtimeGranularityMs: 1000 }],
  ['at its weakest', { chtimes: false, watch: false, rename: false, exclusiveWrite: false, etag: false }],
  ['with mtimes that stay', { mtimeOnRewrite: 'stays' }],
])('the memory VFS keeps the contract %s', (_, options) => {
  vfsConformance({
    test,
    factory: async () => {
      const store = memoryStore();
      return { open: async () => memoryVFS({ ...options, store }), cleanup: async () => undefined };
    },
  });
});
