import { vfsConformance } from '@holdfast/testkit';
import { describe, test, vi } from 'vitest';
import { localVFS } from '../src/open.js';
import type { LocalVFSOptions } from '../src/options.js';
import { makeTemporary } from './temporary.js';

// Real disks may be slow; what waits for one here waits for nothing else.
vi.setConfig({ testTimeout: 60_000 });

describe.each<[string, LocalVFSOptions]>([
  ['on the main thread', { filesystem: 'local' }],
  ['in the thread pool', { filesystem: 'local', calls: 'pool' }],
  ['as on a network mount', { filesystem: 'network', isolate: false }],
])('the local VFS keeps the contract %s', (_, options) => {
  vfsConformance({
    test,
    listingSize: 500,
    factory: async () => {
      const temporary = makeTemporary();
      return {
        open: async (openOptions) => localVFS(temporary.dir, { ...options, ...openOptions }),
        cleanup: async () => temporary[Symbol.dispose](),
      };
    },
  });
});
